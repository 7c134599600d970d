"""The queue to the disk: what was decided waits here for its commit, and behind it what depends
on it.

Owns the order: commit, then receipts and all else, then the word to the broker, each in the
order of arrival. What arrives together is committed together. Knows nothing of what is written.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lovebell.domain.records import Batch, DiskError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from lovebell.domain.episode import Episode, Hush

log = logging.getLogger("lovebell.writer")

#: The disk failed: tried again this often.
RETRY_S = 1.0
#: After a commit so many works are finished before the loop has its turn.
AT_ONCE = 50


@dataclass(slots=True)
class Work:
    """What one message or deadline wants written, and what is to be done once it is; `then` is
    called last of all.
    """

    now: int
    token: int = 0
    batch: Batch = field(default_factory=Batch)
    receipts: tuple[tuple[str, str, str], ...] = ()
    after: tuple[tuple[Episode, Hush], ...] = ()
    then: Callable[[], None] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for the disk, the broker's peace of mind apart."""
        return self.batch.is_empty and not self.receipts and not self.after


class Writer:
    """`failure` is what is wrong with the disk, as long as it is; `commits` have begun so far, and
    to what was queued since the last of them something may be added."""

    def __init__(
        self,
        store: Callable[[Batch], Awaitable[None]],
        tell_broker: Callable[[int], None],
        perform: Callable[[Work], None],
        refused: Callable[[Work], None],
        delayed: Callable[[Work], None],
    ) -> None:
        """`store` writes a batch in one transaction; `tell_broker(token)` says that a message
        needs no repeating; `perform(work)` is called after its commit, `refused(work)` when it
        can never be written, `delayed(work)`, perhaps more than once, when it has to wait until
        the disk is well."""
        self._store = store
        self._tell_broker = tell_broker
        self._perform = perform
        self._refused = refused
        self._delayed = delayed
        self._work: list[Work] = []
        self._has_work = asyncio.Event()
        self.failure: DiskError | None = None
        self.commits = 0

    @property
    def trouble(self) -> str:
        """The same in the disk's words, "" for nothing."""
        return "" if self.failure is None else str(self.failure)

    def queue(self, work: Work) -> None:
        """Take what was decided.

        While the disk fails, the broker is told at once that it need not repeat: else its window
        fills, and the next press cannot even ring. Buttons repeat until they have a receipt.
        """
        if not work.token and work.is_empty:
            return
        if self.failure is not None:
            self._settle(work)
            self._delayed(work)
        self._work.append(work)
        self._has_work.set()

    async def commit(self) -> None:
        """Write all that waits in one transaction; then receipts, hushes, news, PUBACKs.

        Raises what the store raises, and everything waits where it was.
        """
        works, self._work = self._work, []
        self.commits += 1
        batch = _together(works)
        saving = asyncio.ensure_future(asyncio.sleep(0) if batch.is_empty else self._store(batch))
        try:
            await asyncio.shield(saving)
        except asyncio.CancelledError:
            # We are to end. What is being written will be on disk: it must not be written twice.
            await asyncio.wait([saving])
            if saving.exception() is None:
                self._finish(works)
            else:
                self._work = works + self._work
            raise
        except Exception:
            self._work = works + self._work
            raise
        await self._written(works)

    async def _written(self, works: list[Work]) -> None:
        """All that waited for the commit of these works, a few at a time: after a burst a press
        that has come meanwhile rings before the last of the receipts is given."""
        self.failure = None
        for begin in range(0, len(works), AT_ONCE):
            if begin:
                try:
                    await asyncio.sleep(0)
                except asyncio.CancelledError:
                    self._finish(works[begin:])
                    raise
            self._finish(works[begin : begin + AT_ONCE])

    def _finish(self, works: list[Work]) -> None:
        for work in works:
            self._perform(work)
            self._settle(work)
            if work.then is not None:
                work.then()

    def _settle(self, work: Work) -> None:
        self._tell_broker(work.token)
        work.token = 0

    async def drain(self) -> None:
        """Write what waits, while the disk lets us. Raises DiskError."""
        while self._work:
            await self._commit_what_can_be()

    async def write(self) -> None:
        """Commit for ever. A disk that fails is tried again; work that cannot be written is
        set aside with a cry, so that it holds up nobody else."""
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            while self._work:
                try:
                    await self._commit_what_can_be()
                except DiskError as why:
                    self.failure = why
                    for work in self._work:
                        self._settle(work)
                        self._delayed(work)
                    log.error("cannot write to disk, no receipts", extra={"why": str(why)})
                    await asyncio.sleep(RETRY_S)

    async def _commit_what_can_be(self) -> None:
        """Raises DiskError."""
        try:
            await self.commit()
        except DiskError:
            raise
        except Exception:
            log.exception("cannot write a batch, writing it piece by piece")
            await self._commit_each()

    async def _commit_each(self) -> None:
        waiting, self._work = deque(self._work), []
        try:
            while waiting:
                one = waiting.popleft()
                self._work = [one]
                try:
                    await self.commit()
                except DiskError:
                    return  # `write` tries again, with all of them
                except Exception as why:
                    log.exception("dropped what cannot be written", extra={"why": str(why)})
                    self._drop(self._work.pop(0))
                finally:
                    # What came meanwhile goes behind what waits: the last word on an episode is
                    # the one that stays on disk.
                    if self._work and self._work[0] is one:
                        waiting.appendleft(self._work.pop(0))
                    waiting.extend(self._work)
                    self._work = []
        finally:
            self._work = list(waiting)

    def _drop(self, work: Work) -> None:
        self._refused(work)
        self._settle(work)


def _together(works: list[Work]) -> Batch:
    """All that these want written."""
    if len(works) == 1:
        return works[0].batch
    batch = Batch()
    for work in works:
        batch.add(work.batch)
    return batch
