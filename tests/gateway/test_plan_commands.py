"""Communities, groups, rotas, holidays and absences at the keyboard; and the check of the plans."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lovebell.domain.check import check
from lovebell.domain.directory import Directory
from lovebell.domain.model import Books, Community, Home, Responder, Rota, Step
from lovebell.domain.rota import parse_shift

if TYPE_CHECKING:
    from pathlib import Path

    from town import Town

#: The town's clock stands at Friday, 2027-01-15, 16:00 in Shanghai.
NOW = 1_800_000_000_000


@pytest.fixture
def community(town: Town) -> Town:
    """The street is a community, with a rota for the nights of the week."""
    for line in (
        ("community", "add", "c-1", "--name", "示例社区"),
        ("home", "edit", "h-1", "--community", "c-1"),
        ("group", "set", "g-1", "r-paired", "r-neighbour"),
        ("rota", "set", "rota-1", "mon-fri 08:00-18:00 r-desk", "mon-fri 18:00-08:00 g-1"),
    ):
        assert town.type(*line).exit_code == 0
    return town


def called(town: Town, *args: str) -> list[list[str]]:
    """Whom each step of the home's plan calls."""
    steps = town.read("plan", "show", "h-1", *args)["steps"]
    return [[one["responder"] for one in step["calls"] if one["on_duty"]] for step in steps]


def test_the_plan_says_who_would_be_called_at_a_time(community: Town) -> None:
    community.read("plan", "set", "h-1", "rota-1 60s", "desk 60s")
    assert called(community) == [["r-desk"], ["r-desk"]]
    at = "2027-01-15T18:00"
    assert called(community, "--at", at) == [["r-paired", "r-neighbour"], ["r-desk"]]
    told = community.type("plan", "show", "h-1", "--at", at).stdout
    assert "As at 2027-01-15 18:00" in told
    assert "示例值班台 (off duty)" in told


def test_a_time_is_that_of_the_community(community: Town) -> None:
    community.read("community", "edit", "c-1", "--zone", "Europe/Berlin")
    assert community.read("plan", "show", "h-1", "--at", "2027-07-01T12:00")["at"] == (
        "2027-07-01T10:00:00.000Z"
    )


def test_a_last_step_that_has_nobody_is_named_when_it_is_saved_and_by_the_check(
    community: Town,
) -> None:
    saved = community.type("plan", "set", "h-1", "rota-1 60s")
    assert saved.exit_code == 0
    assert "from 2027-01-16 08:00 to 2027-01-18 08:00 (h-1)" in saved.stderr
    checked = community.type("plan", "check", "--json")
    assert checked.exit_code == 1
    assert '"code": "uncovered"' in checked.stdout
    community.type("plan", "set", "h-1", "rota-1 60s", "desk 60s")
    good = community.type("plan", "check")
    assert (good.exit_code, good.stdout) == (0, "Nothing is wrong with the plans; homes: 1.\n")


def test_the_check_is_told_in_chinese_too(community: Town) -> None:
    community.type("plan", "set", "h-1", "rota-1 60s")
    community.type("unpair", "c-paired", "r-paired")
    told = community.type("plan", "check", language="zh").stdout
    assert "没有人值班（h-1）" in told
    assert "示例大姐（r-paired）没有门铃，也没有联系方式" in told


def test_a_rota_with_gaps_is_saved_and_the_gap_is_named(community: Town) -> None:
    saved = community.type("rota", "set", "rota-2", "daily 08:00-24:00 r-desk")
    assert saved.exit_code == 0
    assert "from 2027-01-16 00:00 to 2027-01-16 08:00 (28 such times" in saved.stderr
    shown = community.read("rota", "show", "rota-2")
    assert (shown["on_duty"], shown["is_covered"], shown["zone"]) == (
        ["r-desk"],
        True,
        "Asia/Shanghai",
    )
    assert len(shown["week"]) == 8


def test_whoever_is_away_is_not_called_and_comes_back(community: Town) -> None:
    away = ("away", "add", "r-paired", "--from", "2027-01-15T17:00", "--to", "2027-01-16")
    entered = community.read(*away, "--zone", "Asia/Shanghai")
    assert (entered["from"], entered["to"]) == (
        "2027-01-15T09:00:00.000Z",
        "2027-01-16T16:00:00.000Z",
    )
    assert called(community)[0] == ["r-paired"]
    assert called(community, "--at", "2027-01-15T17:00")[0] == []
    community.street.now += 40 * 3_600_000
    assert community.read("away", "list") == []
    assert community.read("away", "list", "--all") == [entered]
    assert (
        community.type("away", "remove", "1").stdout == "示例大姐 is back and called as before.\n"
    )


def test_holidays_come_from_a_file(community: Town, tmp_path: Path) -> None:
    calendar = tmp_path / "days.ics"
    calendar.write_text(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270217\r\n"
        "DTEND;VALUE=DATE:20270219\r\nSUMMARY:示例节（休）\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        encoding="utf-8",
    )
    entered = community.read("holiday", "import", str(calendar), "--community", "c-1")
    assert entered == {"entered": ["2027-02-17", "2027-02-18"], "worked_days": 0}
    assert community.read("holiday", "remove", "2027-02-18", "--community", "c-1")
    assert community.read("holiday", "list") == [
        {"day": "2027-02-17", "name": "示例节（休）", "community": "c-1"}
    ]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("community", "add", "c-2", "--name", "x", "--zone", "Mars"), "zone: 'Mars' is no time"),
        (("community", "remove", "c-1"), "is that of h-1, rota-1"),
        (("home", "edit", "h-1", "--community", "c-9"), "community: there is no 'c-9'"),
        (("group", "set", "g-1", "g-1"), "go round in a circle: g-1 > g-1"),
        (("group", "remove", "g-1"), "'g-1' is named in rota-1"),
        (("rota", "set", "x", "mon 8:00-8:00 r-desk"), "has no time in it"),
        (("rota", "set", "x", "mondays r-desk"), "shift 1, 'mondays r-desk', is not a shift"),
        (("rota", "show", "x"), "rota: there is no 'x'"),
        (("away", "add", "r-9", "--to", "2027-02-01"), "responder: there is no 'r-9'"),
        (("away", "add", "r-desk", "--to", "2027-01-14"), "the absence ends before it begins"),
        (("away", "remove", "7"), "away: there is no 7"),
        (("holiday", "remove", "2027-01-01"), "2027-01-01 is none there"),
        (("holiday", "import", "/nowhere/x.ics"), "/nowhere/x.ics cannot be used"),
        (("plan", "set", "h-1", "rota-9 60s"), "'rota-9' is no responder, group or rota"),
    ],
)
def test_what_cannot_be_ends_with_1_and_one_sentence(
    community: Town, args: tuple[str, ...], told: str
) -> None:
    result = community.type(*args)
    assert result.exit_code == 1, result.output
    assert told in result.stderr
    assert (result.stdout, len(result.stderr.splitlines())) == ("", 1)


@pytest.mark.parametrize(
    "args",
    [
        ("plan", "show", "h-1", "--at", "noon"),
        ("plan", "show", "h-1", "--at", "2027-01-15T18:00+01:00"),
        ("away", "add", "r-desk", "--to", "9999-12-31"),
        ("holiday", "add", "17.2.2027"),
    ],
)
def test_a_time_that_is_none_is_refused_with_an_example(
    community: Town, args: tuple[str, ...]
) -> None:
    result = community.type(*args)
    assert result.exit_code == 2
    assert "2027-01-15" in result.stderr


def test_pairings_are_told_as_they_were_even_of_what_has_left_the_books(town: Town) -> None:
    town.street.now += 60_000
    town.type("unpair", "c-neighbour", "r-neighbour")
    town.type("device", "remove", "c-neighbour")
    town.street.now += 60_000
    [past] = town.read("pairings", "c-neighbour")
    assert (past["object"], past["until"]) == ("r-neighbour", "2027-01-15T08:01:00.000Z")
    assert "c-neighbour" not in {one["subject"] for one in town.read("pairings")}
    before = datetime.fromtimestamp(town.street.now / 1000 - 90, UTC).astimezone()  # local time
    then = town.read("pairings", "--at", f"{before:%Y-%m-%dT%H:%M:%S}")
    assert "c-neighbour" in {one["subject"] for one in then}
    assert town.type("pairings", "nothing").stdout == "There are no pairings.\n"


# -- the check, pure -----------------------------------------------------------------------------


def findings(books: Books, *default: Step) -> list[tuple[str, tuple[str, ...]]]:
    directory = Directory(books, default or (Step(("r-1",), 60_000),))
    return [(one.code, one.homes) for one in check(directory, NOW)]


def test_what_is_the_same_in_many_homes_is_said_once() -> None:
    homes = {f"h-{n}": Home(f"h-{n}", "示例") for n in range(5)}
    people = {"r-1": Responder("r-1", "示例大姐")}
    assert findings(Books(homes=homes, responders=people)) == [
        ("unreachable", tuple(homes)),
        ("nobody", tuple(homes)),
    ]


def test_a_name_in_the_default_plan_that_is_nobody_is_found() -> None:
    books = Books(homes={"h-1": Home("h-1", "示例")})
    assert ("unknown", ("h-1",)) in findings(books, Step(("r-gone",), 60_000))


def test_a_time_zone_that_this_machine_does_not_know_is_found_and_rings_at_any_hour() -> None:
    books = Books(
        homes={"h-1": Home("h-1", "示例", community="c-1")},
        responders={"r-1": Responder("r-1", "示例大姐")},
        communities={"c-1": Community("c-1", "示例", "Mars/Olympus")},
        rotas={"x": Rota("x", "x", "c-1", (parse_shift("sun 01:00-02:00 r-1"),))},
    )
    assert ("zone", ()) in findings(books, Step(("x",), 60_000))
    [step] = Directory(books, (Step(("x",), 60_000),)).call_plan(books.homes["h-1"], NOW)
    assert [target.is_on_duty(NOW) for target in step.targets] == [True]
