"""Whatever happens to an episode, in whatever order and however often: what must always hold."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lovebell.domain import calls, course
from lovebell.domain.codec import call_plan_to_json, episode_from_json, episode_to_json
from lovebell.domain.episode import (
    Episode,
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
    Delivered,
    Due,
    Event,
    Gone,
    Hushed,
    Pressed,
    Reopened,
    Repaired,
    Replanned,
    Resolved,
    Ringing,
    Rostered,
    Undelivered,
)
from lovebell.domain.plan import CallStep, Target
from lovebell.domain.spans import joined

START = 1_800_000_000_000
CHIMES = st.sampled_from(["c-1", "c-2", "c-3", "c-4", "c-stray"])
HOURS = st.tuples(
    st.integers(START - 7_200_000, START + 7_200_000), st.sampled_from([60_000, 3_600_000, 2**53])
).map(lambda pair: (pair[0], pair[0] + pair[1]))
RESPONDERS = st.sampled_from(["r-1", "r-2", "r-3"])
PEOPLE = st.builds(
    Target,
    RESPONDERS,
    st.just("示例大姐"),
    st.lists(CHIMES, max_size=2, unique=True).map(tuple),
    st.sampled_from([(), (), ("sms",)]),
    duty=st.one_of(st.none(), st.none(), st.lists(HOURS, max_size=3).map(joined)),
)
STEPS = st.builds(
    CallStep,
    st.just("paired"),
    st.sampled_from([5_000, 45_000, 120_000, 86_400_000]),
    st.lists(PEOPLE, max_size=3, unique_by=lambda target: target.responder).map(tuple),
)
PLANS = st.lists(STEPS, min_size=1, max_size=4).map(tuple)
TIMES = st.integers(START - 3_600_000, START + 3_600_000)
EVENTS = st.one_of(
    st.builds(Pressed, st.just("p-2"), TIMES, st.integers(1, 3)),
    st.builds(Cancelled, st.just("p-3"), st.one_of(TIMES, st.none())),
    st.just(Due()),
    st.builds(Ringing, CHIMES, st.just("r-1")),
    st.builds(Hushed, CHIMES),
    st.builds(Back, CHIMES),
    st.builds(Gone, CHIMES),
    st.builds(Acknowledged, PEOPLE, st.just("c-1"), TIMES, st.one_of(CHIMES, st.just(""))),
    st.builds(Arrived, PEOPLE, st.just("desk")),
    st.just(Resolved("desk", "helped")),
    st.builds(Repaired, PEOPLE),
    st.builds(Replanned, PLANS),
    st.just(Reopened("desk")),
    st.builds(Delivered, RESPONDERS, st.just("sms"), st.integers(1, 3), st.just("call")),
    st.builds(
        Undelivered,
        *(RESPONDERS, st.just("sms"), st.integers(1, 3)),
        *(st.just("call"), st.just("too_old"), st.booleans()),
    ),
)
# Not a resolution: most episodes should live long enough to be interesting.
OPEN_EVENTS = EVENTS.filter(lambda event: not isinstance(event, Resolved | Cancelled))
#: Said twice in a row they may do more than once: the caller has told them apart by their ids
#: (Pressed), a chime that starts twice is told twice (Back), what a service says is on record each
#: time, and so is what is done late. All others must be harmless.
COUNTED = (Pressed, Back, Delivered, Undelivered)
LATE = {What.LATE_ACKNOWLEDGED, What.LATE_ARRIVED, What.CANCEL_ASKED, What.STALE_ACKNOWLEDGED}


def facts(episode: Episode) -> tuple[object, ...]:
    """What there is to know of an episode, without how far its chimes and messages have come."""
    chimes = {t.responder: (t.chimes, t.contacts) for s in episode.plan for t in s.targets}
    return (
        *(episode.state, episode.step, episode.presses, episode.coming, episode.arrived),
        *(episode.outcome, episode.ended_ms, chimes),
    )


class EpisodeMachine(RuleBasedStateMachine):
    """One episode, to which everything happens in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.episode: Episode
        self.engaged: frozenset[str] = frozenset()

    @initialize(plan=PLANS, kind=st.sampled_from([Kind.CALL, Kind.CALL, Kind.TEST]))
    def it_begins(self, plan: tuple[CallStep, ...], kind: Kind) -> None:
        home = ("h-1", "示例路 1 号")
        limits = Limits(messages_from=1)
        outcome = course.begin(
            "b-1.p-1", kind, "b-1", home, plan, limits, self.now, engaged=self.engaged
        )
        assert any(isinstance(effect, Tell) for effect in outcome.effects)
        self.keep(outcome)

    @rule(event=OPEN_EVENTS)
    def something_happens(self, event: Event) -> None:
        self.happen(event)

    @rule(event=EVENTS)
    def anything_happens(self, event: Event) -> None:
        self.happen(event)

    @rule(people=st.lists(PEOPLE, min_size=1, max_size=3), step=st.integers(0, 3))
    def the_rota_changes(self, people: list[Target], step: int) -> None:
        """Other hours for those who are known, and whoever is new is added."""
        hours = {person.responder: person for person in people}
        plan = list(self.episode.plan)
        n = step % len(plan)
        kept = [
            replace(was, duty=hours.pop(was.responder).duty) if was.responder in hours else was
            for was in plan[n].targets
        ]
        plan[n] = replace(plan[n], targets=(*kept, *hours.values()))
        self.happen(Rostered(tuple(plan)))

    @rule(engaged=st.frozensets(RESPONDERS))
    def some_set_out_for_other_homes(self, engaged: frozenset[str]) -> None:
        self.engaged = engaged
        self.happen(Due())

    @rule(set_by_ms=st.sampled_from([0, 0, -3_600_000, 3_600_000]))
    def the_gateway_is_restarted(self, set_by_ms: int) -> None:
        """What it takes up again is what it left, with no wait longer than it can be."""
        body, plan = episode_to_json(self.episode), call_plan_to_json(self.episode.plan)
        self.now = max(self.now + set_by_ms, START)
        self.episode = course.rebased(episode_from_json(body, plan), self.now)

    @rule(later_ms=st.sampled_from([0, 500, 1_999, 2_000, 44_000, 61_000, 700_000, 90_000_000]))
    def time_goes_by(self, later_ms: int) -> None:
        self.now += later_ms

    @precondition(lambda self: self.episode.deadline is not None)
    @rule()
    def the_deadline_comes(self) -> None:
        """A deadline that has passed is dealt with: the next one lies ahead, or there is none."""
        self.now = max(self.now, self.episode.deadline or 0)
        before = self.episode
        self.happen(Due())
        assert self.episode != before
        assert self.episode.deadline is None or self.episode.deadline > self.now

    @precondition(lambda self: self.episode.state is State.RINGING)
    @rule()
    def nobody_answers_for_a_long_time(self) -> None:
        """Everybody of the last step is rung in the end, and again for ever."""
        if self.episode.kind is Kind.TEST:
            return
        for _ in range(100):  # a step begins anew for everybody who comes on duty in it
            if self.episode.step == self.episode.last_step:
                break
            self.now = max(self.now, self.episode.until_ms or 0)
            self.happen(Due())
        last = self.episode.plan[-1]
        self.now = max(self.now, self.episode.until_ms or 0)
        there = [target for target in last.targets if target.is_on_duty(self.now)]
        reachable = {chime for target in there for chime in target.chimes}
        reachable = reachable or {chime for target in last.targets for chime in target.chimes}
        rung = {effect.chime for effect in self.happen(Due()).effects if isinstance(effect, Ring)}
        assert rung >= reachable
        assert self.episode.state is State.RINGING

    def happen(self, event: Event) -> Outcome:
        before = self.episode
        outcome = course.advance(before, event, self.now, self.engaged)
        if not isinstance(event, Rostered):  # which says of the new ones that they are there
            self.nothing_is_without_a_record(before, outcome)
        rings = {effect.chime for effect in outcome.effects if isinstance(effect, Ring)}
        if before.state is State.RESOLVED and not isinstance(event, Reopened):
            assert not rings
            assert outcome.episode.state is State.RESOLVED
            assert (outcome.episode.outcome, outcome.episode.ended_ms) == (
                before.outcome,
                before.ended_ms,
            )
        if rings:
            assert outcome.episode.state is State.RINGING
            told = {call.chime: call for call in outcome.episode.calls}
            # Who is told to ring is watched until it answers, and only for what it was told.
            assert all(told[chime].again_ms is not None for chime in rings)
        self.same_again(event, outcome)
        self.keep(outcome)
        return outcome

    def nothing_is_without_a_record(self, before: Episode, outcome: Outcome) -> None:
        """Whatever changes what a human would be told of the episode is a line of the record."""
        if facts(outcome.episode) != facts(before):
            assert any(isinstance(effect, Note) for effect in outcome.effects)

    def same_again(self, event: Event, outcome: Outcome) -> None:
        """The broker, or an impatient thumb, says it twice."""
        again = course.advance(outcome.episode, event, self.now, self.engaged)
        if isinstance(event, COUNTED):
            return
        assert again.episode == outcome.episode or isinstance(
            event, Acknowledged | Arrived | Repaired
        )
        assert again.episode.state is outcome.episode.state
        notes = {effect.what for effect in again.effects if isinstance(effect, Note)}
        assert notes <= LATE | ({What.REPAIRED} if isinstance(event, Repaired) else set())
        assert not any(isinstance(effect, Ring | Tell) for effect in again.effects)

    def keep(self, outcome: Outcome) -> None:
        self.episode = outcome.episode

    @invariant()
    def an_open_episode_has_a_deadline_or_a_named_human(self) -> None:
        if self.episode.state in (State.RINGING, State.ACKNOWLEDGED):
            assert self.episode.until_ms is not None
        if self.episode.state in (State.ACKNOWLEDGED, State.ARRIVED):
            assert self.episode.coming

    @invariant()
    def nobody_who_was_rung_is_left_ringing_when_all_is_quiet(self) -> None:
        if self.episode.state is not State.RINGING and self.episode.deadline is None:
            assert all(call.phase is Phase.QUIET for call in self.episode.calls)

    @invariant()
    def a_chime_is_called_once_at_a_time(self) -> None:
        chimes = [call.chime for call in self.episode.calls]
        assert len(chimes) == len(set(chimes))

    @invariant()
    def what_is_waited_for_is_not_far_away(self) -> None:
        for call in self.episode.calls:
            if call.again_ms is not None:
                assert call.again_ms <= self.now + calls.AGAIN_MS[-1]

    @invariant()
    def it_survives_its_journey_through_the_database(self) -> None:
        body, plan = episode_to_json(self.episode), call_plan_to_json(self.episode.plan)
        assert episode_from_json(body, plan) == self.episode

    @invariant()
    def it_keeps_its_name_and_its_beginning(self) -> None:
        assert self.episode == replace(self.episode, id="b-1.p-1", begun_ms=START)


TestEpisode = EpisodeMachine.TestCase
TestEpisode.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
