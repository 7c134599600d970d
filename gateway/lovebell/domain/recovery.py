"""After a restore: who may connect by the database that was put aside, and by the one now used.

A restored database knows nothing of boards that were enrolled since, which are then cut off, and
takes the secrets of boards that were revoked since, such as stolen ones. Owns which of the two
knows better about a device: the one whose record speaks of it last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Standing:
    """What one database knows: the kinds of devices, the hashes of those that may connect, when
    (UTC, ms) each was last enrolled, given another secret or revoked, to whom each belongs and when
    (UTC, ms) that was last changed, and until when (UTC, ms) its secret is good."""

    kinds: Mapping[str, str]
    hashes: Mapping[str, str]
    changed: Mapping[str, int]
    paired: Mapping[str, str]
    moved: Mapping[str, int]
    until: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Move:
    """A device that belongs to `here`, and by the other database to `there`; "" for nobody."""

    device: str
    here: str
    there: str


def to_admit(mine: Standing, other: Standing) -> list[str]:
    """The devices whose secrets are to be taken from the other database."""
    return [
        device
        for device, hash_ in other.hashes.items()
        if mine.hashes.get(device) != hash_ and _knows_better(mine, other, device)
    ]


def to_shut_out(mine: Standing, other: Standing) -> list[str]:
    """The devices that were revoked in the other database, and may connect by mine."""
    return [
        device
        for device in mine.hashes
        if device not in other.hashes and other.changed.get(device, 0) > mine.changed.get(device, 0)
    ]


def to_pair(mine: Standing, other: Standing) -> list[Move]:
    """The devices that the other database has paired otherwise, and later than mine."""
    found = [
        Move(device, mine.paired.get(device, ""), other.paired.get(device, ""))
        for device in sorted(other.kinds)
        if other.moved.get(device, 0) > mine.moved.get(device, 0)
    ]
    return [move for move in found if move.here != move.there]


def _knows_better(mine: Standing, other: Standing, device: str) -> bool:
    if device not in mine.hashes and device not in mine.changed:
        return True
    return other.changed.get(device, 0) > mine.changed.get(device, 0)
