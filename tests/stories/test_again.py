"""Calls that come soon after another, ends that were none, and one responder for two homes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lovebell.store import books, pairs

if TYPE_CHECKING:
    from stories.street import Street

HOUR = 3_600


def second_home(street: Street) -> None:
    """Another elder, for whom the same volunteer comes first."""
    street.edit(
        lambda c: books.add_home(c, books.Home("h-2", "示例爷爷", "示例路 2 号", care_level=5)),
        lambda c: books.add_device(c, books.Device("b-2", books.DeviceKind.BUTTON)),
        lambda c: pairs.pair(c, "b-2", "h-2", None, street.now),
        lambda c: pairs.pair(c, "r-paired", "h-2", None, street.now),
        lambda c: pairs.pair(c, "r-neighbour", "h-2", 2, street.now),
    )


async def came_and_went(street: Street, responder: str = "r-neighbour") -> None:
    """A call of b-1 that is over."""
    await street.press(press_id="p-1")
    await street.command("arrive", "b-1.p-1", responder)
    await street.command("resolve", "b-1.p-1", outcome="helped")
    await street.forward(120)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_press_soon_after_the_end_rings_at_once_and_calls_who_came_then(
    street: Street, restarted: bool
) -> None:
    await came_and_went(street)
    if restarted:
        await street.power_cut()
        await street.power_up()
    await street.press(press_id="p-2")
    assert street.sounding == {"c-paired", "c-neighbour"}
    assert street.lamp() == "ringing"
    assert street.record("b-1.p-2")[:3] == ["pressed", "follows", "step"]


async def test_a_press_much_later_is_a_call_like_any_other(street: Street) -> None:
    await came_and_went(street)
    await street.forward(HOUR)
    await street.press(press_id="p-2")
    assert street.sounding == {"c-paired"}
    assert "follows" not in street.record("b-1.p-2")


async def test_a_second_button_of_the_home_belongs_to_the_same_trouble(street: Street) -> None:
    await came_and_went(street)
    street.edit(lambda c: pairs.pair(c, "b-lost", "h-1", None, street.now))
    await street.engine.reread(street.now)
    await street.press("b-lost", press_id="p-2")
    assert "follows" in street.record("b-lost.p-2")


async def test_a_call_that_was_resolved_by_mistake_is_reopened_and_rings_on(
    street: Street,
) -> None:
    await street.press(press_id="p-1")
    await street.command("resolve", "b-1.p-1", outcome="false_alarm")
    await street.forward(300)
    assert street.sounding == set()
    assert await street.command("reopen", "b-1.p-1", note="看错了一户") == "ok"
    assert street.sounding == {"c-paired"}
    assert street.lamp() == "ringing"
    assert street.rows("SELECT state, outcome, ended_ms FROM episode") == [("ringing", "", None)]
    await street.power_cut()
    await street.power_up()
    await street.forward(45)
    assert street.sounding == {"c-paired", "c-neighbour"}
    await street.press(press_id="p-2")  # still the same call
    assert street.rows("SELECT count(*) FROM episode")[0][0] == 1


async def test_what_is_reopened_rings_the_chimes_that_are_theirs_by_then(street: Street) -> None:
    await street.press(press_id="p-1")
    await street.command("resolve", "b-1.p-1", outcome="false_alarm")
    street.air.log.clear()
    street.edit(
        lambda c: pairs.unpair(c, "c-paired", "r-paired", street.now),
        lambda c: books.add_responder(c, books.Responder("r-other", "示例别人")),
        lambda c: pairs.pair(c, "c-paired", "r-other", None, street.now),
        lambda c: books.add_device(c, books.Device("c-new", books.DeviceKind.CHIME)),
        lambda c: pairs.pair(c, "c-new", "r-paired", None, street.now),
    )
    await street.engine.reread(street.now)
    assert await street.command("reopen", "b-1.p-1") == "ok"
    assert street.sounding == {"c-new"}
    assert "ring c-paired" not in street.air.log  # another house's by now


async def test_only_what_is_over_not_long_ago_and_not_called_again_is_reopened(
    street: Street,
) -> None:
    await street.press(press_id="p-1")
    assert await street.command("reopen", "b-1.p-1") == "refused:not_over"
    await street.command("resolve", "b-1.p-1", outcome="helped")
    await street.press(press_id="p-2")
    assert await street.command("reopen", "b-1.p-1") == "refused:called_again"
    await street.command("resolve", "b-1.p-2", outcome="helped")
    await street.forward(HOUR + 1)
    assert await street.command("reopen", "b-1.p-1") == "refused:too_late"
    assert street.sounding == set()
    assert "reopened" not in street.record()


async def test_with_the_volunteer_at_another_door_the_neighbour_is_called_at_once(
    street: Street,
) -> None:
    second_home(street)
    await street.engine.reread(street.now)
    await street.press(press_id="p-1")
    await street.answer("c-paired")
    await street.press("b-2", press_id="p-2")
    assert street.sounding == {"c-paired", "c-neighbour"}
    told = street.record("b-2.p-2")
    assert told.count("busy") == 2  # in the first step and in the second
    assert "passed_busy" in told


async def test_two_homes_that_ring_at_once_are_not_both_left_to_the_one_who_answers_the_first(
    street: Street,
) -> None:
    second_home(street)
    await street.engine.reread(street.now)
    await street.press(press_id="p-1")
    await street.press("b-2", press_id="p-2")
    assert street.ringing["c-paired"] == {"b-1.p-1", "b-2.p-2"}
    await street.answer("c-paired")
    assert street.ringing["c-paired"] == {"b-2.p-2"}  # she may still say that she comes
    assert street.ringing["c-neighbour"] == {"b-2.p-2"}
    assert street.lamp("b-1") == "coming"


@pytest.mark.parametrize("restarted", [False, True])
async def test_who_has_been_and_gone_is_free_again(street: Street, restarted: bool) -> None:
    second_home(street)
    await street.engine.reread(street.now)
    await came_and_went(street, "r-paired")
    if restarted:
        await street.power_cut()
        await street.power_up()
    await street.press("b-2", press_id="p-2")
    assert street.sounding == {"c-paired"}


async def test_after_a_restart_it_is_still_known_who_is_on_the_way(street: Street) -> None:
    second_home(street)
    await street.press(press_id="p-1")
    await street.answer("c-paired")
    await street.power_cut()
    await street.power_up()
    await street.press("b-2", press_id="p-2")
    assert "passed_busy" in street.record("b-2.p-2")


async def test_an_episode_that_nobody_resolves_keeps_nobody_busy_for_ever(street: Street) -> None:
    second_home(street)
    await street.engine.reread(street.now)
    await street.press(press_id="p-1")
    await street.command("arrive", "b-1.p-1", "r-paired")
    await street.forward(HOUR)
    await street.press("b-2", press_id="p-2")
    assert street.sounding == {"c-paired"}


async def test_at_her_own_home_nobody_counts_as_busy(street: Street) -> None:
    street.edit(lambda c: pairs.pair(c, "b-lost", "h-1", None, street.now))
    await street.engine.reread(street.now)
    await street.press(press_id="p-1")
    await street.answer("c-paired")
    await street.press("b-lost", press_id="p-2")
    assert "busy" not in street.record("b-lost.p-2")


async def test_the_record_names_the_outcome_before(street: Street) -> None:
    await came_and_went(street)
    await street.press(press_id="p-2")
    detail = street.rows("SELECT detail FROM event WHERE what = 'follows'")[0][0]
    assert json.loads(detail) == {"before": "b-1.p-1", "outcome": "helped"}
