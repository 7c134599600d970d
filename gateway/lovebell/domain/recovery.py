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
    (UTC, ms) each was last enrolled, given another secret or revoked, to whom each belongs, and
    until when (UTC, ms) its secret is good."""

    kinds: Mapping[str, str]
    hashes: Mapping[str, str]
    changed: Mapping[str, int]
    paired: Mapping[str, str]
    until: Mapping[str, int]


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


def _knows_better(mine: Standing, other: Standing, device: str) -> bool:
    if device not in mine.hashes and device not in mine.changed:
        return True
    return other.changed.get(device, 0) > mine.changed.get(device, 0)
