"""The figures say how long elders waited, and flatter nobody."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lovebell.domain.figures import Sample, figures, grouped, percentile

if TYPE_CHECKING:
    from town import Town

CALL = Sample("2027-01", "g-1", 500, 20_000, 600_000, 900_000)


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    assert [percentile([1, 2, 3, 4], p) for p in (1, 250, 251, 500, 750, 751, 1000)] == [
        *(1, 1, 2, 2, 3, 4, 4)
    ]
    assert percentile([7], 500) == 7


@given(st.lists(st.integers(0, 10**9), min_size=1), st.integers(1, 1000))
def test_a_percentile_keeps_its_definition(values: list[int], per_mille: int) -> None:
    values.sort()
    found = percentile(values, per_mille)
    assert sum(v <= found for v in values) * 1000 >= per_mille * len(values)
    assert sum(v < found for v in values) * 1000 < per_mille * len(values)


def test_a_goal_is_met_by_exactly_its_share_and_no_less() -> None:
    late = replace(CALL, answered_ms=60_001)
    assert figures([CALL] * 39 + [late]).shares[0].is_met is True  # 97.5 %
    assert figures([CALL] * 38 + [late]).shares[0].is_met is False
    assert figures([replace(CALL, answered_ms=60_000)]).shares[0].is_met is True


def test_who_has_waited_too_long_counts_though_nobody_has_answered() -> None:
    waiting = Sample("2027-01", "", 500, None, None, 59_000, is_open=True)
    assert figures([waiting]).shares[0].is_met is None
    assert figures([replace(waiting, waited_ms=60_001)]).shares[0].is_met is False


def test_a_cancelled_call_is_counted_apart() -> None:
    found = figures([CALL, replace(CALL, is_cancelled=True, answered_ms=1)])
    assert (found.calls, found.cancelled, found.times["answered"][0]) == (1, 1, 1)


def test_what_was_settled_without_an_arrival_is_no_late_arrival() -> None:
    found = figures([replace(CALL, arrived_ms=None)])
    assert (found.shares[2].counted, found.shares[0].counted) == (0, 1)


def test_groups_are_of_a_month_and_a_grid() -> None:
    found = grouped([CALL, replace(CALL, month="2026-12"), replace(CALL, place="g-0"), CALL])
    assert [(key, one.calls) for key, one in found.items()] == [
        *((("2026-12", "g-1"), 1), (("2027-01", "g-0"), 1), (("2027-01", "g-1"), 2))
    ]


# -- from the record -----------------------------------------------------------------------------


def test_the_figures_are_those_of_the_record(town: Town) -> None:
    town.power_up()
    town.press()
    town.forward(20)
    town.answer("c-paired")
    town.forward(300)
    town.type("episode", "arrive", "1", "--by", "r-paired")
    town.type("episode", "resolve", "1", "--outcome", "helped")
    found = town.read("figures")
    assert found["total"]["calls"] == 1
    times = found["total"]["times"]
    assert times["received"]["p50_ms"] == 0
    assert 20_000 <= times["answered"]["p50_ms"] <= 21_000
    assert 320_000 <= times["arrived"]["longest_ms"] <= 322_000
    assert [goal["is_met"] for goal in found["total"]["goals"]] == [True, True, True]
    assert [row["grid"] for row in found["groups"]] == ["g-1"]


def test_the_figures_are_also_told_by_community_and_outlive_the_personal_data(town: Town) -> None:
    town.type("community", "add", "c-1", "--name", "示例社区")
    town.type("home", "edit", "h-1", "--community", "c-1")
    town.power_up()
    town.press()
    town.press("b-lost")
    for n in ("1", "2"):
        town.type("episode", "resolve", n, "--outcome", "helped")
    found = town.read("figures", "--by", "community")
    assert [(row["community"], row["calls"]) for row in found["groups"]] == [(None, 1), ("c-1", 1)]
    assert " c-1 " in town.type("figures", "--by", "community").stdout
    town.forward(3_600)  # until nothing is left to do
    town.power_cut()
    assert town.type("home", "erase", "h-1", "--yes").exit_code == 0
    assert town.read("figures", "--by", "community") == found


def test_a_press_that_was_held_up_on_its_way_counts_from_the_finger(town: Town) -> None:
    town.power_up()
    town.street.send("b-1", "press", id="p-late", kind="call", age_ms=90_000)
    town.go_on()
    town.answer("c-paired")
    times = town.read("figures")["total"]["times"]
    assert times["received"]["p50_ms"] == 90_000
    assert times["answered"]["p50_ms"] >= 90_000


def test_tests_are_no_calls(town: Town) -> None:
    town.power_up()
    town.street.send("b-1", "press", id="p-t", kind="test", age_ms=0)
    town.go_on()
    assert town.read("figures")["total"]["calls"] == 0
    assert "no calls" in town.type("figures").stdout


def at(town: Town, moment: str) -> None:
    """Set the clock to a moment of UTC."""
    town.street.now = round(time.mktime(time.strptime(moment, "%Y-%m-%d %H:%M"))) * 1000


@pytest.mark.parametrize(
    ("zone", "months"),
    [
        ("UTC", ["2027-03"]),
        ("Asia/Shanghai", ["2027-03", "2027-04"]),
        # Summer time has begun on 28 March: 22:30 UTC is 00:30 there, in April.
        ("Europe/Berlin", ["2027-03", "2027-04"]),
        ("Europe/London", ["2027-03"]),
    ],
)
def test_a_month_is_that_of_the_zone_also_in_summer_time(
    town: Town, monkeypatch: pytest.MonkeyPatch, zone: str, months: list[str]
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    at(town, "2027-03-31 12:00")
    town.power_up()
    town.press()
    town.type("episode", "resolve", "1", "--outcome", "helped")
    at(town, "2027-03-31 22:30")
    town.press()
    found = town.read("figures", "--zone", zone)
    assert [row["month"] for row in found["groups"]] == months
    for month in months:
        one = town.read("figures", "--zone", zone, "--month", month)
        assert {row["month"] for row in one["groups"]} == {month}
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("args", [("--month", "2027-13"), ("--month", "x"), ("--zone", "No/Where")])
def test_a_wrong_month_or_zone_is_named(town: Town, args: tuple[str, str]) -> None:
    result = town.type("figures", *args)
    assert result.exit_code == 2
    assert args[0] in result.stderr
