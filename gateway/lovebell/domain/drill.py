"""The monthly test: which homes have shown that their button still calls, and which have not.

Owns the rule, which is that of Texas (26 TAC 279): a test a month; where none succeeds, attempts
on three days; then somebody goes there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EVERY_MS: Final = 30 * 86_400_000
ATTEMPTS: Final = 3


class Standing(StrEnum):
    """How a home stands: well, to be tried, or to be visited."""

    PASSED = "passed"
    OVERDUE = "overdue"
    VISIT = "visit"


@dataclass(frozen=True, slots=True)
class Drill:
    """A home's tests. `attempts` counts the days on which it was tried in vain since it last
    passed, none of them more than a month ago."""

    home: str
    standing: Standing
    passed_ms: int | None
    attempts: int

    @property
    def due_ms(self) -> int | None:
        """Until when it is to pass the next one; None for at once, as it has never passed."""
        return None if self.passed_ms is None else self.passed_ms + EVERY_MS


def judge(
    home: str, passed_ms: int | None, tried: Iterable[int], now: int, day: Callable[[int], str]
) -> Drill:
    """How a home stands. `tried` are times of attempts that came to nothing, `day` names the
    local day of a time."""
    since = max(now - EVERY_MS, passed_ms or 0)
    attempts = len({day(at) for at in tried if since < at <= now})
    if passed_ms is not None and now - passed_ms <= EVERY_MS:
        standing = Standing.PASSED
    else:
        standing = Standing.VISIT if attempts >= ATTEMPTS else Standing.OVERDUE
    return Drill(home, standing, passed_ms, attempts)
