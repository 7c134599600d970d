"""Roll call: after we were deaf, which homes have not been heard since.

Owns when a roll is called and who is missing. A home leaves the list when its button is heard or
when somebody has ticked it off, which the store knows. NHS Highland had to contact some 2,500
users after four hours without a platform: nobody could say who was still connected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

#: A connection that is back sooner has lost nothing that its session does not bring again.
DEAF_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Absent:
    """A home that has not been heard since `since_ms`; `why` is gateway or broker."""

    home: str
    since_ms: int
    why: str


class RollCall:
    """Who has not answered yet. `steady` is milliseconds that only go forward."""

    def __init__(self, steady: int) -> None:
        self.missing: set[str] = set()
        self._deaf_since: int | None = steady

    def link(self, is_up: bool, steady: int) -> bool:
        """Whether the connection that has just come back was away so long that a roll is due."""
        since, self._deaf_since = self._deaf_since, None
        if not is_up:
            self._deaf_since = steady if since is None else since
            return False
        return since is not None and steady - since >= DEAF_MS

    def call(self, homes: Iterable[str]) -> list[str]:
        """Call the roll of these homes; all of them are missing until they are heard."""
        self.missing = set(homes)
        return sorted(self.missing)

    def heard(self, home: str) -> bool:
        """Whether a home that was missing has answered."""
        if home not in self.missing:
            return False
        self.missing.discard(home)
        return True
