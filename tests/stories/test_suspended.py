"""The gateway's own machine sleeps, lid closed or VM paused: the silence was ours."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from lovebell.clock import SystemClock, passing

if TYPE_CHECKING:
    from stories.street import Street

HOUR_MS = 3_600_000
EVERYBODY = ("b-1", "c-paired", "c-neighbour", "c-desk")


class Machine:
    """Its clocks, in nanoseconds; CLOCK_BOOTTIME is told by its number on Linux."""

    def __init__(self) -> None:
        self.awake, self.asleep = 5, 0

    def monotonic_ns(self) -> int:
        return self.awake

    def clock_gettime_ns(self, clock: int) -> int:
        assert clock == 7
        return self.awake + self.asleep


def test_time_goes_on_while_the_machine_sleeps_where_it_has_such_a_clock() -> None:
    machine = Machine()
    linux = SimpleNamespace(
        CLOCK_BOOTTIME=7,
        clock_gettime_ns=machine.clock_gettime_ns,
        monotonic_ns=machine.monotonic_ns,
    )
    other = SimpleNamespace(monotonic_ns=machine.monotonic_ns)
    machine.asleep = 1_000
    assert passing(linux)() == 1_005
    assert passing(other)() == 5


def test_after_a_sleep_the_clock_shows_the_time_of_day_at_once() -> None:
    wall, steady = [0], [0]
    clock = SystemClock(lambda: wall[0], lambda: steady[0])
    wall[0] = steady[0] = HOUR_MS * 1_000_000
    assert clock.now() == HOUR_MS
    wall[0] -= 60_000_000_000  # and one that was set back meanwhile is caught up with, no more
    steady[0] += 60_000_000_000
    assert HOUR_MS <= clock.now() <= HOUR_MS + 60_000


async def live(street: Street, minutes: int, up_s: int, *devices: str) -> None:
    """Heartbeats from devices that have been running for so long, and a look a second."""
    for second in range(minutes * 60):
        if second % 60 == 0:
            for device in devices:
                street.send(device, "heartbeat", every_s=60, up_s=up_s + second)
        street.now += 1_000
        street.warden.tick(street.now)
    await street.settle()


@pytest.mark.parametrize("hears_first", [True, False])
@pytest.mark.parametrize("hours", [1, 12])
async def test_after_a_sleep_nobody_is_taken_for_dead_and_the_roll_is_called(
    street: Street, hours: int, hears_first: bool
) -> None:
    await live(street, 30, 600, *EVERYBODY)
    street.now += hours * HOUR_MS
    up_s = 600 + 1_800 + hours * 3_600
    if hears_first:  # what the broker has kept comes before the gateway looks after its devices
        street.send("b-1", "state", online=True, firmware="0.1.0", boot=3)
        for device in EVERYBODY:
            street.send(device, "heartbeat", every_s=60, up_s=up_s)
        # Pressed and answered while we slept; the boards have told it ever since.
        street.send("b-1", "press", id="p-1", kind="call", age_ms=hours * HOUR_MS // 2)
    street.warden.tick(street.now)
    await live(street, 30, up_s, *EVERYBODY)
    assert street.rows("SELECT device, word FROM fault") == []
    assert street.record().count("roll_called") == 1
    if hears_first:
        assert "p-1" in street.receipts
    assert street.rows("SELECT home FROM absent") == []


async def test_who_does_not_come_back_after_a_sleep_is_found_then(street: Street) -> None:
    await live(street, 5, 600, *EVERYBODY)
    street.now += HOUR_MS
    street.warden.tick(street.now)
    await live(street, 2, 4_500, *EVERYBODY[1:])
    assert street.rows("SELECT device FROM fault") == []
    assert [tuple(row) for row in street.rows("SELECT home FROM absent")] == [("h-1",)]
    await live(street, 2, 4_620, *EVERYBODY[1:])
    assert [tuple(row) for row in street.rows("SELECT device, word FROM fault")] == [
        ("b-1", "offline")
    ]
