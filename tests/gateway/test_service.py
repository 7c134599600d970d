"""What runs for ever ends when it is told to."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from lovebell import service
from lovebell.clock import SystemClock

if TYPE_CHECKING:
    from lovebell.engine import Engine

PATIENCE_S = 60


class Works:
    """As much of an engine as the keeper of deadlines sees: nothing is ever due."""

    def __init__(self) -> None:
        self.shelf = SimpleNamespace(has_deadline=asyncio.Event())
        self.looks = 0

    def due(self, now: int) -> None:
        self.looks += 1

    def restate(self, now: int) -> bool:
        return False


@pytest.mark.parametrize("turns", range(12))
async def test_the_keeper_of_deadlines_ends_also_in_the_turn_in_which_one_comes(
    turns: int,
) -> None:
    """Or a gateway of which one task has died would hang, half alive, and never start anew."""
    works: Any = Works()
    keeping = asyncio.create_task(
        service._keep_deadlines(cast("Engine", works), SystemClock())  # pyright: ignore[reportPrivateUsage]
    )
    async with asyncio.timeout(PATIENCE_S):
        while not works.looks:
            await asyncio.sleep(0)
    for _ in range(3):  # it waits by now
        await asyncio.sleep(0)
    works.shelf.has_deadline.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    keeping.cancel()
    done, _ = await asyncio.wait([keeping], timeout=PATIENCE_S)
    assert done
