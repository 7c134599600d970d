"""The messages that wait for their services: on disk, unless it fails, and not known to have left.

Owns the list; who sends is told of each when it is on disk. Decides nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lovebell.domain.records import Batch, Outgoing


class Mail:
    """`waiting` by key. `post` is called with each message when it may be sent; it is nobody's
    until whoever sends has put himself there.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, Outgoing] = {}
        self._since: dict[str, int] = {}
        self._gone_early: set[tuple[str, int]] = set()
        self.post: Callable[[Outgoing], None] = lambda _: None

    def take_up(self, left: Iterable[Outgoing]) -> None:
        """What the last run left to be sent."""
        self.waiting = {one.key: one for one in left}
        self._since = {one.key: one.created_ms for one in self.waiting.values()}

    def committed(self, batch: Batch) -> None:
        """This is on disk now: what is settled has left, what is new may be sent."""
        for one in batch.settled:
            if self.waiting.get(one.key) == one:
                del self.waiting[one.key]
                self._since.pop(one.key, None)
        for one in batch.messages.values():
            if (one.key, one.serial) in self._gone_early:
                self._gone_early.remove((one.key, one.serial))
            else:
                self._put(one)

    def early(self, batch: Batch) -> None:
        """The disk takes no writing: what is to be sent does not wait for it. Whoever has no chime
        could not be called else, nor a technician told of the disk. Each message goes once, however
        often this is called.
        """
        for one in batch.messages.values():
            if (one.key, one.serial) not in self._gone_early:
                self._gone_early.add((one.key, one.serial))
                self._put(one)

    def _put(self, one: Outgoing) -> None:
        self.waiting[one.key] = one
        self._since.setdefault(one.key, one.created_ms)
        self.post(one)

    def is_wanted(self, one: Outgoing) -> bool:
        """Whether no later message has taken its place."""
        return self.waiting.get(one.key) == one

    def unsent(self, before_ms: int) -> dict[str, int]:
        """How many messages have waited since before this time, by channel. One that took the
        place of another has waited as long as both: a call is repeated, and the news changes.
        """
        stuck = (key for key, since_ms in self._since.items() if since_ms < before_ms)
        return Counter(self.waiting[key].channel for key in stuck)
