"""Ctrl-C, SIGTERM and a closed terminal: whoever has started processes ends them, once and wholly.

Owns what a signal does to a task. Knows nothing of what is cleared away.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heed() -> list[int]:
    """From now on the first of these signals cancels the current task; its number is added to the
    list that is returned. Further ones do nothing, or they would break off the clearing away:
    `timeout` and make send the same one again. Whoever has said nohup is not disturbed by the end
    of his terminal."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None  # noqa: S101 - we run in one
    told: list[int] = []

    # Not by the loop: it would give up its handlers before all is cleared away.
    def end(number: int, _frame: object) -> None:
        if not told:
            told.append(number)
            with contextlib.suppress(RuntimeError):  # all is over already
                loop.call_soon_threadsafe(task.cancel)

    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)
    return told


def run(main: Coroutine[object, object, T]) -> T:
    """As asyncio.run. Raises SystemExit when one of these signals has ended it."""
    told: list[int] = []

    async def heeding() -> T:
        nonlocal told
        told = heed()
        return await main

    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        return asyncio.run(heeding())
    except asyncio.CancelledError:
        if not told:
            raise
        raise SystemExit(128 + told[0]) from None
    finally:
        if not told:
            for number, handler in before.items():
                signal.signal(number, handler)
