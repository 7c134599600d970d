"""What the figures are counted from: the times of every call in a period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from lovebell.domain.episode import CANCELLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

# Grid and community are the home's of today, or what was kept when the personal data was taken
# out. A call whose press was never heard, but told by a chime, has no receipt: it counts from its
# beginning.
CALLS: Final = """
SELECT e.begun_ms, e.ended_ms, e.outcome, coalesce(e.grid, h.grid, '') AS grid,
  coalesce(e.community, h.community, '') AS community,
  (SELECT min(r.at_ms) FROM receipt r WHERE r.episode = e.id AND r.kind = 'call') AS pressed_ms,
  (SELECT min(r.received_ms) FROM receipt r
    WHERE r.episode = e.id AND r.kind = 'call') AS received_ms,
  (SELECT min(v.at_ms) FROM event v WHERE v.episode = e.id AND v.episode != ''
    AND v.what IN ('acknowledged', 'arrived', 'resolved')) AS answered_ms,
  (SELECT min(v.at_ms) FROM event v WHERE v.episode = e.id AND v.episode != ''
    AND v.what = 'arrived') AS arrived_ms
FROM episode e LEFT JOIN home h ON h.id = e.home
WHERE e.begun_ms >= :since AND e.begun_ms < :until AND e.kind = 'call'
ORDER BY e.begun_ms
"""


@dataclass(frozen=True, slots=True)
class CallTimes:
    """When a call came how far, in UTC milliseconds."""

    grid: str
    community: str
    begun_ms: int
    pressed_ms: int
    received_ms: int
    answered_ms: int | None
    arrived_ms: int | None
    ended_ms: int | None
    is_cancelled: bool


def call_times(connection: Connection, since: int, until: int) -> Iterator[CallTimes]:
    """The calls (no tests) that began from `since` to just before `until`, in order."""
    for row in connection.execute(text(CALLS), {"since": since, "until": until}):
        received = row.begun_ms if row.received_ms is None else row.received_ms
        pressed = received if row.pressed_ms is None else row.pressed_ms
        yield CallTimes(
            row.grid,
            row.community,
            row.begun_ms,
            pressed,
            received,
            row.answered_ms,
            row.arrived_ms,
            row.ended_ms,
            row.outcome == CANCELLED,
        )
