"""What the tests stand on must not fail by itself: ports that are kept, states that are seen."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

import pytest

from simulator.board import VirtualBoard
from simulator.mosquitto import Mosquitto, free_port

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_S = 60
BRIEF = """
print("lamp sensed")
print("lamp received")
open("said", "w").close()
input()
"""


def test_a_port_is_kept_for_whoever_named_it_and_for_nobody_else(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", broker.port))
    for _ in range(2):  # also while it is down between its lives
        broker.start()
        socket.create_connection(("127.0.0.1", broker.port)).close()
        broker.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", broker.port))
    assert free_port() != broker.port


async def test_a_state_that_was_over_before_anybody_looked_has_been_seen(tmp_path: Path) -> None:
    firmware = tmp_path / "firmware"
    firmware.mkdir()
    (firmware / "main.py").write_text(BRIEF)
    board = VirtualBoard(tmp_path / "b-01", {}, firmware=firmware)
    seen = asyncio.create_task(board.wait_for(lambda board: board.lamp == "sensed"))
    wrong = asyncio.create_task(board.wait_for(lambda board: {"off": False}[board.lamp]))
    await board.start()
    end = time.monotonic() + PATIENCE_S
    while not (board.directory / "said").exists():  # nobody of this process gets a turn meanwhile
        assert time.monotonic() < end
    await seen
    assert board.lamp == "received"
    with pytest.raises(KeyError):
        await wrong
    await board.stop()
