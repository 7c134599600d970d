"""Whom a plan means, and when: the books as a press asks them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from lovebell.domain.codec import call_plan_from_json, call_plan_to_json
from lovebell.domain.directory import HOUR_MS, Directory
from lovebell.domain.model import (
    Away,
    Books,
    Community,
    Group,
    Home,
    Link,
    Pairing,
    Responder,
    ResponderKind,
    Rota,
    Step,
)
from lovebell.domain.plan import CallStep, parse_plan
from lovebell.domain.rota import parse_shift

#: Friday, 2027-01-15, 16:00 in Shanghai.
NOW = 1_800_000_000_000
HOME = Home("h-1", "示例奶奶", grid="g", community="c-1")
PEOPLE = {
    one.id: one
    for one in (
        *(Responder(f"r-{n}", "示例") for n in range(1, 6)),
        Responder("r-desk", "示例值班台", ResponderKind.DESK),
        Responder("r-grid", "示例网格员", ResponderKind.GRID, grid="g"),
    )
}
BOOKS = Books(
    homes={"h-1": HOME},
    responders=PEOPLE,
    pairings=(
        Pairing(Link.RESPONDER_HOME, "r-1", "h-1", 2),
        Pairing(Link.RESPONDER_HOME, "r-2", "h-1", 1),
        Pairing(Link.CHIME_RESPONDER, "c-2", "r-2"),
    ),
    communities={"c-1": Community("c-1", "示例社区")},
    groups={
        "g-1": Group("g-1", "x", ("r-3", "g-2")),
        "g-2": Group("g-2", "x", ("r-4", "r-3")),
    },
    rotas={
        "rota-1": Rota(
            "rota-1",
            "x",
            "c-1",
            (parse_shift("daily 08:00-18:00 g-2"), parse_shift("daily 18:00-08:00 r-5")),
        )
    },
)


def plan(books: Books, *steps: str) -> tuple[CallStep, ...]:
    return Directory(books, parse_plan(steps)).call_plan(HOME, NOW)


def ids(step: CallStep, at: int = NOW) -> list[str]:
    return [target.responder for target in step.targets if target.is_on_duty(at)]


def test_words_and_ids_mean_people_each_once() -> None:
    steps = plan(BOOKS, "paired 9s", "neighbours,r-1 9s", "grid,desk 9s", "g-1,r-4,r-9 9s")
    assert [ids(step) for step in steps] == [
        ["r-2"],
        ["r-2", "r-1"],
        ["r-grid", "r-desk"],
        ["r-3", "r-4"],
    ]


def test_a_rota_means_those_on_duty_then() -> None:
    [step] = plan(BOOKS, "rota-1 9s")
    assert ids(step) == ["r-4", "r-3"]
    assert ids(step, NOW + 2 * HOUR_MS) == ["r-5"]
    assert ids(step, NOW - 10 * HOUR_MS) == ["r-5"]


def test_beyond_what_is_worked_out_everybody_counts_as_on_duty() -> None:
    [step] = plan(BOOKS, "rota-1 9s")
    assert set(ids(step, NOW + 60 * HOUR_MS)) == {"r-3", "r-4", "r-5"}


def test_whoever_is_in_the_rota_and_named_besides_is_always_on_duty() -> None:
    [step] = plan(BOOKS, "rota-1,r-5 9s")
    assert set(ids(step)) == {"r-3", "r-4", "r-5"}


def test_whoever_is_away_is_not_on_duty_by_whatever_word() -> None:
    books = replace(BOOKS, away=(Away(1, "r-2", NOW, NOW + 5), Away(2, "r-4", NOW - 5, NOW + 1)))
    steps = plan(books, "paired 9s", "rota-1 9s", "g-1 9s")
    assert [ids(step) for step in steps] == [[], ["r-3"], ["r-3"]]
    assert ids(steps[0], NOW + 5) == ["r-2"]


def test_groups_that_go_round_in_a_circle_end_all_the_same() -> None:
    groups = {"g-1": Group("g-1", "x", ("g-2", "r-1")), "g-2": Group("g-2", "x", ("g-1", "r-2"))}
    [step] = plan(replace(BOOKS, groups=groups), "g-1 9s")
    assert set(ids(step)) == {"r-1", "r-2"}


def test_a_homes_plan_is_its_own_else_its_communitys_else_the_default() -> None:
    default, common, own = (Step((word,), 9_000) for word in ("desk", "grid", "paired"))
    community = Community("c-1", "x", plan=(common,))
    books = replace(BOOKS, communities={"c-1": community}, plans={"h-1": (own,)})
    assert Directory(books, (default,)).plan_of(HOME) == (own,)
    assert Directory(replace(books, plans={}), (default,)).plan_of(HOME) == (common,)
    assert Directory(BOOKS, (default,)).plan_of(HOME) == (default,)
    assert Directory(books, (default,)).plan_of(Home("h-2", "x")) == (default,)


def test_the_plan_of_another_hour_is_worked_out_anew() -> None:
    directory = Directory(BOOKS, parse_plan(["rota-1 9s"]))
    for hours in (0, 30, 60, 400, 0):
        [step] = directory.call_plan(HOME, NOW + hours * HOUR_MS)
        at_night = (hours + 16) % 24 >= 18 or (hours + 16) % 24 < 8
        assert set(ids(step, NOW + hours * HOUR_MS)) == ({"r-5"} if at_night else {"r-3", "r-4"})


def test_homes_that_have_a_step_alike_call_each_their_own_by_it() -> None:
    steps = ("paired 45s", "grid 60s", "neighbours,desk 60s", "desk 60s")
    homes = {n: Home(n, "x", grid=grid) for n, grid in (("h-1", "g"), ("h-2", "g"), ("h-3", ""))}
    others = (Pairing(Link.RESPONDER_HOME, "r-3", "h-2"),)
    books = replace(BOOKS, homes=homes, pairings=BOOKS.pairings + others)
    directory = Directory(books, parse_plan(steps))
    called = {
        name: [[t.responder for t in s.targets] for s in directory.call_plan(home, NOW)]
        for name, home in homes.items()
    }
    assert called == {
        "h-1": [["r-2"], ["r-grid"], ["r-2", "r-1", "r-desk"], ["r-desk"]],
        "h-2": [["r-3"], ["r-grid"], ["r-3", "r-desk"], ["r-desk"]],
        "h-3": [[], [], ["r-desk"], ["r-desk"]],
    }


def test_an_episodes_plan_keeps_its_people_and_gets_those_who_are_new() -> None:
    begun = plan(BOOKS, "neighbours 9s", "rota-1 9s")
    shifts = (parse_shift("daily 00:00-24:00 r-1"),)
    books = replace(
        BOOKS,
        pairings=(Pairing(Link.RESPONDER_HOME, "r-3", "h-1"),),
        rotas={"rota-1": replace(BOOKS.rotas["rota-1"], shifts=shifts)},
    )
    later = Directory(books).rostered(begun, HOME, NOW)
    assert [(step.words, step.for_ms) for step in later] == [
        ("neighbours", 9_000),
        ("rota-1", 9_000),
    ]
    assert ids(later[0]) == ["r-2", "r-1", "r-3"]
    # Whoever is in the rota no longer keeps the hours that the episode knew.
    assert set(ids(later[1])) == {"r-4", "r-3", "r-1"}


def test_books_that_say_the_same_leave_an_episodes_plan_as_it_is() -> None:
    begun = plan(BOOKS, "neighbours 9s", "rota-1 9s", "desk 9s")
    assert Directory(BOOKS).rostered(begun, HOME, NOW) == begun


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(
        st.lists(
            st.sampled_from(["paired", "neighbours", "desk", "g-1", "rota-1", "r-1", "r-9"]),
            min_size=1,
            max_size=3,
            unique=True,
        ),
        min_size=1,
        max_size=3,
    ),
    away=st.lists(st.tuples(st.sampled_from(sorted(PEOPLE)), st.integers(-99, 99)), max_size=3),
    at=st.integers(-20, 40),
)
def test_who_is_on_duty_survives_the_journey_through_the_database(
    words: list[list[str]], away: list[tuple[str, int]], at: int
) -> None:
    absences = tuple(
        Away(n, who, NOW + begin * HOUR_MS, NOW + (begin + 9) * HOUR_MS)
        for n, (who, begin) in enumerate(away)
    )
    steps = plan(replace(BOOKS, away=absences), *(f"{','.join(some)} 9s" for some in words))
    again = call_plan_from_json(call_plan_to_json(steps))
    assert again == steps
    moment = NOW + at * HOUR_MS
    absent = {one.responder for one in absences if one.from_ms <= moment < one.to_ms}
    for step in again:
        assert not absent & set(ids(step, moment))
