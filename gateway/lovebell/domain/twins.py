"""Twins: two boards with one name and one secret, such as a bundle makes that was used twice.

Owns how they are seen. They throw each other out at the broker, each comes back within seconds,
and each tells of its own last start. No board is asked who it is: one that lies, or knows nothing
of this, is seen as well. Times are milliseconds that only go forward.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: A beat that was on its way for some seconds tells of no other start.
SAME_START_MS: Final = 15_000
#: So many returns to the start before are no accident.
RETURNS: Final = 3
#: Within so long. Boards that throw each other out come back every eight seconds or sooner.
RETURNS_MS: Final = 1_800_000


@dataclass(slots=True)
class Starts:
    """What is told under one name of the last start: its moment, or its number.

    Of one board it changes, and never comes back to what it was; of two it does again and again.
    `slack` is how far two tellings of one start may be apart.
    """

    slack: int
    last: int | None = None
    before: int | None = None
    returns: list[int] = field(default_factory=list[int])

    def tell(self, start: int, steady: int, *, may_be_late: bool = False) -> bool:
        """Whether by now there must be two boards. What `may_be_late` tells of no later start."""
        if may_be_late and self.last is not None and start > self.last:
            return False
        if self.last is None or abs(start - self.last) <= self.slack:
            self.last = start
            return False
        if self.before is not None and abs(start - self.before) <= self.slack:
            self.returns.append(steady)
        self.before, self.last = self.last, start
        while self.returns and steady - self.returns[0] > RETURNS_MS:
            self.returns.pop(0)
        return len(self.returns) >= RETURNS

    def forget(self) -> None:
        """What a broker has kept is told once more now, and says nothing."""
        self.last = self.before = None
        self.returns.clear()


#: So many connections within so long: the Wi-Fi is bad, or there are twins that even started at
#: the same moment, as after a power cut, and equally often. Fewer than `STEADY` end it.
CONNECTIONS: Final = 20
STEADY: Final = 5
CONNECTIONS_MS: Final = 600_000


@dataclass(slots=True)
class Connections:
    """How often a name has come on line of late."""

    times: list[int] = field(default_factory=list[int])

    def add(self, steady: int) -> None:
        """Once more."""
        self.times.append(steady)
        if len(self.times) > CONNECTIONS:
            self.times.pop(0)

    def of_late(self, steady: int) -> int:
        """How many there were, as far as that matters."""
        while self.times and steady - self.times[0] > CONNECTIONS_MS:
            self.times.pop(0)
        return len(self.times)
