"""What a board says on its serial line while its firmware runs, without breaking into it.

Owns the reading of lines. What they mean is known by whoever asks.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import serial
from serial import SerialException

from lovebell_tools.board import NOT_OPENED, BoardError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BAUD: Final = 115200
LOOK_S: Final = 0.2


class Console:
    """The line of one board. Use it as a context."""

    def __init__(self, port: str) -> None:
        """Raises BoardError: `no_port`."""
        try:
            self._line = serial.serial_for_url(port, BAUD, timeout=LOOK_S)
        except NOT_OPENED:
            raise BoardError("no_port", port=port) from None
        self._begun = b""
        self._whole: deque[str] = deque()  # what nobody has asked for yet

    def __enter__(self) -> Console:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._line.close()

    def lines(self, seconds: float) -> Iterator[str]:
        """The lines that come within so many seconds. Whoever stops before the last of them is
        given the rest the next time: on a busy PC a press and its receipt come in one piece.

        Raises BoardError: `unplugged`.
        """
        end = time.monotonic() + seconds
        is_over = False
        while not is_over:
            is_over = time.monotonic() >= end  # but what has come by then is still read
            self._read()
            while self._whole:
                yield self._whole.popleft()

    def _read(self) -> None:
        try:
            self._begun += self._line.read(1)  # waits for it
            self._begun += self._line.read(self._line.in_waiting)
        except (SerialException, OSError, TypeError):
            raise BoardError("unplugged") from None
        *whole, self._begun = self._begun.split(b"\n")
        self._whole.extend(line.decode(errors="replace").rstrip("\r") for line in whole)

    def wait(self, is_it: Callable[[str], bool], seconds: float) -> str | None:
        """The first line of which `is_it` is true; None if none comes in time."""
        return next((line for line in self.lines(seconds) if is_it(line)), None)
