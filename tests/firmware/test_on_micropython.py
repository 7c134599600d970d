"""Every plain test file beside this one, run again on the real MicroPython interpreter."""

import ast
import functools
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PLAIN = sorted(path.name for path in HERE.glob("test_*.py") if path.name != Path(__file__).name)

try:
    import micropython_unix
except ImportError:  # no wheel for this machine: Linux on ARM
    micropython_unix = None


def functions_of(name):
    tree = ast.parse((HERE / name).read_text(encoding="utf-8"))
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


TESTS = [(name, function) for name in PLAIN for function in functions_of(name)]


@functools.cache
def output_of(name):
    """What the runner printed for one file: it runs once, however many tests ask."""
    done = subprocess.run(
        [sys.executable, "-m", "micropython_unix", str(HERE / "runner.py"), str(HERE / name)],
        env={**os.environ, "MICROPYPATH": f"{ROOT / 'firmware'}:.frozen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout


def test_micropython_is_here_where_there_is_a_wheel_of_it():
    """So that what is skipped below is skipped only where there is none."""
    has_a_wheel = (sys.platform, platform.machine()) == ("linux", "x86_64")
    assert (micropython_unix is not None) >= has_a_wheel


@pytest.mark.skipif(micropython_unix is None, reason="no MicroPython wheel for this machine")
@pytest.mark.parametrize(("name", "function"), TESTS, ids=[f"{n}-{f}" for n, f in TESTS])
def test_on_micropython(name, function):
    output = output_of(name)
    assert f"passed {function}\n" in output, output


@pytest.mark.skipif(micropython_unix is None, reason="no MicroPython wheel for this machine")
@pytest.mark.parametrize("name", PLAIN)
def test_micropython_runs_as_many_tests_as_cpython(name):
    ran = [line.split()[1] for line in output_of(name).splitlines() if line.startswith("passed ")]
    assert sorted(ran) == sorted(functions_of(name))
