"""The demo, as a visitor starts it."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from processes import processes

if TYPE_CHECKING:
    from pathlib import Path


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "lovebell", "--language", "en", "demo", *arguments],
        env=os.environ | {"TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
    )


def test_the_story_comes_true_and_leaves_nothing_behind(tmp_path: Path) -> None:
    demo = start(tmp_path, "--story")
    said, _ = demo.communicate(timeout=600)
    assert demo.returncode == 0, said
    assert "The story came true" in said
    assert said.index("kill -9") < said.rindex("the button is at rest")
    assert list(tmp_path.iterdir()) == []
    assert processes(tmp_path) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_when_told_to_and_leaves_nothing_behind(
    tmp_path: Path, how: signal.Signals
) -> None:
    demo = start(tmp_path)
    assert demo.stdin is not None
    assert demo.stdout is not None
    demo.stdin.write("p\n")
    demo.stdin.flush()
    while "was pressed" not in demo.stdout.readline():
        assert demo.poll() is None
    while demo.poll() is None:  # `timeout` and make tell it more than once
        demo.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            demo.wait(0.05)
    assert demo.returncode in (0, -how)  # the last one may meet the very end
    deadline = time.monotonic() + 60
    while processes(tmp_path) and time.monotonic() < deadline:
        os.sched_yield()
    assert processes(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_that_is_gone_ends_it_and_nothing_is_left(tmp_path: Path) -> None:
    """As when the connection over which somebody plays breaks, and only make is told so."""
    ours, its = pty.openpty()
    demo = subprocess.Popen(
        [sys.executable, "-m", "lovebell", "--language", "en", "demo"],
        env=os.environ | {"TMPDIR": str(tmp_path), "TERM": "xterm", "COLUMNS": "90", "LINES": "34"},
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=tmp_path,
    )
    os.close(its)
    said = b""
    while b"gateway" not in said:
        said += os.read(ours, 65536)
    os.close(ours)
    demo.wait(300)
    assert processes(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_letters_on_standard_input_play_it(tmp_path: Path) -> None:
    demo = start(tmp_path, "--data", str(tmp_path / "kept"))
    said, _ = demo.communicate("p\n1\nx\nv\no\n", timeout=300)
    assert demo.returncode == 0, said
    for words in ("was pressed", "I am coming", "no key x", "arrived", "Resolved: helped"):
        assert words in said
    assert (tmp_path / "kept" / "lovebell.db").exists()


def test_a_folder_that_is_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    demo = start(tmp_path, "--data", str(tmp_path))
    said, _ = demo.communicate(timeout=120)
    assert demo.returncode == 2
    assert str(tmp_path) in said
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
