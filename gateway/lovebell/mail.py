"""The messages that wait for their services: what is on disk and not yet known to have left.

Owns the list; who sends is told of each when it is on disk. Decides nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lovebell.domain.records import Batch, Outgoing


class Mail:
    """`waiting` by key. `post` is called with each message when it is on disk; it is nobody's
    until whoever sends has put himself there.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, Outgoing] = {}
        self.post: Callable[[Outgoing], None] = lambda _: None

    def take_up(self, left: Iterable[Outgoing]) -> None:
        """What the last run left to be sent."""
        self.waiting = {one.key: one for one in left}

    def committed(self, batch: Batch) -> None:
        """This is on disk now: what is settled has left, what is new may be sent."""
        for one in batch.settled:
            if self.waiting.get(one.key) == one:
                del self.waiting[one.key]
        for one in batch.messages.values():
            self.waiting[one.key] = one
            self.post(one)

    def is_wanted(self, one: Outgoing) -> bool:
        """Whether no later message has taken its place."""
        return self.waiting.get(one.key) == one

    def unsent(self, before_ms: int) -> dict[str, int]:
        """How many messages written before this time are still to be sent, by channel."""
        return Counter(one.channel for one in self.waiting.values() if one.created_ms < before_ms)
