"""How devices are told to behave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lovebell.domain.habits import Habits, minute_of

if TYPE_CHECKING:
    from stories.street import Street


async def test_a_device_that_comes_on_line_is_told_how_often_to_speak(street: Street) -> None:
    street.send("c-paired", "state", online=True)
    assert street.air.settings["c-paired"] == {"heartbeat_s": 60, "quiet": False}


async def test_when_the_quiet_hours_begin_those_on_line_are_told_once(street: Street) -> None:
    street.send("c-paired", "state", online=True)
    street.send("c-desk", "state", online=True)
    street.send("c-desk", "state", online=False)
    street.air.log.clear()
    for minute in (21 * 60 + 59, 22 * 60, 22 * 60 + 1):
        street.tutor.look(minute)
    assert street.air.log == ["settings c-paired"]
    assert street.air.settings["c-paired"]["quiet"] is True
    street.tutor.look(7 * 60)
    assert street.air.settings["c-paired"]["quiet"] is False


async def test_a_device_that_could_not_be_told_is_told_when_it_comes_on_line(
    street: Street,
) -> None:
    street.air.is_up = False
    street.send("c-paired", "state", online=True)
    assert street.air.settings == {}
    street.air.is_up = True
    street.minute = 23 * 60
    street.send("c-paired", "state", online=True)
    assert street.air.settings["c-paired"]["quiet"] is True


async def test_a_broker_keeps_nobody_quiet_after_the_night_though_the_gateway_be_gone(
    street: Street,
) -> None:
    street.send("c-paired", "state", online=True)
    assert street.air.expires_s["settings c-paired"] is None
    for minute, hours in ((22 * 60, 9), (23 * 60, 8), (0, 7), (6 * 60, 1)):
        street.minute = minute
        street.send("c-desk", "state", online=False)
        street.send("c-desk", "state", online=True)
        assert street.air.expires_s["settings c-desk"] == hours * 3600


@pytest.mark.parametrize(
    ("hours", "quiet", "loud"),
    [
        (("22:00", "07:00"), ("22:00", "23:59", "00:00", "06:59"), ("07:00", "12:00", "21:59")),
        (("13:00", "14:30"), ("13:00", "14:29"), ("12:59", "14:30", "00:00")),
        (("08:00", "08:00"), (), ("00:00", "08:00", "23:59")),
    ],
)
def test_quiet_hours_cross_midnight_if_need_be(
    hours: tuple[str, str], quiet: tuple[str, ...], loud: tuple[str, ...]
) -> None:
    habits = Habits(60, minute_of(hours[0]), minute_of(hours[1]))
    assert all(habits.is_quiet(minute_of(at)) for at in quiet)
    assert not any(habits.is_quiet(minute_of(at)) for at in loud)


@pytest.mark.parametrize("text", ["24:00", "7:00", "07:60", "0700", "", "07:00\n"])
def test_a_time_of_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="22:30"):
        minute_of(text)
