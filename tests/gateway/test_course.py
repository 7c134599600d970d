"""The episode's table, cell by cell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lovebell.domain import calls, course
from lovebell.domain.codec import call_plan_to_json, episode_from_json, episode_to_json
from lovebell.domain.episode import (
    CANCELLED,
    TEST_FAILED,
    TEST_PASSED,
    Episode,
    Hush,
    Kind,
    Limits,
    Note,
    Outcome,
    Phase,
    Ring,
    State,
    Tell,
    What,
)
from lovebell.domain.events import (
    Acknowledged,
    Arrived,
    Back,
    Cancelled,
    Due,
    Event,
    Gone,
    Hushed,
    Pressed,
    Repaired,
    Replanned,
    Resolved,
    Ringing,
)
from lovebell.domain.plan import CallStep, Target

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


def begin(kind: Kind = Kind.CALL, plan: tuple[CallStep, ...] = PLAN) -> Outcome:
    return course.begin("b-1.p-1", kind, "b-1", ("h-1", "示例路 1 号"), plan, Limits(), NOW)


def after(episode: Episode, *events: tuple[Event, int]) -> Episode:
    for event, later_ms in events:
        episode = course.advance(episode, event, NOW + later_ms).episode
    return episode


def rings(outcome: Outcome) -> set[str]:
    return {effect.chime for effect in outcome.effects if isinstance(effect, Ring)}


def hushes(outcome: Outcome) -> set[str]:
    return {effect.chime for effect in outcome.effects if isinstance(effect, Hush)}


def told(outcome: Outcome) -> list[str]:
    return [effect.state for effect in outcome.effects if isinstance(effect, Tell)]


def notes(outcome: Outcome) -> list[What]:
    return [effect.what for effect in outcome.effects if isinstance(effect, Note)]


def ringing() -> Episode:
    """Ringing at the paired volunteer's, who has been reached."""
    return after(begin().episode, (Ringing("c-paired", "r-paired"), 300))


def acknowledged() -> Episode:
    return after(ringing(), (Acknowledged(PAIRED, "c-paired", NOW + 5_000, "c-paired"), 5_000))


def arrived() -> Episode:
    return after(acknowledged(), (Arrived(PAIRED, "desk"), 60_000))


def resolved() -> Episode:
    return after(arrived(), (Resolved("desk", "helped"), 90_000))


def says_coming(target: Target, chime: str, later_ms: int) -> tuple[Event, int]:
    """An acknowledgement by chime, and the time at which it arrives."""
    return Acknowledged(target, chime, NOW + later_ms, chime), NOW + later_ms


EVENTS: tuple[Event, ...] = (
    Pressed("p-2", NOW),
    Cancelled("p-3", NOW + 500),
    Due(),
    Ringing("c-desk", "r-desk"),
    Hushed("c-paired"),
    Back("c-paired"),
    Acknowledged(NEIGHBOUR, "c-neighbour", NOW + 60_000, "c-neighbour"),
    Arrived(NEIGHBOUR, "desk"),
    Resolved("desk", "helped"),
    Repaired(replace(PAIRED, chimes=("c-new",))),
)

# One row a state, one column an event, in the order of EVENTS: the state it leads to.
# "." means that nothing whatever follows. 0.5 s after the last event, so nothing is due.
CELLS = {
    "ringing": "ringing resolved . ringing ringing ringing acknowledged arrived resolved ringing",
    "acknowledged": "ringing acknowledged . acknowledged . . acknowledged arrived resolved "
    "acknowledged",
    "arrived": "ringing arrived . arrived . . arrived arrived resolved arrived",
    "resolved": ". . . resolved . . resolved resolved . .",
}
STATES = {
    "ringing": (ringing, 800),
    "acknowledged": (acknowledged, 5_500),
    "arrived": (arrived, 60_500),
    "resolved": (resolved, 90_500),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("column", range(len(EVENTS)))
def test_every_cell_of_the_table_leads_where_it_should(state: str, column: int) -> None:
    make, later_ms = STATES[state]
    before = make()
    outcome = course.advance(before, EVENTS[column], NOW + later_ms)
    expected = CELLS[state].split()[column]
    if expected == ".":
        assert outcome == Outcome(before)
    else:
        assert outcome.episode.state.value == expected
        assert outcome != Outcome(before)


@pytest.mark.parametrize("state", STATES)
def test_an_open_episode_always_has_a_deadline_or_a_named_human(state: str) -> None:
    episode = STATES[state][0]()
    assert not episode.is_open or episode.deadline is not None or episode.coming


def test_a_press_rings_the_paired_chime_and_tells_the_button() -> None:
    outcome = begin()
    assert rings(outcome) == {"c-paired"}
    assert told(outcome) == ["ringing"]
    assert notes(outcome) == [What.STEP, What.RUNG]
    assert outcome.episode.deadline == NOW + calls.CONFIRM_MS


def test_a_chime_rings_longer_than_its_step() -> None:
    ring = next(effect for effect in begin().effects if isinstance(effect, Ring))
    assert ring == Ring("c-paired", 1, 45_000 + calls.MARGIN_MS)


def test_a_chime_that_does_not_answer_in_two_seconds_passes_the_step_at_once() -> None:
    first = begin().episode
    assert course.advance(first, Due(), NOW + 1_999) == Outcome(first)
    outcome = course.advance(first, Due(), NOW + 2_000)
    assert outcome.episode.step == 1
    assert rings(outcome) == {"c-paired", "c-neighbour"}  # the silent one is told again
    assert notes(outcome)[:2] == [What.MISSED, What.PASSED]


def test_a_step_goes_on_while_one_of_its_chimes_was_reached() -> None:
    both = (CallStep("both", 60_000, (PAIRED, NEIGHBOUR)), *PLAN[2:])
    episode = after(begin(plan=both).episode, (Ringing("c-neighbour"), 500))
    outcome = course.advance(episode, Due(), NOW + 2_000)
    assert outcome.episode.step == 0
    assert rings(outcome) == {"c-paired"}
    assert notes(outcome) == [What.MISSED]


def test_a_silent_chime_is_told_again_ever_more_slowly_but_for_ever() -> None:
    episode = begin(plan=(CallStep("desk", 3_600_000, (DESK,)),)).episode
    times: list[int] = []
    while len(times) < 6:
        now = episode.deadline or 0
        outcome = course.advance(episode, Due(), now)
        assert rings(outcome) == {"c-desk"}
        times.append(now - NOW)
        episode = outcome.episode
    assert times == [2_000, 6_000, 14_000, 29_000, 44_000, 59_000]


def test_a_chime_that_answers_late_counts_as_reached() -> None:
    episode = after(begin().episode, (Due(), 2_000))
    outcome = course.advance(episode, Ringing("c-paired", "r-paired"), NOW + 3_000)
    assert notes(outcome) == [What.REACHED]
    assert next(c for c in outcome.episode.calls if c.chime == "c-paired").again_ms is None


def test_when_nobody_answers_the_next_step_rings_and_the_first_chime_goes_on() -> None:
    outcome = course.advance(ringing(), Due(), NOW + 45_000)
    assert outcome.episode.step == 1
    assert rings(outcome) == {"c-paired", "c-neighbour"}
    assert What.RUNG in notes(outcome)


def test_a_step_that_reaches_nobody_is_passed_at_once_and_recorded() -> None:
    answers = ((Ringing("c-paired"), 45_200), (Ringing("c-neighbour"), 45_300))
    outcome = course.advance(after(ringing(), (Due(), 45_000), *answers), Due(), NOW + 105_000)
    assert outcome.episode.step == 3
    assert notes(outcome) == [What.STEP, What.UNREACHABLE, What.NOBODY, What.STEP, What.RUNG]
    assert "c-desk" in rings(outcome)


def test_the_last_step_repeats_for_ever() -> None:
    episode = begin(plan=(CallStep("desk", 60_000, (DESK,)),)).episode
    for minute in range(1, 4):
        episode = after(episode, (Ringing("c-desk"), minute * 60_000 - 59_000))
        outcome = course.advance(episode, Due(), NOW + minute * 60_000)
        assert rings(outcome) == {"c-desk"}
        episode = outcome.episode
    assert episode.state is State.RINGING


def test_a_plan_that_reaches_nobody_at_all_keeps_trying() -> None:
    outcome = begin(plan=(CallStep("grid", 60_000, (LEADER,)),))
    assert outcome.episode.deadline == NOW + 60_000
    assert What.NOBODY in notes(outcome)
    again = course.advance(outcome.episode, Due(), NOW + 60_000)
    assert again.episode.deadline == NOW + 120_000


def test_after_a_long_stop_only_one_step_is_taken_at_once() -> None:
    outcome = course.advance(ringing(), Due(), NOW + 3_600_000)
    assert outcome.episode.step == 1


def test_a_repeat_press_while_it_rings_is_counted_and_begins_nothing() -> None:
    outcome = course.advance(ringing(), Pressed("p-2", NOW, 3), NOW + 1_000)
    assert outcome.episode.presses == 4
    assert notes(outcome) == [What.REPEATED]
    assert not rings(outcome)


@pytest.mark.parametrize("make", [acknowledged, arrived])
def test_a_press_after_an_answer_rings_again_one_step_further(make) -> None:
    outcome = course.advance(make(), Pressed("p-2", NOW + 70_000), NOW + 70_000)
    assert outcome.episode.state is State.RINGING
    assert outcome.episode.step == 1
    assert rings(outcome) == {"c-paired", "c-neighbour"}
    assert told(outcome) == ["ringing"]


def test_an_acknowledgement_hushes_the_others_and_tells_the_button_who() -> None:
    episode = after(ringing(), (Due(), 45_000))
    outcome = course.advance(episode, *says_coming(NEIGHBOUR, "c-neighbour", 50_000))
    assert hushes(outcome) == {"c-paired"}
    assert Tell("coming", "示例大哥") in outcome.effects
    assert outcome.episode.until_ms == NOW + 50_000 + Limits().acknowledge_ms


def test_a_hush_is_repeated_until_the_chime_is_quiet() -> None:
    episode = after(
        ringing(),
        (Due(), 45_000),
        (Acknowledged(NEIGHBOUR, "c-n", NOW, "c-neighbour"), 50_000),
    )
    assert hushes(course.advance(episode, Due(), NOW + 52_000)) == {"c-paired"}
    quiet = after(episode, (Hushed("c-paired"), 51_000))
    assert not course.advance(quiet, Due(), NOW + 52_000).effects


def test_a_chime_that_never_answers_a_hush_is_let_be_when_it_has_stopped_by_itself() -> None:
    episode = after(ringing(), (Resolved("desk", "helped"), 10_000))
    while (due := episode.deadline) is not None:
        assert due <= NOW + 45_000 + calls.MARGIN_MS + calls.AGAIN_MS[-1]
        episode = course.advance(episode, Due(), due).episode
    assert all(call.phase is Phase.QUIET for call in episode.calls)


def test_an_acknowledgement_expires_and_the_next_step_rings() -> None:
    limit = 5_000 + Limits().acknowledge_ms
    episode = acknowledged()
    assert not course.advance(episode, Due(), NOW + limit - 1).effects
    outcome = course.advance(episode, Due(), NOW + limit)
    assert outcome.episode.state is State.RINGING
    assert rings(outcome) == {"c-paired", "c-neighbour"}
    assert notes(outcome)[0] is What.EXPIRED
    assert told(outcome) == ["ringing"]


def test_the_same_responder_may_acknowledge_again_after_it_expired() -> None:
    limit = 5_000 + Limits().acknowledge_ms
    episode = after(acknowledged(), (Due(), limit))
    outcome = course.advance(
        episode,
        Acknowledged(PAIRED, "c-paired", NOW + limit + 1_000, "c-paired"),
        NOW + limit + 1_000,
    )
    assert outcome.episode.state is State.ACKNOWLEDGED
    assert outcome.episode.coming == (PAIRED,)


def test_a_second_responder_is_recorded_and_told_who_is_first() -> None:
    outcome = course.advance(
        acknowledged(),
        Acknowledged(NEIGHBOUR, "c-neighbour", NOW + 6_000, "c-neighbour"),
        NOW + 6_000,
    )
    assert outcome.episode.coming == (PAIRED, NEIGHBOUR)
    assert Hush("c-neighbour", "acknowledged", "示例大姐") in outcome.effects


def test_an_arrival_without_an_acknowledgement_hushes_everybody() -> None:
    outcome = course.advance(ringing(), Arrived(NEIGHBOUR, "desk"), NOW + 20_000)
    assert outcome.episode.state is State.ARRIVED
    assert hushes(outcome) == {"c-paired"}
    assert told(outcome) == ["arrived"]


@pytest.mark.parametrize("make", [ringing, acknowledged, arrived])
def test_it_can_be_resolved_from_anywhere(make) -> None:
    outcome = course.advance(make(), Resolved("desk", "helped", "茶已泡好"), NOW + 70_000)
    assert outcome.episode.state is State.RESOLVED
    assert outcome.episode.outcome == "helped"
    assert outcome.episode.ended_ms == NOW + 70_000
    assert told(outcome) == ["resolved"]


def test_a_late_acknowledgement_is_recorded_and_hushed() -> None:
    outcome = course.advance(
        resolved(),
        Acknowledged(NEIGHBOUR, "c-neighbour", NOW + 95_000, "c-neighbour"),
        NOW + 95_000,
    )
    assert notes(outcome) == [What.LATE_ACKNOWLEDGED]
    assert hushes(outcome) == {"c-neighbour"}
    assert outcome.episode == resolved()


def test_a_ring_that_arrives_late_is_hushed_again() -> None:
    outcome = course.advance(resolved(), Ringing("c-paired", "r-paired"), NOW + 95_000)
    assert hushes(outcome) == {"c-paired"}
    assert outcome.episode.deadline == NOW + 97_000


def test_a_cancel_in_the_first_seconds_ends_it() -> None:
    outcome = course.advance(ringing(), Cancelled("p-2", NOW + Limits().cancel_ms), NOW + 60_000)
    assert outcome.episode.outcome == CANCELLED
    assert Hush("c-paired", "cancelled") in outcome.effects


@pytest.mark.parametrize(("make", "later_ms"), [(ringing, 30_001), (acknowledged, 6_000)])
def test_a_later_cancel_is_recorded_and_a_human_makes_sure(make, later_ms: int) -> None:
    before = make()
    outcome = course.advance(before, Cancelled("p-2", NOW + later_ms), NOW + later_ms)
    assert outcome == Outcome(before, (Note(What.CANCEL_ASKED, "b-1"),))


def test_a_chime_that_comes_back_is_rung_again_at_once() -> None:
    outcome = course.advance(ringing(), Back("c-paired"), NOW + 10_000)
    assert rings(outcome) == {"c-paired"}
    assert outcome.episode.deadline == NOW + 12_000


def test_a_new_chime_of_a_responder_who_is_being_called_rings_and_the_old_one_stops() -> None:
    outcome = course.advance(ringing(), Repaired(replace(PAIRED, chimes=("c-new",))), NOW + 9_000)
    assert rings(outcome) == {"c-new"}
    assert hushes(outcome) == {"c-paired"}
    later = course.advance(outcome.episode, Due(), NOW + 45_000)
    assert "c-new" in rings(later)
    assert "c-paired" not in rings(later)


def test_a_chime_that_rang_by_itself_is_hushed_like_the_others() -> None:
    episode = after(ringing(), (Ringing("c-desk", "r-desk"), 1_000))
    outcome = course.advance(episode, *says_coming(PAIRED, "c-paired", 2_000))
    assert hushes(outcome) == {"c-desk"}


def test_a_test_rings_the_first_step_only_and_passes_when_the_chime_answers() -> None:
    outcome = begin(Kind.TEST)
    assert rings(outcome) == {"c-paired"}
    passed = course.advance(outcome.episode, Ringing("c-paired", "r-paired"), NOW + 300)
    assert passed.episode.outcome == TEST_PASSED
    assert passed.episode.deadline is None


def test_a_test_whose_chime_stays_silent_fails_and_calls_nobody_else() -> None:
    episode = begin(Kind.TEST).episode
    rung: set[str] = set()
    while (due := episode.deadline) is not None:
        outcome = course.advance(episode, Due(), due)
        rung |= rings(outcome)
        episode = outcome.episode
    assert episode.outcome == TEST_FAILED
    assert episode.ended_ms == NOW + Limits().test_ms
    assert rung == {"c-paired"}


@pytest.mark.parametrize("make", [ringing, acknowledged, arrived, resolved])
def test_an_episode_survives_its_journey_through_the_database(make) -> None:
    episode = make()
    body, plan = episode_to_json(episode), call_plan_to_json(episode.plan)
    assert episode_from_json(body, plan) == episode


def test_a_chime_that_goes_off_line_is_missed_and_the_step_is_passed() -> None:
    outcome = course.advance(ringing(), Gone("c-paired"), NOW + 10_000)
    assert notes(outcome)[:2] == [What.MISSED, What.PASSED]
    assert "c-neighbour" in rings(outcome)
    again = course.advance(outcome.episode, Gone("c-paired"), NOW + 10_100)
    assert again == Outcome(outcome.episode)


def test_a_hush_that_overtook_a_ring_is_found_out() -> None:
    """The chime says that it is quiet while it should ring."""
    both = (CallStep("both", 60_000, (PAIRED, NEIGHBOUR)), *PLAN[2:])
    episode = after(
        begin(plan=both).episode, (Ringing("c-paired"), 500), (Ringing("c-neighbour"), 600)
    )
    quiet = after(episode, (Hushed("c-paired"), 1_000))
    assert rings(course.advance(quiet, Due(), NOW + 3_000)) == {"c-paired"}


def test_a_cancel_that_was_pressed_before_this_call_does_not_end_it() -> None:
    outcome = course.advance(ringing(), Cancelled("p-0", NOW - 300_000), NOW + 1_000)
    assert notes(outcome) == [What.CANCEL_ASKED]
    unknown = course.advance(ringing(), Cancelled("p-0", None), NOW + 1_000)
    assert notes(unknown) == [What.CANCEL_ASKED]


def test_a_call_and_its_cancel_that_were_held_up_together_end_together() -> None:
    hour = 3_600_000
    begun = course.begin(
        "b-1.p-1", Kind.CALL, "b-1", ("h-1", ""), PLAN, Limits(), NOW, (NOW - hour, NOW - hour)
    )
    soon = course.advance(begun.episode, Cancelled("p-2", NOW - hour + 8_000), NOW)
    assert soon.episode.outcome == CANCELLED
    late = course.advance(begun.episode, Cancelled("p-2", NOW - hour // 2), NOW)
    assert notes(late) == [What.CANCEL_ASKED]


def test_an_answer_that_was_too_long_on_its_way_is_recorded_and_it_goes_on_ringing() -> None:
    limit = Limits().acknowledge_ms
    event = Acknowledged(PAIRED, "c-paired", NOW - limit, "c-paired")
    outcome = course.advance(ringing(), event, NOW + 1_000)
    assert outcome.episode.state is State.RINGING
    assert notes(outcome) == [What.STALE_ACKNOWLEDGED]
    fresh = course.advance(ringing(), replace(event, at_ms=NOW - limit // 2), NOW + 1_000)
    assert fresh.episode.until_ms == NOW + limit // 2  # from when it was pressed


def test_the_same_arrival_twice_changes_nothing() -> None:
    both = after(arrived(), (Arrived(NEIGHBOUR, "desk"), 61_000))
    for who in (PAIRED, NEIGHBOUR):
        assert course.advance(both, Arrived(who, "desk"), NOW + 62_000) == Outcome(both)
    assert both.coming[0] == PAIRED


def test_a_chime_taken_away_while_somebody_was_coming_does_not_ring_again() -> None:
    episode = after(acknowledged(), (Repaired(replace(PAIRED, chimes=("c-new",))), 6_000))
    limit = 5_000 + Limits().acknowledge_ms
    outcome = course.advance(episode, Due(), NOW + limit)
    assert "c-paired" not in rings(outcome)


def test_when_the_last_chime_of_a_step_is_taken_away_the_next_step_begins() -> None:
    outcome = course.advance(ringing(), Repaired(replace(PAIRED, chimes=())), NOW + 9_000)
    assert outcome.episode.step == 1
    assert "c-neighbour" in rings(outcome)


def test_a_plan_that_reached_nobody_is_replaced_when_there_is_somebody() -> None:
    alone = begin(plan=(CallStep("grid", 60_000, (LEADER,)),)).episode
    outcome = course.advance(alone, Replanned(PLAN), NOW + 9_000)
    assert rings(outcome) == {"c-paired"}
    assert course.advance(ringing(), Replanned(PLAN[3:]), NOW + 9_000) == Outcome(ringing())


def test_after_the_clock_was_set_back_no_wait_is_longer_than_it_can_be() -> None:
    hour = 3_600_000
    assert course.rebased(ringing(), NOW + 1_000) == ringing()
    for episode in (begin().episode, ringing(), acknowledged()):
        rebased = course.rebased(episode, NOW - hour)
        longest = 600_000 if episode.state is State.ACKNOWLEDGED else 45_000
        assert (rebased.deadline or 0) <= NOW - hour + longest


def test_folded_presses_are_counted_from_the_first() -> None:
    begun = course.begin(
        "b-1.p-1", Kind.CALL, "b-1", ("h-1", ""), PLAN, Limits(), NOW, (NOW - 9_000, NOW), 7
    )
    assert begun.episode.presses == 7
    assert begun.episode.first_at_ms == NOW - 9_000
