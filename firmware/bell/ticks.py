"""Arithmetic on ticks, the board's millisecond counter that starts again at 2**30.

Owns the only comparison of two times in the firmware. Knows no clock: it is plain arithmetic, so
that pure code and tests can use it. A difference is right while it is below half a period,
some six days; whoever must remember longer says so by other means.
"""

PERIOD = 1 << 30  # what time.ticks_ms() wraps at on an ESP32; other ports have longer ones


def ticks_add(ticks: int, ms: int) -> int:
    """The tick `ms` milliseconds after `ticks`."""
    return (ticks + ms) & (PERIOD - 1)


def ticks_diff(later: int, earlier: int) -> int:
    """Milliseconds from `earlier` to `later`, negative when it is the other way round."""
    distance = (later - earlier) & (PERIOD - 1)
    return distance - PERIOD if distance >= PERIOD // 2 else distance


def is_over(now: int, deadline: int) -> bool:
    """Whether `deadline` has come."""
    return ticks_diff(now, deadline) >= 0
