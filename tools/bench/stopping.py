"""Ctrl-C and SIGTERM: the benchmark ends at once, but never between starting a process and
knowing that it did, or that process would live on.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

_held = False
_wanted = 0


def _end(number: int, _frame: object) -> None:
    global _wanted
    if _wanted:
        return  # it is being cleared away; `timeout` and make send the same signal again
    _wanted = number
    if not _held:
        raise SystemExit(128 + number)


def catch() -> None:
    """From now on both signals raise SystemExit, so that everything is cleared away."""
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)


@contextmanager
def held() -> Generator[None]:
    """A signal that comes while this is open takes effect when it closes."""
    global _held
    _held = True
    try:
        yield
    finally:
        _held = False
        if _wanted:
            raise SystemExit(128 + _wanted)
