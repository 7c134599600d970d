"""Whoever is told to end clears away once and wholly, however often he is told."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from simulator.beside.stage import OURS, Program, Stage
from simulator.street import Street

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT_S = 300

#: It has cleared away when it has been given a line.
SCRIPT = """
import asyncio, sys
from simulator import ending

async def main():
    print("here", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("clearing", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print("cleared", flush=True)

ending.run(main())
"""


@pytest.fixture(autouse=True)
def a_terminal() -> Iterator[None]:
    """What is started here hears the end of its terminal, though the tests run after nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def start(*before: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [*before, sys.executable, "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert said(process) == "here"
    return process


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    limit = threading.Timer(LIMIT_S, process.kill)
    limit.start()
    try:
        return process.stdout.readline().strip()
    finally:
        limit.cancel()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_does_not_break_off_the_clearing_away(how: signal.Signals) -> None:
    process = start()
    process.send_signal(how)
    assert said(process) == "clearing"
    process.send_signal(how)
    out, err = process.communicate("\n", timeout=LIMIT_S)
    assert (out, err) == ("cleared\n", "")
    assert process.returncode == 128 + how


def test_after_nohup_the_end_of_the_terminal_ends_nothing() -> None:
    process = start("nohup")
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    assert said(process) == "clearing"
    process.communicate("\n", timeout=LIMIT_S)
    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("kind", [Street, lambda folder: Stage(folder, [])])
async def test_a_stage_that_is_left_while_it_is_set_up_leaves_no_broker(
    kind: type[Street], tmp_path: Path
) -> None:
    stage = kind(tmp_path)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0), stage:
            pass
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", stage.broker.port), timeout=5)


async def test_a_press_while_a_client_starts_again_is_one_that_nobody_sees(tmp_path: Path) -> None:
    stage = Stage(tmp_path, [Program(OURS, OURS, "1", None, {})])
    stage.press(stage.sides[0])
    assert stage.sides[0].expected == 1
