"""What a board says is read line by line, and no line is lost on the way."""

from __future__ import annotations

import os
import pty
import termios
import tty
from typing import TYPE_CHECKING

import pytest

from lovebell.provision.bundle import Identity
from lovebell_tools.board import Board, BoardError
from lovebell_tools.console import Console
from lovebell_tools.making import _see_press

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


def test_half_a_line_is_no_press(ends: tuple[int, str]) -> None:
    board, port = ends
    with Console(port) as console:
        os.write(board, b"press\r\npress \r\npress te\r\npress test 1.1\r\nreceipt 1.1\r\n")
        assert _see_press(console, Identity("b-01", "button", "x"), PATIENCE_S)


@pytest.mark.parametrize("opened", [Console, Board])
def test_a_port_that_goes_while_it_is_opened_is_told_as_one_that_cannot_be(
    ends: tuple[int, str], monkeypatch: pytest.MonkeyPatch, opened: type[Board | Console]
) -> None:
    """It would end the set-up of all boards, and nobody would hear how the others ended."""

    def gone(*_: int) -> None:
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr("lovebell_tools.board.BUSY_S", 0)
    monkeypatch.setattr("serial.serialposix.termios.tcflush", gone)
    with pytest.raises(BoardError) as told:
        opened(ends[1])
    assert told.value.name == "no_port"
