"""The time, read once at the edge and passed down."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> int:
        """UTC, in milliseconds since 1970."""
        ...

    def minute(self) -> int:
        """The minute of the local day, 0 to 1439."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        """UTC, in milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def minute(self) -> int:
        """The minute of the local day, 0 to 1439; in the time zone of this machine."""
        local = time.localtime()
        return local.tm_hour * 60 + local.tm_min
