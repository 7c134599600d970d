"""Floods: a device that says far more than anybody has to say.

Owns when it is one. What of a flood still counts is the reception's to say: a press that would
ring always does. Times are milliseconds that only go forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

#: So much may come at once: a device that was away tells all that it has kept, 64 entries, and a
#: chime answers to every call of a bad night.
BURST: Final = 600
#: And so much goes on for ever, a second. A device that repeats a press until it has its receipt
#: says less than one.
PER_S: Final = 2
#: So many repetitions are as much as one message. A button repeats its press every 20 s (protocol,
#: section 6), and a broker keeps that for a gateway that is away: 4,320 in a day.
AGAINS: Final = 10
#: It has ended when so much room is there again.
WELL: Final = 300
_FULL: Final = BURST * 1000


@dataclass(slots=True)
class _Bucket:
    """What a device may still say, in thousandths of a message."""

    left: int
    at: int


class Gate:
    """Counts what each device says."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}
        self._flooding: set[str] = set()

    @property
    def flooding(self) -> AbstractSet[str]:
        """The devices that are too loud just now."""
        return self._flooding

    def is_flood(self, device: str, steady: int, *, is_again: bool = False) -> bool:
        """One more message, or the same one again: whether it is too much."""
        bucket = self._buckets.get(device)
        if bucket is None:
            bucket = self._buckets[device] = _Bucket(_FULL, steady)
        self._fill(device, bucket, steady)
        cost = 1000 // AGAINS if is_again else 1000
        if bucket.left >= cost:
            bucket.left -= cost
        else:
            self._flooding.add(device)
        return device in self._flooding

    def look(self, steady: int) -> None:
        """Time has passed: who has been quiet is well again."""
        for device in list(self._flooding):
            self._fill(device, self._buckets[device], steady)

    def _fill(self, device: str, bucket: _Bucket, steady: int) -> None:
        passed, bucket.at = steady - bucket.at, steady
        if passed > 0:
            bucket.left = min(_FULL, bucket.left + passed * PER_S)
        if self._flooding and bucket.left >= WELL * 1000:
            self._flooding.discard(device)
