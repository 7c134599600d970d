"""The monthly test of every home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lovebell.domain.drill import EVERY_MS, Drill, Standing, judge

if TYPE_CHECKING:
    from town import Town

DAY = 86_400_000
NOW = 100 * DAY


def day(at_ms: int) -> str:
    return str(at_ms // DAY)


@pytest.mark.parametrize(
    ("passed_days_ago", "tried_days_ago", "standing", "attempts"),
    [
        (0, (), Standing.PASSED, 0),
        (30, (), Standing.PASSED, 0),
        (31, (), Standing.OVERDUE, 0),
        (None, (), Standing.OVERDUE, 0),
        (None, (1, 1, 2), Standing.OVERDUE, 2),
        (None, (1, 2, 3), Standing.VISIT, 3),
        (40, (1, 2, 41, 42), Standing.OVERDUE, 2),
        (None, (31, 32, 33), Standing.OVERDUE, 0),
        (2, (3, 4, 5), Standing.PASSED, 0),
    ],
)
def test_how_a_home_stands(
    passed_days_ago: int | None, tried_days_ago: tuple[int, ...], standing: str, attempts: int
) -> None:
    passed = None if passed_days_ago is None else NOW - passed_days_ago * DAY
    drill = judge("h-1", passed, [NOW - ago * DAY for ago in tried_days_ago], NOW, day)
    assert (drill.standing, drill.attempts) == (standing, attempts)


def test_a_home_is_overdue_until_it_passes_and_again_after_thirty_days(town: Town) -> None:
    town.power_up()
    (drill,) = town.read("tests", "--overdue")
    assert (drill["home"], drill["last_passed"], drill["due"]) == ("h-1", None, None)
    town.street.send("b-1", "press", id="p-t", kind="test", age_ms=0)
    town.go_on()
    assert town.read("tests", "--overdue") == []
    assert "thirty days" in town.type("tests", "--overdue").output
    (drill,) = town.read("tests")
    assert drill["standing"] == "passed"
    assert (drill["last_passed"][:10], drill["due"][:10]) == ("2027-01-15", "2027-02-14")
    assert "2027-02-14" in town.type("tests").stdout
    town.street.now += EVERY_MS + DAY
    assert town.read("tests", "--overdue")[0]["standing"] == "overdue"


def test_a_test_that_no_chime_hears_counts_as_an_attempt(town: Town) -> None:
    town.power_up()
    town.street.dead |= {"c-paired", "c-neighbour", "c-desk"}
    town.street.send("b-1", "press", id="p-t", kind="test", age_ms=0)
    town.forward(60)
    (drill,) = town.read("tests")
    assert (drill["standing"], drill["attempts"]) == ("overdue", 1)


def test_attempts_on_three_days_ask_for_a_visit_and_stand_in_the_record(town: Town) -> None:
    for n in (1, 2, 3):
        said = town.read("test", "attempt", "h-1", "--by", "r-desk")
        assert said["attempts"] == n
        again = town.type("test", "attempt", "h-1", "--by", "r-desk")
        assert f"tried on {n} days" in again.output
        town.street.now += DAY
    assert town.read("tests")[0]["standing"] == "visit"
    assert "go there" in town.type("tests").output
    assert town.read("events", "--limit", "1")[0]["what"] == "test_tried"


def test_a_home_that_is_erased_takes_its_attempts_along(town: Town) -> None:
    town.read("test", "attempt", "h-1", "--by", "r-desk")
    assert town.type("home", "erase", "h-1", "--yes").exit_code == 0
    assert town.street.rows("SELECT * FROM attempt") == []
    assert "h-1" not in town.type("events").output


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("test", "attempt", "h-9", "--by", "x"), "there is no 'h-9'"),
        (("test", "attempt", "h-1", "--by", ""), "by: write 1 to 64"),
        (("test", "attempt", "h-1"), "--by is missing"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    town: Town, typed: tuple[str, ...], says: str
) -> None:
    town.power_up()
    result = town.type(*typed)
    assert result.exit_code in (1, 2)
    assert says in result.output
    assert town.street.rows("SELECT * FROM attempt") == []


def test_a_home_that_leaves_the_books_meanwhile_is_told(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> list[Drill]:
        return []

    monkeypatch.setattr("lovebell.commands.drills.store.drills", none)
    done = town.type("test", "attempt", "h-1", "--by", "r-desk")
    assert (done.exit_code, "there is no 'h-1'" in done.stderr) == (1, True)
