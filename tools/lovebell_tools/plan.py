"""What has to be done to a board: what it must hold, less what it holds.

Owns the order of the steps, which is what makes a plug pulled at any moment harmless. Pure: hashes
and contents in, steps out.

The order: `main.py` goes first and comes last. Without it a board starts into nothing, lights no
lamp and connects to nobody, so one that is half set up cannot pretend to be ready. Each file is
written under another name and renamed, so it is whole or not there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

READY: Final = "main.py"  # what makes a board start; the last thing written
CONFIG: Final = "config.json"
CERTIFICATE: Final = "ca.der"
#: What a board keeps for the one it was before: another one must not send its presses, nor fall
#: back to its configuration.
OF_BEFORE: Final = ("journal", "journal.broken", "config.good.json")
#: Who may send it new firmware over the air; without it nobody may.
PUBLISHER: Final = "publisher.key"
PACKAGE: Final = "bell/"
#: What came over the air. What a technician sets up takes its place.
SLOTS: Final = ("a", "b")
OF_UPDATES: Final = ("slots", "update", "update.of", PUBLISHER)
UNDER_ANOTHER_NAME: Final = ".new"


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a file away, if it is there."""

    path: str


@dataclass(frozen=True, slots=True, repr=False)
class Write:
    """Put a file there, whole. Its content may be a secret, so it is in no representation."""

    path: str
    content: bytes

    def __repr__(self) -> str:
        return f"Write({self.path!r}, {len(self.content)} bytes)"


Step = Remove | Write


def hash_of(content: bytes) -> str:
    """SHA-256, as a manifest has it."""
    return hashlib.sha256(content).hexdigest()


def steps(
    desired: Mapping[str, bytes], present: Mapping[str, str], *, is_another: bool = False
) -> list[Step]:
    """What to do, in this order, so that the board holds `desired`.

    `present` are the hashes of what it holds. `is_another` says that it was another device until
    now. Nothing to do is an empty list. Raises ValueError for a `desired` without what makes the
    board start: it would never be ready.
    """
    if READY not in desired:
        raise ValueError(f"there is no {READY} among the files of the firmware")
    missing = [path for path, content in desired.items() if present.get(path) != hash_of(content)]
    gone: list[Step] = [Remove(path) for path in _stale(desired, present, is_another)]
    if not missing and not gone:
        return []
    written: list[Step] = [Write(path, desired[path]) for path in sorted(missing, key=_rank)]
    if READY in present:
        gone.insert(0, Remove(READY))
    if READY not in missing:
        written.append(Write(READY, desired[READY]))
    return gone + written


def _stale(
    desired: Mapping[str, bytes], present: Mapping[str, str], is_another: bool
) -> Iterable[str]:
    """What must not stay: modules of another release, also those that came over the air, and the
    rest of a write of ours that was cut short. What the firmware itself was writing else is its own
    business."""
    for path in sorted(present):
        name = path.removesuffix(UNDER_ANOTHER_NAME)
        is_old = path not in desired and (path.startswith(PACKAGE) or is_of_updates(path))
        is_rest = path not in desired and name in desired
        if is_old or is_rest or (is_another and name in OF_BEFORE):
            yield path


def is_of_updates(path: str) -> bool:
    """Whether a file on a board came over the air, or is there for what does."""
    return path.split("/")[0] in SLOTS or path.removesuffix(UNDER_ANOTHER_NAME) in OF_UPDATES


def _rank(path: str) -> tuple[int, str]:
    last = (CERTIFICATE, CONFIG, READY)
    return (last.index(path) + 1 if path in last else 0, path)


def device_in(config: bytes | None) -> str | None:
    """The device that a board's config.json names; None if there is none that can be read."""
    if config is None:
        return None
    try:
        name = json.loads(config)["device"]
    except (ValueError, KeyError, TypeError):
        return None
    return name if isinstance(name, str) else None
