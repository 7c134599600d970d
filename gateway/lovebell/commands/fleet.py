"""How the devices stand, as the roll-out of new firmware has to know it.

Puts books, episodes and what was heard of devices together; decides nothing.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from lovebell.domain.circles import circles, disturbed
from lovebell.domain.records import Seen
from lovebell.domain.waves import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lovebell.domain.directory import Directory
    from lovebell.domain.episode import Episode
    from lovebell.domain.rollout import Report


@dataclass(frozen=True, slots=True)
class View:
    """What is to be known of the gateway for one look."""

    now: int
    directory: Directory
    known: Mapping[str, Seen]
    missing: frozenset[str]
    met: Mapping[str, int]
    episodes: Sequence[Episode]
    reports: Mapping[str, Sequence[Report]]
    signs: frozenset[str]
    is_settled: bool


@lru_cache(1)
def _placed(books: Directory, version: str) -> tuple[dict[str, frozenset[str]], dict[str, int]]:
    """By device its circles and its lot, as long as the books stay the same."""
    devices = books.books.devices
    lots = {device: zlib.crc32(f"{version}/{device}".encode()) for device in devices}
    return circles(books.books), lots


def fleet(view: View, version: str) -> dict[str, Standing]:
    """How every device in the books stands, for `domain.waves`."""
    its, lots = _placed(view.directory, version)
    busy = disturbed(view.episodes, its)
    nobody = Seen("", 0, online=False)
    found: dict[str, Standing] = {}
    for device, lot in lots.items():
        seen = view.known.get(device, nobody)
        found[device] = Standing(
            seen.firmware,
            seen.online and device not in view.missing,
            seen.at_ms,
            view.met.get(device, 0),
            its[device],
            device in busy,
            lot,
        )
    return found
