"""The machine's clock is set while calls are open: no deadline is lost, and none comes twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from stories.street import START

from lovebell.clock import SystemClock

if TYPE_CHECKING:
    from stories.street import Street

HOUR_S = 3_600
SECOND = 1_000_000_000


class Day:
    """Real time passes second by second; the street lives by the clock on its wall."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.real_s = 0
        self._set_s = 0
        self._clock = self._machine()

    def _machine(self) -> SystemClock:
        def wall() -> int:
            return START * 1_000_000 + (self.real_s + self._set_s) * SECOND

        return SystemClock(wall, lambda: self.real_s * SECOND)

    async def pass_s(self, seconds: int) -> None:
        for _ in range(seconds):
            self.real_s += 1
            await self.look()

    async def look(self) -> None:
        self.street.now = self._clock.now()
        self.street.engine.due(self.street.now)
        await self.street.settle()

    async def set_clock(self, by_s: int, *, restarted: bool) -> None:
        self._set_s += by_s
        if restarted:
            await self.street.power_cut()
            self._clock = self._machine()
            self.street.now = self._clock.now()
            await self.street.power_up()
        await self.look()

    async def until(self, what: str, times: int, at_most_s: int) -> int:
        """How long it takes until the record says this so many times."""
        begun = self.real_s
        while self.street.record().count(what) < times:
            assert self.real_s - begun < at_most_s, f"no {what} in {at_most_s} s"
            await self.pass_s(1)
        return self.real_s - begun


STEPS = [(HOUR_S, False), (-HOUR_S, False), (HOUR_S, True), (-HOUR_S, True)]


@pytest.mark.parametrize(("by_s", "restarted"), STEPS)
async def test_while_it_rings_the_next_step_comes_once_and_in_time(
    street: Street, by_s: int, restarted: bool
) -> None:
    day = Day(street)
    await street.press()
    await day.pass_s(10)
    await day.set_clock(by_s, restarted=restarted)
    # Set forward it is over at once; set back it lasts no longer than a whole step would.
    took = await day.until("step", 2, at_most_s=46)
    assert took == 0 if by_s > 0 else took >= 35
    assert street.record().count("step") == 2
    await day.pass_s(50)  # of the second step's sixty seconds
    assert street.record().count("step") == 2
    await day.until("nobody", 1, at_most_s=17)


@pytest.mark.parametrize(("by_s", "restarted"), STEPS)
async def test_an_answer_expires_once_and_in_time(
    street: Street, by_s: int, restarted: bool
) -> None:
    day = Day(street)
    await street.press()
    await street.answer("c-paired")
    await day.pass_s(100)
    await day.set_clock(by_s, restarted=restarted)
    took = await day.until("expired", 1, at_most_s=601)
    assert took == 0 if by_s > 0 else took >= 500  # too early is loud, too late would be silent
    assert street.sounding == {"c-paired", "c-neighbour"}
    await day.pass_s(700)
    assert street.record().count("expired") == 1


@pytest.mark.parametrize(("by_s", "restarted"), STEPS)
async def test_where_somebody_is_nothing_happens(
    street: Street, by_s: int, restarted: bool
) -> None:
    day = Day(street)
    await street.press(press_id="p-1")
    await street.command("arrive", "b-1.p-1", "r-paired")
    before = street.record("b-1.p-1")
    await day.set_clock(by_s, restarted=restarted)
    await day.pass_s(120)
    assert street.record("b-1.p-1") == before
    assert street.sounding == set()


@pytest.mark.parametrize(("by_s", "restarted"), STEPS)
async def test_a_chime_that_was_not_heard_is_told_to_be_quiet_soon_after(
    street: Street, by_s: int, restarted: bool
) -> None:
    day = Day(street)
    await street.press(press_id="p-1")
    street.dead = {"c-paired"}  # it rings, and hears nothing any more
    await street.command("resolve", "b-1.p-1", outcome="helped")
    await day.set_clock(by_s, restarted=restarted)
    street.dead = set()
    if by_s < 0:  # set forward, it has stopped by itself by then
        await day.pass_s(17)
        assert street.sounding == set()
    street.air.log.clear()
    await day.pass_s(60)
    assert not [line for line in street.air.log if line.startswith("ring ")]


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S])
async def test_a_test_ends_all_the_same(street: Street, by_s: int) -> None:
    day = Day(street)
    street.dead = {"c-paired", "c-neighbour", "c-desk"}
    await street.press(kind="test")
    await day.pass_s(5)
    await day.set_clock(by_s, restarted=False)
    await day.pass_s(30)
    assert street.rows("SELECT outcome FROM episode") == [("test_failed",)]


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S])
async def test_a_press_rings_at_once_whatever_the_clock_shows(street: Street, by_s: int) -> None:
    day = Day(street)
    await day.pass_s(5)
    await day.set_clock(by_s, restarted=False)
    await street.press()
    assert street.sounding == {"c-paired"}
    await day.until("step", 2, at_most_s=51)
