"""Who is called is who is on duty at that moment, not at the moment of the press."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from stories.street import START

from lovebell.domain.model import Community, Device, DeviceKind, Group, Responder, Rota, Step
from lovebell.store import books, pairs, roster

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from stories.street import Street

#: The stories begin on a Friday at four in the afternoon in Shanghai.
HOUR = 3_600
assert datetime.fromtimestamp(START / 1000, UTC).strftime("%a %H:%M") == "Fri 08:00"


async def plan(street: Street, *steps: str, rota: tuple[str, ...] = ()) -> None:
    """A rota `rota-1` of these shifts, a group of the two volunteers, and the home's plan."""

    def enter(connection: Connection) -> None:
        roster.add_community(connection, Community("c-1", "示例社区"))
        books.edit_home(connection, "h-1", community="c-1")
        roster.set_group(connection, Group("g-both", "两人", ("r-paired", "r-neighbour")))
        if rota:
            shifts = roster.read_shifts(rota)
            roster.set_rota(connection, Rota("rota-1", "示例排班", "c-1", shifts))
        pairs.set_plan(connection, "h-1", pairs.read_steps(steps))

    street.edit(enter)
    await street.engine.reread(street.now)


async def test_the_rota_says_who_is_called(street: Street) -> None:
    await plan(
        street,
        "rota-1 60s",
        "desk 60s",
        rota=("mon-fri 08:00-18:00 r-paired", "daily 18:00-08:00 r-neighbour"),
    )
    await street.press()
    assert street.sounding == {"c-paired"}


async def test_a_last_step_that_repeats_calls_whoever_is_on_duty_by_then(street: Street) -> None:
    await plan(
        street, "rota-1 60s", rota=("daily 08:00-18:00 r-paired", "daily 18:00-08:00 r-neighbour")
    )
    await street.press()
    await street.forward(2 * HOUR - 1)
    assert street.sounding == {"c-paired"}
    await street.forward(1)
    # Whoever has been called goes on ringing past the end of the shift: loud beats late.
    assert street.sounding == {"c-paired", "c-neighbour"}


async def test_a_long_step_begins_anew_when_somebody_comes_on_duty_in_it(street: Street) -> None:
    await plan(
        street,
        "rota-1 20h",
        "desk 60s",
        rota=("daily 08:00-18:00 r-paired", "daily 18:00-08:00 r-neighbour"),
    )
    await street.press()
    await street.forward(2 * HOUR)
    assert street.sounding == {"c-paired", "c-neighbour"}


async def test_whoever_rings_already_and_comes_on_duty_does_not_end_the_step(
    street: Street,
) -> None:
    await plan(
        street,
        "r-paired 1min",
        "rota-1,r-neighbour 20h",
        "desk 1min",
        rota=("daily 18:00-08:00 r-paired",),
    )
    await street.press()
    await street.forward(3 * HOUR)
    assert street.sounding == {"c-paired", "c-neighbour"}


async def test_a_step_in_which_nobody_is_on_duty_is_passed_at_once_and_shown(
    street: Street,
) -> None:
    await plan(street, "rota-1 60s", "desk 60s", rota=("sat 08:00-18:00 r-paired,r-neighbour",))
    await street.press()
    assert street.sounding == {"c-desk"}
    assert "nobody" in street.record()
    [detail] = street.rows("SELECT detail FROM event WHERE what = 'nobody'")
    assert '"off_duty":2' in detail[0].replace(" ", "")


async def test_when_everybody_is_off_duty_the_last_step_calls_them_all_the_same(
    street: Street,
) -> None:
    await plan(street, "g-both 60s", "rota-1 60s", rota=("sat 08:00-18:00 r-desk",))
    away_until = START + 90 * HOUR * 1000
    street.edit(
        lambda c: roster.add_away(c, "r-paired", START - 1, away_until, ""),
        lambda c: roster.add_away(c, "r-neighbour", START - 1, away_until, ""),
    )
    await street.engine.reread(street.now)
    await street.press()
    assert street.sounding == {"c-desk"}
    assert "off_duty" in street.record()


async def test_when_the_last_step_has_no_chime_at_all_everybody_off_duty_is_called(
    street: Street,
) -> None:
    await plan(street, "rota-1 60s", "grid 60s", rota=("sat 08:00-18:00 g-both",))
    await street.press()
    assert street.sounding == {"c-paired", "c-neighbour"}


async def test_whoever_is_away_is_not_called_until_they_are_back(street: Street) -> None:
    await plan(street, "paired 60s", "desk 60s")
    street.edit(lambda c: roster.add_away(c, "r-paired", START, START + HOUR * 1000, ""))
    await street.engine.reread(street.now)
    await street.press()
    assert street.sounding == {"c-desk"}
    await street.forward(HOUR)
    assert street.sounding == {"c-paired", "c-desk"}


async def test_an_absence_that_is_taken_back_while_it_rings_rings_at_once(street: Street) -> None:
    await plan(street, "paired 20h", "desk 20h")
    street.edit(lambda c: roster.add_away(c, "r-paired", START, START + 9 * HOUR * 1000, ""))
    await street.engine.reread(street.now)
    await street.press()
    assert street.sounding == {"c-desk"}
    await street.forward(60)
    street.edit(lambda c: roster.remove_away(c, 1))
    await street.engine.reread(street.now)
    await street.forward(1)
    assert street.sounding == {"c-paired", "c-desk"}


async def test_a_volunteer_who_is_paired_while_it_rings_is_called_too(street: Street) -> None:
    await street.press()
    await street.forward(3 * HOUR)  # the desk, for hours

    def enter(connection: Connection) -> None:
        books.add_responder(connection, Responder("r-new", "示例新人"))
        books.add_device(connection, Device("c-new", DeviceKind.CHIME))
        pairs.pair(connection, "c-new", "r-new", None, street.now)
        pairs.pair(connection, "r-new", "h-1", 3, street.now)

    street.edit(enter)
    await street.engine.reread(street.now)
    await street.forward(1)
    assert "c-new" in street.sounding
    assert "rostered" in street.record()


async def test_another_plan_does_not_disturb_an_episode_that_has_begun(street: Street) -> None:
    await plan(street, "paired 60s", "desk 60s")
    await street.press()
    street.edit(lambda c: pairs.set_plan(c, "h-1", (Step(("r-neighbour",), 60_000),)))
    await street.engine.reread(street.now)
    await street.forward(61)
    assert street.sounding == {"c-paired", "c-desk"}


async def test_hours_later_than_an_episode_knew_at_first_the_rota_still_holds(
    street: Street,
) -> None:
    """It knows two days ahead; every hour it looks again."""
    await plan(
        street,
        "rota-1 20h",
        rota=(
            "mon 00:00-24:00 r-paired",
            "tue 00:00-24:00 r-neighbour",
            "fri-sun 00:00-24:00 r-desk",
        ),
    )
    await street.press()
    for _ in range(56):  # to midnight after Sunday, hour by hour
        assert street.sounding == {"c-desk"}
        await street.forward(HOUR)
        await street.engine.reread(street.now)
        await street.settle()
    assert street.sounding == {"c-desk", "c-paired"}


async def test_the_gateway_that_was_down_over_the_end_of_a_shift_calls_the_next_one(
    street: Street,
) -> None:
    await plan(
        street, "rota-1 60s", rota=("daily 08:00-18:00 r-paired", "daily 18:00-08:00 r-neighbour")
    )
    await street.press()
    await street.power_cut()
    street.now += 3 * HOUR * 1000
    await street.power_up()
    await street.forward(60)
    assert street.sounding >= {"c-neighbour"}


async def test_on_a_holiday_the_shift_of_holidays_is_on(street: Street) -> None:
    await plan(
        street,
        "rota-1 60s",
        "desk 60s",
        rota=("mon-fri,not-holidays 08:00-18:00 r-paired", "holidays 00:00-24:00 r-neighbour"),
    )
    street.edit(lambda c: roster.add_holidays(c, "c-1", {date(2027, 1, 15): "示例节"}))
    await street.engine.reread(street.now)
    await street.press()
    assert street.sounding == {"c-neighbour"}


async def test_a_home_follows_the_plan_of_its_community(street: Street) -> None:
    await plan(street, "paired 60s")

    def enter(connection: Connection) -> None:
        pairs.reset_plan(connection, "h-1")
        roster.set_community_plan(connection, "c-1", (Step(("g-both",), 60_000),))

    street.edit(enter)
    await street.engine.reread(street.now)
    await street.press()
    assert street.sounding == {"c-paired", "c-neighbour"}


async def test_a_test_press_proves_the_chain_to_a_chime_that_is_off_duty(street: Street) -> None:
    await plan(street, "rota-1 60s", "desk 60s", rota=("sat 08:00-18:00 r-paired",))
    await street.press(kind="test")
    assert street.lamp() == "resolved"
    [outcome] = street.rows("SELECT outcome FROM episode")
    assert outcome[0] == "test_passed"
