"""Which presses and acknowledgements have their receipt: a duplicate is known by it.

Owns the answer. What buttons have been given is learnt before they press again, at their
heartbeats, so that a press rings without a look at the disk, a tenth of its time.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol

from lovebell.domain.records import DiskError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lovebell.domain.records import Receipt

log = logging.getLogger("lovebell.receipts")

#: Of a device that has more than these the disk is asked each time: memory is not for floods.
MOST: Final = 1_000


class Looks(Protocol):
    """The disk, as far as it is asked here (`store.live`)."""

    def placed(self, device: str, event_id: str) -> str | None: ...
    def receipts_of(self, device: str, at_most: int) -> list[str]: ...


class Receipts:
    """`pending` are those whose commit is under way, with their episodes; `refused` those that
    could not be written and have not been since."""

    def __init__(self, disk: Looks) -> None:
        self._disk = disk
        self.pending: dict[tuple[str, str], str] = {}
        self.refused: set[tuple[str, str]] = set()
        # All ids that may be on disk, of the devices that are in here; None: too many.
        self._given: dict[str, set[str] | None] = {}

    def placed(self, device: str, event_id: str) -> str | None:
        """The episode of a press or an acknowledgement heard of before; None when it is new.

        When the disk cannot say, it is new: better to ring twice than never.
        """
        found = self.pending.get((device, event_id))
        if found is not None:
            return found
        given = self._given.get(device)
        if given is not None and event_id not in given:
            return None
        try:
            return self._disk.placed(device, event_id)
        except DiskError as why:
            log.error("cannot look up a press, taking it for new", extra={"why": str(why)})
            return None

    def learn(self, device: str) -> None:
        """Look now what a device has been given, if that is not known; while the disk cannot say,
        it is asked again."""
        if device in self._given:
            return
        try:
            ids = self._disk.receipts_of(device, MOST + 1)
        except DiskError:
            return
        self._given[device] = None if len(ids) > MOST else set(ids)

    def settled(self, receipts: Iterable[Receipt]) -> None:
        """They are on disk."""
        for receipt in receipts:
            given = self._given.get(receipt.device)
            if given is not None:
                given.add(receipt.id)
                if len(given) > MOST:
                    self._given[receipt.device] = None
            key = (receipt.device, receipt.id)
            self.pending.pop(key, None)
            self.refused.discard(key)

    def refuse(self, receipts: Collection[Receipt]) -> None:
        """They never will be: then no repetition may be given a receipt unseen, neither one that
        comes later nor one that waits already."""
        self.settled(receipts)
        self.refused.update((receipt.device, receipt.id) for receipt in receipts)
