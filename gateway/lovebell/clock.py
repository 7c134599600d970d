"""The time, read once at the edge and passed down."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

#: A clock that was set back is caught up with by going slower by this part, never by standing
#: still: a deadline then comes at most a tenth of its wait too late, instead of an hour.
SLOWER: Final = 10


def passing(system: Any = time) -> Callable[[], int]:
    """The clock of this system that is never set, in nanoseconds: one that goes on while the
    machine sleeps, lid closed or VM paused, where there is one.

    `system` is what Python's `time` offers. Of Linux's clocks CLOCK_MONOTONIC stands still during a
    suspension, CLOCK_BOOTTIME does not (clock_gettime(2)).
    """
    if not hasattr(system, "CLOCK_BOOTTIME"):
        return system.monotonic_ns
    return lambda: system.clock_gettime_ns(system.CLOCK_BOOTTIME)


_passing: Final = passing()


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> int:
        """UTC, in milliseconds since 1970."""
        ...

    def minute(self) -> int:
        """The minute of the local day, 0 to 1439."""
        ...


class SystemClock:
    """The clock of this machine, but never running backwards.

    Set forward, by NTP on a machine that started without the time, it is followed at once. Set
    back, it is approached slowly.
    """

    def __init__(
        self,
        wall: Callable[[], int] = time.time_ns,
        steady: Callable[[], int] = _passing,
    ) -> None:
        """`wall` and `steady` give nanoseconds; the latter is never set."""
        self._wall = wall
        self._steady = steady
        self._last_steady = steady()
        self._last = wall()

    def now(self) -> int:
        """UTC, in milliseconds since 1970; never less than the last time."""
        steady = self._steady()
        passed, self._last_steady = steady - self._last_steady, steady
        self._last = max(self._wall(), self._last + passed - passed // SLOWER)
        return self._last // 1_000_000

    def minute(self) -> int:
        """The minute of the local day, 0 to 1439; in the time zone of this machine."""
        local = time.localtime()
        return local.tm_hour * 60 + local.tm_min


def hour() -> tuple[int, int]:
    """The minute of the local day, and the day of the week, Monday 1 to Sunday 7; in the time
    zone of this machine."""
    local = time.localtime()
    return local.tm_hour * 60 + local.tm_min, local.tm_wday + 1


def steady() -> int:
    """Milliseconds that only go forward, whatever the clock is set to, and go on while the machine
    sleeps: for measuring silence, and for noticing that it was ours."""
    return _passing() // 1_000_000
