"""What follows a commit: in order, a few at a time, and all of it even when we are to end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lovebell.domain.records import Batch, DiskError, Line
from lovebell.writer import AT_ONCE, Work, Writer

if TYPE_CHECKING:
    import pytest

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
    async with asyncio.timeout(60):
        while f"performed {AT_ONCE - 1}" not in desk.done:
            await asyncio.sleep(0)
    assert f"performed {MANY - 1}" not in desk.done
    committing.cancel()
    await asyncio.wait([committing])
    assert committing.cancelled()
    assert desk.done == expected()
    await desk.writer.drain()  # and nothing of it is written twice
    assert desk.done == expected()


class Torn:
    """A writer on a disk that cannot take `poison`, and fails once in the middle."""

    def __init__(self) -> None:
        self.saved: list[list[str]] = []
        self.dropped: list[int] = []
        self.has_failed = False
        self.writer = Writer(
            self._save, lambda _: None, lambda _: None, self._refused, lambda _: None
        )

    def _refused(self, work: Work) -> None:
        self.dropped.append(work.now)

    def put(self, now: int, what: str) -> None:
        self.writer.queue(Work(now, now, Batch(lines=[Line(now, "e", what)])))

    async def _save(self, batch: Batch) -> None:
        words = [line.what for line in batch.lines]
        if "poison" in words:
            raise ValueError(words)
        if words == ["older"] and not self.has_failed:
            self.has_failed = True
            self.put(9, "newer")  # decided while this was being written
            raise DiskError("full")
        self.saved.append(words)


async def test_what_was_decided_later_is_written_later_though_the_disk_fails_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lovebell.writer.RETRY_S", 0)
    torn = Torn()
    for now, what in enumerate(("poison", "older", "old"), 1):
        torn.put(now, what)
    writing = asyncio.create_task(torn.writer.write())
    async with asyncio.timeout(60):
        while sum(map(len, torn.saved)) < 3:
            await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait([writing])
    assert [what for words in torn.saved for what in words] == ["older", "old", "newer"]
    assert torn.dropped == [1]


async def test_what_cannot_be_written_holds_up_nothing_else_when_we_end() -> None:
    torn = Torn()
    torn.has_failed = True
    for now, what in enumerate(("old", "poison", "new"), 1):
        torn.put(now, what)
    await torn.writer.drain()
    assert [what for words in torn.saved for what in words] == ["old", "new"]
    assert torn.dropped == [2]
