"""How devices are to behave: how often they speak, and when they keep quiet.

Owns the quiet hours. They hold for tests and faults; a call sounds at any hour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

DAY: Final = 24 * 60
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\Z", re.ASCII)


def minute_of(text: str) -> int:
    """The minute of the day of `"22:30"`. Raises ValueError for anything else."""
    match = _CLOCK.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time of day such as 22:30")
    return int(match[1]) * 60 + int(match[2])


@dataclass(frozen=True, slots=True)
class Habits:
    """What a community wants of all its devices.

    Quiet from minute `quiet_from` of the day (included) to `quiet_to` (not), across midnight if
    need be; never if they are the same.
    """

    heartbeat_s: int = 60
    quiet_from: int = 22 * 60
    quiet_to: int = 7 * 60

    def is_quiet(self, minute: int) -> bool:
        """Whether this minute of the local day is a quiet one."""
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= minute < self.quiet_to
        return minute >= self.quiet_from or minute < self.quiet_to

    def quiet_for_s(self, minute: int) -> int | None:
        """How long it stays quiet from this minute on, in seconds; None when it is not quiet."""
        return (self.quiet_to - minute) % DAY * 60 if self.is_quiet(minute) else None
