"""Which of several calls the desk sees first."""

from __future__ import annotations

from dataclasses import replace

from lovebell.domain import course
from lovebell.domain.episode import Episode, Kind, Limits, State
from lovebell.domain.plan import CallStep, Target
from lovebell.domain.priority import elsewhere, need

NOW = 1_800_000_000_000
PAIRED = Target("r-paired", "示例大姐", ("c-paired",))
PLAN = (CallStep("paired", 45_000, (PAIRED,)),)


def call(name: str, waited_s: int, kind: Kind = Kind.CALL) -> Episode:
    home = ("h-1", "示例路 1 号")
    begun_ms = NOW - waited_s * 1000
    return course.begin(f"b-1.{name}", kind, "b-1", home, PLAN, Limits(), begun_ms).episode


def first(*calls: tuple[Episode, int]) -> str:
    return min(calls, key=lambda one: need(one[0], one[1], NOW))[0].id.removeprefix("b-1.")


def test_of_two_alike_the_one_that_has_rung_longest_comes_first() -> None:
    assert first((call("new", 10), 1), (call("old", 11), 1)) == "old"


def test_the_higher_care_level_comes_first_but_not_for_ever() -> None:
    assert first((call("frail", 60), 5), (call("hale", 299), 1)) == "frail"
    assert first((call("frail", 60), 5), (call("hale", 301), 1)) == "hale"


def test_whom_nobody_has_answered_comes_before_all_others() -> None:
    going = replace(call("answered", 3_000), state=State.ACKNOWLEDGED)
    there = replace(call("there", 9_000), state=State.ARRIVED)
    over = replace(call("over", 99_000), state=State.RESOLVED)
    test = call("test", 29, Kind.TEST)
    order = [call("ringing", 1), going, there, test, over]
    assert sorted(order, key=lambda one: need(one, 1, NOW)) == order


def test_a_clock_that_was_set_back_makes_no_call_less_than_new() -> None:
    assert need(call("ahead", -50), 5, NOW) == (0, 0)


def test_who_is_on_the_way_to_another_home_is_named_with_it() -> None:
    mine = call("mine", 10)
    other = replace(call("other", 20), state=State.ARRIVED, coming=(PAIRED,))
    again = replace(call("again", 20), state=State.RINGING, coming=(PAIRED,))  # it expired
    assert elsewhere(mine, [(1, mine), (2, other), (3, again)]) == [("r-paired", "示例大姐", 2)]
    stranger = replace(other, coming=(Target("r-9", "示例大叔"),))
    assert elsewhere(mine, [(2, stranger)]) == []
