"""The table of an episode: whole, shown in the manual as it is, and every cell of it tried."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import episode_table
import pytest

from lovebell.domain import course, events
from lovebell.domain.episode import (
    Episode,
    Hush,
    Kind,
    Limits,
    Note,
    Outcome,
    Ring,
    Send,
    State,
    Tell,
)
from lovebell.domain.plan import CallStep, Target

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[2] / "docs"
NOW = 1_800_000_000_000
PAIRED = Target("r-paired", "示例大姐", ("c-paired",), ("sms",))
NEIGHBOUR = Target("r-neighbour", "示例大哥", ("c-neighbour",))
DESK = Target("r-desk", "示例值班台", ("c-desk",))
PLAN = (
    CallStep("paired", 45_000, (PAIRED,)),
    CallStep("neighbours", 60_000, (PAIRED, NEIGHBOUR)),
    CallStep("desk", 60_000, (DESK,)),
)
NOBODY = (CallStep("grid", 60_000, (Target("r-leader", "示例网格员"),)),)
LATER = NOW + 100_000


def begin(kind: Kind = Kind.CALL, plan: tuple[CallStep, ...] = PLAN) -> Episode:
    limits = Limits(messages_from=1)
    return course.begin("b-1.p-1", kind, "b-1", ("h-1", "示例路"), plan, limits, NOW).episode


def then(episode: Episode, *happened: tuple[int, events.Event]) -> Episode:
    for later_ms, event in happened:
        episode = course.advance(episode, event, NOW + later_ms).episode
    return episode


ANSWER = events.Acknowledged(DESK, "desk", NOW + 5_000)
RINGS = (300, events.Ringing("c-paired", "r-paired"))
STATES: dict[State, Callable[[tuple[CallStep, ...]], Episode]] = {
    State.RINGING: lambda plan: then(begin(plan=plan), RINGS),
    State.ACKNOWLEDGED: lambda plan: then(begin(plan=plan), RINGS, (5_000, ANSWER)),
    State.ARRIVED: lambda plan: then(begin(plan=plan), RINGS, (6_000, events.Arrived(PAIRED, "x"))),
    State.RESOLVED: lambda plan: then(begin(plan=plan), RINGS, (7_000, events.Resolved("x", "y"))),
}


def told(outcome: Outcome) -> str:
    """What follows, in one line: the state, what is noted, who rings, falls silent, is told."""
    said = [outcome.episode.state.value]
    for effect in outcome.effects:
        match effect:
            case Note():
                said.append(effect.what.value)
            case Ring():
                said.append(f"ring:{effect.chime}")
            case Hush():
                said.append(f"hush:{effect.chime}")
            case Tell():
                said.append(f"tell:{effect.state}")
            case Send():
                said.append(f"send:{effect.kind}")
    return " ".join(said)


NEW = Target("r-paired", "示例大姐", ("c-new",), ("sms",))
RELIEF = Target("r-relief", "示例小妹", ("c-relief",))
ROSTER = (replace(PLAN[0], targets=(PAIRED, RELIEF)), *PLAN[1:])
#: A state, what happens, and what follows, word by word.
CELLS: tuple[tuple[State, events.Event, str], ...] = (
    # ringing
    (State.RINGING, events.Pressed("p-2", LATER), "ringing repeated"),
    (
        State.RINGING,
        events.Cancelled("p-3", NOW + 9_000),
        "resolved resolved hush:c-paired message_given_up send:resolved tell:resolved",
    ),
    (State.RINGING, events.Cancelled("p-3", NOW + 30_001), "ringing cancel_asked"),
    (State.RINGING, events.Due(), "ringing step ring:c-paired ring:c-neighbour rung"),
    (State.RINGING, events.Ringing("c-desk", "r-desk"), "ringing reached"),
    (State.RINGING, events.Hushed("c-paired"), "ringing missed"),
    (State.RINGING, events.Back("c-paired"), "ringing ring:c-paired"),
    (State.RINGING, events.Gone("c-paired"), "ringing missed"),
    (
        State.RINGING,
        events.Acknowledged(NEIGHBOUR, "c-n", LATER, "c-neighbour"),
        "acknowledged acknowledged hush:c-paired message_given_up send:coming tell:coming",
    ),
    (
        State.RINGING,
        events.Acknowledged(NEIGHBOUR, "c-n", NOW - 600_000),
        "ringing stale_acknowledged",
    ),
    (
        State.RINGING,
        events.Arrived(NEIGHBOUR, "desk"),
        "arrived arrived hush:c-paired message_given_up send:coming tell:arrived",
    ),
    (
        State.RINGING,
        events.Resolved("desk", "helped"),
        "resolved resolved hush:c-paired message_given_up send:resolved tell:resolved",
    ),
    (State.RINGING, events.Repaired(NEW), "ringing repaired hush:c-paired ring:c-new rung"),
    (State.RINGING, events.Delivered("r-paired", "sms", 1, "call"), "ringing messaged"),
    (
        State.RINGING,
        events.Undelivered("r-paired", "sms", 1, "call", "no", refused=True),
        "ringing message_refused",
    ),
    # acknowledged
    (
        State.ACKNOWLEDGED,
        events.Pressed("p-2", LATER),
        "ringing pressed_again tell:ringing step ring:c-paired ring:c-neighbour rung send:call",
    ),
    (State.ACKNOWLEDGED, events.Cancelled("p-3", NOW + 9_000), "acknowledged cancel_asked"),
    (State.ACKNOWLEDGED, events.Due(), "acknowledged hush:c-paired"),
    (State.ACKNOWLEDGED, events.Back("c-paired"), "acknowledged hush:c-paired"),
    (State.ACKNOWLEDGED, events.Ringing("c-desk", "r-desk"), "acknowledged hush:c-desk"),
    (
        State.ACKNOWLEDGED,
        events.Acknowledged(NEIGHBOUR, "c-n", LATER, "c-neighbour"),
        "acknowledged also_acknowledged hush:c-neighbour tell:coming",
    ),
    (State.ACKNOWLEDGED, events.Arrived(PAIRED, "desk"), "arrived arrived tell:arrived"),
    (
        State.ACKNOWLEDGED,
        events.Resolved("desk", "helped"),
        "resolved resolved send:resolved tell:resolved",
    ),
    (State.ACKNOWLEDGED, events.Repaired(NEW), "acknowledged repaired"),
    (State.ACKNOWLEDGED, events.Delivered("r-paired", "sms", 1, "call"), "acknowledged messaged"),
    (
        State.ACKNOWLEDGED,
        events.Undelivered("r-paired", "sms", 1, "call", "too_old"),
        "acknowledged message_given_up",
    ),
    # arrived
    (
        State.ARRIVED,
        events.Pressed("p-2", LATER),
        "ringing pressed_again tell:ringing step ring:c-paired ring:c-neighbour rung send:call",
    ),
    (State.ARRIVED, events.Cancelled("p-3", NOW + 9_000), "arrived cancel_asked"),
    (State.ARRIVED, events.Due(), "arrived hush:c-paired"),
    (State.ARRIVED, events.Ringing("c-desk", "r-desk"), "arrived hush:c-desk"),
    (State.ARRIVED, events.Back("c-paired"), "arrived hush:c-paired"),
    (
        State.ARRIVED,
        events.Acknowledged(NEIGHBOUR, "c-n", LATER, "c-neighbour"),
        "arrived also_acknowledged hush:c-neighbour",
    ),
    (State.ARRIVED, events.Arrived(NEIGHBOUR, "desk"), "arrived also_arrived"),
    (
        State.ARRIVED,
        events.Resolved("desk", "helped"),
        "resolved resolved send:resolved tell:resolved",
    ),
    (State.ARRIVED, events.Repaired(NEW), "arrived repaired"),
    (State.ARRIVED, events.Delivered("r-paired", "sms", 1, "call"), "arrived messaged"),
    (
        State.ARRIVED,
        events.Undelivered("r-paired", "sms", 1, "call", "too_old"),
        "arrived message_given_up",
    ),
    # resolved
    (State.RESOLVED, events.Due(), "resolved hush:c-paired"),
    (State.RESOLVED, events.Ringing("c-desk", "r-desk"), "resolved hush:c-desk"),
    (State.RESOLVED, events.Back("c-paired"), "resolved hush:c-paired"),
    (
        State.RESOLVED,
        events.Acknowledged(NEIGHBOUR, "c-n", LATER, "c-neighbour"),
        "resolved late_acknowledged hush:c-neighbour",
    ),
    (State.RESOLVED, events.Arrived(NEIGHBOUR, "desk"), "resolved late_arrived"),
    (
        State.RESOLVED,
        events.Reopened("desk"),
        "ringing reopened tell:ringing step ring:c-paired send:call",
    ),
    (State.RESOLVED, events.Delivered("r-paired", "sms", 1, "call"), "resolved messaged"),
    (
        State.RESOLVED,
        events.Undelivered("r-paired", "sms", 1, "call", "too_old"),
        "resolved message_given_up",
    ),
    # who is on duty has changed
    (State.RINGING, events.Rostered(ROSTER), "ringing rostered"),
    (State.ACKNOWLEDGED, events.Rostered(ROSTER), "acknowledged rostered"),
    (State.ARRIVED, events.Rostered(ROSTER), "arrived rostered"),
    # what a chime says that leaves a trace only in what is known of it
    (State.ACKNOWLEDGED, events.Hushed("c-paired"), "acknowledged"),
    (State.ARRIVED, events.Hushed("c-paired"), "arrived"),
    (State.RESOLVED, events.Hushed("c-paired"), "resolved"),
)


def test_the_table_knows_all_that_can_happen() -> None:
    assert set(get_args(events.Event)) == course.EVENTS == {type(cell[1]) for cell in CELLS} | REST


#: Tried below, where nobody can be called at first.
REST = {events.Replanned}


@pytest.mark.parametrize(("state", "event", "expected"), CELLS)
def test_what_an_event_leads_to_word_by_word(
    state: State, event: events.Event, expected: str
) -> None:
    before = STATES[state](PLAN)
    outcome = course.advance(before, event, LATER)
    assert told(outcome) == expected
    assert outcome.episode != before or outcome.effects


@pytest.mark.parametrize("state", State)
def test_every_cell_is_tried_and_every_other_changes_nothing(state: State) -> None:
    row = course.TABLE[Kind.CALL][state].keys()
    assert row == {type(event) for where, event, _ in CELLS if where is state} | (REST & row)
    for event in {type(one): one for _, one, _ in CELLS}.values():
        if type(event) not in row:
            before = STATES[state](PLAN)
            assert course.advance(before, event, LATER) == Outcome(before)


def test_an_answer_that_nobody_followed_up_rings_on() -> None:
    before = STATES[State.ACKNOWLEDGED](PLAN)
    assert told(course.advance(before, events.Due(), NOW + 605_000)) == (
        "ringing expired tell:ringing step ring:c-paired ring:c-neighbour rung send:call"
    )


@pytest.mark.parametrize("state", [State.RINGING, State.ACKNOWLEDGED, State.ARRIVED])
def test_a_plan_that_reached_nobody_gives_way_to_one_that_does(state: State) -> None:
    before = begin(plan=NOBODY)
    if state is not State.RINGING:
        before = then(before, (5_000, events.Acknowledged(PAIRED, "desk", NOW + 5_000)))
    if state is State.ARRIVED:
        before = then(before, (6_000, events.Arrived(PAIRED, "desk")))
    outcome = course.advance(before, events.Replanned(PLAN), NOW + 9_000)
    assert outcome.episode.plan == PLAN
    if state is State.RINGING:
        assert told(outcome) == "ringing replanned step ring:c-paired rung send:call"
        return
    assert told(outcome) == f"{state} replanned"
    again = course.advance(outcome.episode, events.Pressed("p-2", LATER), LATER)
    assert "ring:c-paired" in told(again)  # from the first step: nobody was ever called
    assert again.episode.step == 0
    assert course.advance(outcome.episode, events.Replanned(PLAN), LATER) == Outcome(
        outcome.episode
    )


@pytest.mark.parametrize("event", [one for _, one, _ in CELLS], ids=lambda one: type(one).__name__)
def test_a_test_knows_only_what_is_in_its_table(event: events.Event) -> None:
    row = course.TABLE[Kind.TEST][State.RINGING]
    assert set(row) == {events.Ringing, events.Due, events.Resolved}
    running = begin(Kind.TEST)
    if type(event) not in row:
        assert course.advance(running, event, LATER) == Outcome(running)
    over = course.advance(running, events.Resolved("desk", "test"), LATER).episode
    assert course.advance(over, event, LATER) == Outcome(over)


def test_a_test_rings_passes_and_fails() -> None:
    running = begin(Kind.TEST)
    passed = course.advance(running, events.Ringing("c-paired", "r-paired"), NOW + 300)
    assert told(passed) == "resolved reached resolved tell:resolved"
    assert told(course.advance(running, events.Due(), NOW + 2_000)) == (
        "ringing missed ring:c-paired"
    )
    assert told(course.advance(running, events.Due(), NOW + 30_000)) == (
        "resolved resolved tell:resolved"
    )


@pytest.mark.parametrize("page", ["episode.md", "episode.zh.md"])
def test_the_manual_shows_the_table_as_it_is(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    column = 0 if page.endswith(".zh.md") else 1
    assert text == episode_table.written(text, column), f"python tests/episode_table.py docs/{page}"
    for kind in Kind:
        assert "\n".join(episode_table.rows(kind, column)) in text
