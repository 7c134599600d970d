"""Whatever happens to an episode, in whatever order: what must always hold of its messages."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lovebell.domain import calls, course, messages
from lovebell.domain.codec import call_plan_to_json, episode_from_json, episode_to_json
from lovebell.domain.episode import (
    Asked,
    Episode,
    Kind,
    Limits,
    Note,
    Outcome,
    Phase,
    Send,
    State,
    What,
)
from lovebell.domain.events import (
    Acknowledged,
    Arrived,
    Cancelled,
    Delivered,
    Due,
    Gone,
    Pressed,
    Repaired,
    Resolved,
    Ringing,
    Undelivered,
)
from lovebell.domain.plan import CallStep, Target

START = 1_800_000_000_000
CHANNELS = ("sms", "chat")
FATES = {What.MESSAGED, What.MESSAGE_REFUSED, What.MESSAGE_GIVEN_UP}
PEOPLE = st.builds(
    Target,
    st.sampled_from(["r-1", "r-2", "r-3"]),
    st.just("示例大姐"),
    st.lists(st.sampled_from(["c-1", "c-2"]), max_size=1).map(tuple),
    st.lists(st.sampled_from(CHANNELS), max_size=1).map(tuple),
)
STEPS = st.builds(
    CallStep,
    st.just("paired"),
    st.sampled_from([5_000, 45_000, 600_000]),
    st.lists(PEOPLE, max_size=3, unique_by=lambda target: target.responder).map(tuple),
)
PLANS = st.lists(STEPS, min_size=1, max_size=4).map(tuple)
# Most should be calls, most should stay open, and most services should have something to say.
KINDS = st.sampled_from([Kind.CALL] * 9 + [Kind.TEST])
SELDOM = st.integers(0, 9).map(lambda n: n == 0)
EVENTS = st.one_of(
    st.just(Due()),
    st.just(Pressed("p-2", START)),
    st.just(Cancelled("p-3", START + 40_000)),
    st.builds(Ringing, st.sampled_from(["c-1", "c-2"]), st.just("r-1")),
    st.builds(Gone, st.sampled_from(["c-1", "c-2"])),
    st.builds(Arrived, PEOPLE, st.just("desk")),
    st.builds(Repaired, PEOPLE),
)


class MessagesMachine(RuleBasedStateMachine):
    """One episode with contacts; what is sent waits until a service says what becomes of it."""

    @initialize(plan=PLANS, messages_from=st.integers(1, 4), kind=KINDS)
    def press(self, plan: tuple[CallStep, ...], messages_from: int, kind: Kind) -> None:
        self.now = START
        self.latest: dict[tuple[str, str], Send] = {}
        self.travelling: dict[tuple[str, str], list[Send]] = defaultdict(list)
        self.fates: Counter[str] = Counter()
        limits = Limits(messages_from=messages_from)
        self.see(course.begin("e-1", kind, "b-1", ("h-1", "示例"), plan, limits, self.now))

    def see(self, outcome: Outcome) -> None:
        """What an event leads to, as the outbox takes it."""
        self.episode: Episode = outcome.episode
        for effect in outcome.effects:
            if isinstance(effect, Note) and effect.what in FATES:
                self.fates[effect.what] += 1
            if not isinstance(effect, Send):
                continue
            key = (effect.responder, effect.channel)
            before = self.latest.get(key)
            assert self.episode.kind is Kind.CALL
            assert before is None or effect.serial > before.serial
            assert (
                effect.kind
                == {
                    State.RINGING: "call",
                    State.ACKNOWLEDGED: "coming",
                    State.ARRIVED: "coming",
                    State.RESOLVED: "resolved",
                }[self.episode.state]
            )
            if effect.kind == "coming":
                assert effect.responder != self.episode.coming[0].responder
            self.latest[key] = effect
            self.travelling[key].append(effect)

    @rule(event=EVENTS, later_ms=st.sampled_from([0, 2_000, 60_000, 700_000]))
    def happen(self, event: object, later_ms: int) -> None:
        self.now += later_ms
        self.see(course.advance(self.episode, event, self.now))  # type: ignore[arg-type]

    @precondition(lambda self: any(self.travelling.values()))
    @rule(person=PEOPLE, later_ms=st.sampled_from([0, 60_000]))
    def answer(self, person: Target, later_ms: int) -> None:
        self.now += later_ms
        self.see(course.advance(self.episode, Acknowledged(person, "c-1", self.now), self.now))

    @precondition(lambda self: any(self.travelling.values()))
    @rule(data=st.data(), is_taken=st.booleans(), refused=st.booleans())
    def say(self, data: st.DataObject, is_taken: bool, refused: bool) -> None:
        """A service says what becomes of a message, perhaps of one that was replaced since."""
        key = data.draw(st.sampled_from([key for key, sent in self.travelling.items() if sent]))
        send = self.travelling[key].pop(0)
        about = (*key, send.serial, send.kind)
        event = Delivered(*about) if is_taken else Undelivered(*about, "why", refused)
        lines = sum(self.fates.values())
        self.see(course.advance(self.episode, event, self.now))
        assert sum(self.fates.values()) == lines + 1  # no fate is without a record

    @rule(really=SELDOM)
    def resolve(self, really: bool) -> None:
        if really:
            self.see(course.advance(self.episode, Resolved("desk", "helped"), self.now))

    @rule()
    def restart(self) -> None:
        body, plan = episode_to_json(self.episode), call_plan_to_json(self.episode.plan)
        assert episode_from_json(body, plan) == self.episode

    @invariant()
    def each_contact_is_kept_once_with_its_latest_message(self) -> None:
        asks = {(one.responder, one.channel): one for one in self.episode.asks}
        assert len(asks) == len(self.episode.asks)
        assert {key: one.serial for key, one in asks.items()} == {
            key: send.serial for key, send in self.latest.items()
        }

    @invariant()
    def when_somebody_comes_or_it_is_over_nobody_is_left_waiting(self) -> None:
        if self.episode.state is State.RINGING:
            return
        for one in self.episode.asks:
            assert one.phase in (Asked.TOLD, Asked.FAILED)
            if self.episode.state is State.RESOLVED and one.phase is Asked.TOLD:
                assert self.latest[one.responder, one.channel].kind == "resolved"

    @invariant()
    def no_step_but_the_last_waits_for_nobody(self) -> None:
        episode = self.episode
        is_last = episode.step == episode.last_step
        if episode.kind is Kind.TEST or episode.state is not State.RINGING or is_last:
            return
        here = [one for one in episode.calls if one.step == episode.step and calls.is_called(one)]
        # One that was silent before is told anew, and has two seconds to answer.
        reached = [call for call in here if call.phase is not Phase.MISSED or call.tries == 1]
        assert reached or messages.is_asked(episode)


TestMessages = MessagesMachine.TestCase
TestMessages.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
