"""What a board says is read line by line, and no line is lost on the way."""

from __future__ import annotations

import os
import pty
import tty
from typing import TYPE_CHECKING

import pytest

from lovebell_tools.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 60


@pytest.fixture
def ends() -> Iterator[tuple[int, str]]:
    """The board's end of a serial line, and the name of the laptop's."""
    board, laptop = pty.openpty()
    tty.setraw(laptop)
    yield board, os.ttyname(laptop)
    os.close(board)
    os.close(laptop)


def test_lines_that_come_in_one_piece_are_each_heard_by_whoever_waits_for_them(
    ends: tuple[int, str],
) -> None:
    """A laptop that is busy for a moment reads a press and its receipt at once: the board is good
    all the same."""
    board, port = ends
    with Console(port) as console:
        os.write(board, b"broker up\r\npress test 1.1\r\nlamp sensed\r\nreceipt 1.1\r\nlamp rec")
        assert console.wait(lambda line: line == "broker up", PATIENCE_S) == "broker up"
        pressed = console.wait(lambda line: line.startswith("press "), PATIENCE_S)
        assert pressed == "press test 1.1"
        os.write(board, b"eived\r\nlamp idle\r\n")
        heard = console.lines(PATIENCE_S)
        assert [next(heard) for _ in range(4)] == [
            "lamp sensed",
            "receipt 1.1",
            "lamp received",
            "lamp idle",
        ]


def test_what_has_come_when_the_time_is_over_is_still_heard(ends: tuple[int, str]) -> None:
    """Whoever was asleep for the whole time has not been waiting for nothing."""
    board, port = ends
    with Console(port) as console:
        os.write(board, b"broker up\r\n")
        assert list(console.lines(0)) == ["broker up"]
