"""The time, read once at the edge and passed down."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> int:
        """UTC, in milliseconds since 1970."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        """UTC, in milliseconds since 1970."""
        return time.time_ns() // 1_000_000
