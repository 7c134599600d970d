"""What follows a commit: in order, a few at a time, and all of it even when we are to end."""

from __future__ import annotations

import asyncio

from lovebell.domain.records import Batch, Line
from lovebell.writer import AT_ONCE, Work, Writer

MANY = 4 * AT_ONCE + 1


class Desk:
    """A writer on a disk that keeps nothing, and all that it does, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.writer = Writer(
            self._save,
            lambda token: self.done.append(f"puback {token}"),
            lambda work: self.done.append(f"performed {work.now}"),
            lambda _: None,
            lambda _: None,
        )
        for n in range(MANY):
            self.writer.queue(Work(n, n + 1, Batch(lines=[Line(n, "", "pressed")])))

    async def _save(self, batch: Batch) -> None:
        self.done.append(f"saved {len(batch.lines)}")


def expected() -> list[str]:
    both = [(f"performed {n}", f"puback {n + 1}") for n in range(MANY)]
    return [f"saved {MANY}", *(word for pair in both for word in pair)]


async def test_after_a_burst_whoever_comes_meanwhile_has_a_turn_before_the_last_receipt() -> None:
    desk = Desk()
    committing = asyncio.create_task(desk.writer.commit())
    turns: list[int] = []
    while not committing.done():
        turns.append(len(desk.done))
        await asyncio.sleep(0)
    assert desk.done == expected()
    between = [done for done in turns if 1 < done < len(desk.done)]
    assert between
    assert max(after - before for before, after in zip([1, *between], between, strict=False)) == (
        2 * AT_ONCE
    )


async def test_what_is_on_disk_is_finished_even_when_we_are_told_to_end_in_the_middle() -> None:
    desk = Desk()
    committing = asyncio.create_task(desk.writer.commit())
    while f"performed {AT_ONCE - 1}" not in desk.done:
        await asyncio.sleep(0)
    assert f"performed {MANY - 1}" not in desk.done
    committing.cancel()
    await asyncio.wait([committing])
    assert committing.cancelled()
    assert desk.done == expected()
    await desk.writer.drain()  # and nothing of it is written twice
    assert desk.done == expected()
