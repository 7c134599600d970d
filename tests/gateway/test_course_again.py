"""A call soon after another one, an end that was none, and responders who are busy elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lovebell.domain import course
from lovebell.domain.episode import (
    CANCELLED,
    Episode,
    Hush,
    Kind,
    Limits,
    Note,
    Outcome,
    Ring,
    State,
    Tell,
    What,
)
from lovebell.domain.events import (
    Acknowledged,
    Arrived,
    Cancelled,
    Due,
    Gone,
    Pressed,
    Reopened,
    Resolved,
    Ringing,
)
from lovebell.domain.plan import CallStep, Target
from lovebell.domain.rules.again import REOPEN_MS

NOW = 1_800_000_000_000
PAIRED = Target("r-paired", "示例大姐", ("c-paired",))
NEIGHBOUR = Target("r-neighbour", "示例大哥", ("c-neighbour",))
LEADER = Target("r-leader", "示例网格员")  # has no chime
DESK = Target("r-desk", "示例值班台", ("c-desk",))
PLAN = (
    CallStep("paired", 45_000, (PAIRED,)),
    CallStep("neighbours", 60_000, (PAIRED, NEIGHBOUR)),
    CallStep("grid", 120_000, (LEADER,)),
    CallStep("desk", 60_000, (DESK,)),
)


def begin(
    press: str = "p-1",
    now: int = NOW,
    before: Episode | None = None,
    engaged: tuple[str, ...] = (),
    plan: tuple[CallStep, ...] = PLAN,
) -> Outcome:
    home = ("h-1", "示例路 1 号")
    return course.begin(
        f"b-1.{press}", Kind.CALL, "b-1", home, plan, Limits(), now, before=before, engaged=engaged
    )


def resolved_by(target: Target, outcome: str = "helped") -> Episode:
    """A call that is over a minute after it began."""
    episode = course.advance(begin().episode, Arrived(target, "desk"), NOW + 50_000).episode
    return course.advance(episode, Resolved("desk", outcome), NOW + 60_000).episode


def rings(outcome: Outcome) -> set[str]:
    return {effect.chime for effect in outcome.effects if isinstance(effect, Ring)}


def notes(outcome: Outcome) -> list[What]:
    return [effect.what for effect in outcome.effects if isinstance(effect, Note)]


# -- a call soon after another one ---------------------------------------------------------------


def test_a_call_within_an_hour_is_a_new_one_that_rings_at_once_and_names_the_one_before() -> None:
    outcome = begin("p-2", NOW + 60_000 + REOPEN_MS, resolved_by(PAIRED))
    assert rings(outcome) == {"c-paired"}
    assert outcome.episode.follows == "b-1.p-1"
    note = next(e for e in outcome.effects if isinstance(e, Note) and e.what is What.FOLLOWS)
    assert note.detail == {"before": "b-1.p-1", "outcome": "helped"}


def test_whoever_came_the_last_time_is_called_from_the_first_step_on() -> None:
    outcome = begin("p-2", NOW + 600_000, resolved_by(DESK))
    assert rings(outcome) == {"c-paired", "c-desk"}
    assert outcome.episode.step == 0


def test_a_call_more_than_an_hour_later_follows_nothing() -> None:
    outcome = begin("p-2", NOW + 60_001 + REOPEN_MS, resolved_by(DESK))
    assert outcome.episode.follows == ""
    assert rings(outcome) == {"c-paired"}


def test_a_test_follows_nothing() -> None:
    home = ("h-1", "示例路 1 号")
    before = resolved_by(DESK)
    outcome = course.begin(
        "b-1.t", Kind.TEST, "b-1", home, PLAN, Limits(), NOW + 90_000, before=before
    )
    assert outcome.episode.follows == ""


# -- an end that was none ------------------------------------------------------------------------


def test_a_reopened_episode_rings_on_with_the_step_at_which_it_stood() -> None:
    second = course.advance(
        course.advance(begin().episode, Ringing("c-paired", "r-paired"), NOW + 300).episode,
        Due(),
        NOW + 45_000,
    ).episode
    over = course.advance(second, Resolved("r-desk", "false_alarm"), NOW + 50_000).episode
    outcome = course.advance(over, Reopened("示例值班员", "看错了一户"), NOW + 80_000)
    assert outcome.episode.state is State.RINGING
    assert outcome.episode.step == 1
    assert (outcome.episode.outcome, outcome.episode.ended_ms) == ("", None)
    assert rings(outcome) == {"c-paired", "c-neighbour"}
    assert Tell("ringing") in outcome.effects
    first = outcome.effects[0]
    assert first == Note(
        What.REOPENED, "示例值班员", {"outcome": "false_alarm", "note": "看错了一户"}
    )


def test_a_reopened_episode_can_be_answered_arrived_at_and_resolved_again() -> None:
    again = course.advance(resolved_by(PAIRED), Reopened("desk"), NOW + 80_000).episode
    event = Acknowledged(PAIRED, "c-paired", NOW + 90_000, "c-paired")
    coming = course.advance(again, event, NOW + 90_000).episode
    assert (coming.state, coming.arrived) == (State.ACKNOWLEDGED, ())
    here = course.advance(coming, Arrived(PAIRED, "desk"), NOW + 95_000).episode
    assert here.state is State.ARRIVED
    over = course.advance(here, Resolved("desk", "hospital"), NOW + 99_000).episode
    assert (over.outcome, over.ended_ms) == ("hospital", NOW + 99_000)


def test_after_the_first_seconds_a_reopened_episode_is_not_the_elders_to_end() -> None:
    over = course.advance(begin().episode, Cancelled("p-2", NOW + 5_000), NOW + 5_000).episode
    assert over.outcome == CANCELLED
    again = course.advance(over, Reopened("desk"), NOW + 40_000)
    assert rings(again) == {"c-paired"}
    later = course.advance(again.episode, Cancelled("p-3", NOW + 41_000), NOW + 41_000)
    assert notes(later) == [What.CANCEL_ASKED]


@pytest.mark.parametrize("later_ms", [REOPEN_MS + 60_001, 30 * 86_400_000])
def test_what_is_long_over_is_not_reopened(later_ms: int) -> None:
    over = resolved_by(PAIRED)
    assert course.advance(over, Reopened("desk"), NOW + later_ms) == Outcome(over)


def test_what_has_forgotten_whose_it_was_is_not_reopened() -> None:
    anonymous = replace(resolved_by(PAIRED), home="", label="")
    assert course.advance(anonymous, Reopened("desk"), NOW + 70_000) == Outcome(anonymous)


def test_a_chime_that_was_hushed_at_the_end_rings_again_and_is_hushed_again() -> None:
    over = course.advance(begin().episode, Resolved("desk", "helped"), NOW + 9_000)
    assert [e.chime for e in over.effects if isinstance(e, Hush)] == ["c-paired"]
    again = course.advance(over.episode, Reopened("desk"), NOW + 10_000)
    assert rings(again) == {"c-paired"}
    end = course.advance(again.episode, Resolved("desk", "helped"), NOW + 12_000)
    assert [e.chime for e in end.effects if isinstance(e, Hush)] == ["c-paired"]


# -- responders who are on their way to another home ---------------------------------------------


def test_a_busy_responder_rings_all_the_same_and_the_next_step_begins_at_once() -> None:
    outcome = begin(engaged=("r-paired",))
    assert outcome.episode.step == 1
    assert rings(outcome) == {"c-paired", "c-neighbour"}
    assert notes(outcome) == [
        *(What.STEP, What.RUNG, What.BUSY, What.PASSED_BUSY),
        *(What.STEP, What.RUNG, What.BUSY),
    ]


def test_a_step_in_which_somebody_is_free_is_not_passed() -> None:
    outcome = begin(engaged=("r-neighbour",))
    assert outcome.episode.step == 0
    assert What.BUSY not in notes(outcome)
    rung = course.advance(outcome.episode, Ringing("c-paired", "r-paired"), NOW + 300).episode
    second = course.advance(rung, Due(), NOW + 45_000, ("r-neighbour",))
    assert second.episode.step == 1
    assert What.PASSED_BUSY not in notes(second)


def test_when_all_are_busy_the_last_step_rings_and_repeats() -> None:
    everybody = ("r-paired", "r-neighbour", "r-desk")
    outcome = begin(engaged=everybody)
    assert outcome.episode.step == 3
    assert rings(outcome) == {"c-paired", "c-neighbour", "c-desk"}
    later = course.advance(outcome.episode, Due(), NOW + 60_000, everybody)
    assert (later.episode.step, later.episode.until_ms) == (3, NOW + 120_000)
    assert rings(later) == {"c-paired", "c-neighbour", "c-desk"}


def test_whoever_sets_out_for_another_home_while_her_chime_rings_is_waited_for_no_longer() -> None:
    ringing = course.advance(begin().episode, Ringing("c-paired", "r-paired"), NOW + 300).episode
    outcome = course.advance(ringing, Due(), NOW + 5_000, ("r-paired",))
    assert outcome.episode.step == 1
    assert rings(outcome) == {"c-paired", "c-neighbour"}
    again = course.advance(outcome.episode, Due(), NOW + 5_000, ("r-paired",))
    assert again == Outcome(outcome.episode)


def test_where_the_only_free_one_is_not_reached_the_next_step_begins_at_once() -> None:
    both = (CallStep("both", 60_000, (PAIRED, NEIGHBOUR)), *PLAN[2:])
    episode = begin(plan=both, engaged=("r-paired",)).episode
    assert episode.step == 0
    outcome = course.advance(episode, Gone("c-neighbour"), NOW + 1_000, ("r-paired",))
    assert outcome.episode.step == 2
    assert What.PASSED_BUSY in notes(outcome)


def test_a_busy_responder_may_answer_all_the_same() -> None:
    episode = begin(engaged=("r-paired",)).episode
    event = Acknowledged(PAIRED, "c-paired", NOW + 5_000, "c-paired")
    outcome = course.advance(episode, event, NOW + 5_000, ("r-paired",))
    assert outcome.episode.state is State.ACKNOWLEDGED


def test_a_press_while_it_rings_says_nothing_new_of_who_is_busy() -> None:
    everybody = ("r-paired", "r-neighbour", "r-desk")
    episode = begin(engaged=everybody).episode
    outcome = course.advance(episode, Pressed("p-2", NOW + 100), NOW + 100, everybody)
    assert notes(outcome) == [What.REPEATED]
