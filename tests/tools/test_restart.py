"""The benchmark of a restart runs, in small, finds every call rung, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from processes import processes

from bench.restart import FOLDER, restart

if TYPE_CHECKING:
    from pathlib import Path


def test_every_overdue_call_is_rung_after_the_start(tmp_path: Path) -> None:
    found = restart(tmp_path, calls=30, past=20)  # raises if one of them is not
    assert found["first ring, s"] <= found["last ring, s"]


def test_one_that_is_stopped_leaves_no_process_and_no_file() -> None:
    before = set(FOLDER.glob("restart-*"))
    command = [sys.executable, "-m", "bench.restart", "--calls=30", "--past=20", "--rounds=100"]
    bench = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    ours: set[Path] = set()
    try:
        # The log is there as soon as the gateway runs, with the broker before it.
        while bench.poll() is None and not ours:
            with contextlib.suppress(subprocess.TimeoutExpired):
                bench.wait(0.01)
            ours = {path.parent for path in FOLDER.glob("restart-*/gateway.log")} - before
        bench.send_signal(signal.SIGTERM)
        assert bench.wait(60) == 128 + signal.SIGTERM
    finally:
        bench.kill()
        bench.wait()
    assert len(ours) == 1
    for folder in ours:
        assert not folder.exists()
        assert processes(folder) == []
