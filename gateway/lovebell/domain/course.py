"""The course of an episode: which event does what in which state. One table, at the end.

Owns every decision between a press and its outcome. Knows nothing of how rings travel or where
records lie. Time is an argument.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from lovebell.domain import calls
from lovebell.domain.calls import CANCELLED, CONFIRM_MS, MARGIN_MS
from lovebell.domain.episode import (
    Acknowledged,
    Arrived,
    Back,
    Call,
    Cancelled,
    Due,
    Effect,
    Episode,
    Event,
    Gone,
    Hushed,
    Kind,
    Limits,
    Note,
    Outcome,
    Phase,
    Pressed,
    Repaired,
    Replanned,
    Resolved,
    Ring,
    Ringing,
    State,
    Tell,
    What,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lovebell.domain.plan import CallStep, Target

#: How far two ages that a button gives may be apart from the truth: what it takes to travel.
AGE_ERROR_MS: Final = 2_000

TEST_PASSED: Final = "test_passed"
TEST_FAILED: Final = "test_failed"


def begin(
    episode: str,
    kind: Kind,
    button: str,
    home: tuple[str, str],
    plan: tuple[CallStep, ...],
    limits: Limits,
    now: int,
    at_ms: tuple[int, int] | None = None,
    presses: int = 1,
) -> Outcome:
    """The episode of a first press, or of several that were folded into one.

    `home` is its id and its label; `plan` has a step or more; `at_ms` is when it was pressed
    first and last, now unless given.
    """
    first, last = at_ms or (now, now)
    fresh = Episode(
        episode, kind, button, home[0], home[1], plan, limits, now, first, last, presses=presses
    )
    told = Tell("ringing")
    if kind is Kind.CALL:
        return calls.ring_from(fresh, 0, now, told)
    first = replace(fresh, plan=plan[:1])
    rung = calls.ring_from(first, 0, now, told)
    return replace(rung, episode=replace(rung.episode, until_ms=now + limits.test_ms))


def advance(episode: Episode, event: Event, now: int) -> Outcome:
    """What the event makes of the episode.

    An event that the state does not know returns the episode unchanged and no effects, so a
    duplicate is harmless.
    """
    table = _CALL if episode.kind is Kind.CALL else _TEST
    rule = table[episode.state].get(type(event))
    return Outcome(episode) if rule is None else rule(episode, event, now)


def rebased(episode: Episode, now: int) -> Episode:
    """The episode as a gateway takes it up whose clock may have been set back meanwhile.

    No wait is longer than it can have been when it began.
    """
    waits_ms = episode.plan[episode.step].for_ms
    if episode.state is State.ACKNOWLEDGED:
        waits_ms = episode.limits.acknowledge_ms
    until = episode.until_ms
    told_again = tuple(
        call
        if call.again_ms is None
        else replace(call, again_ms=min(call.again_ms, now + calls.AGAIN_MS[-1]))
        for call in episode.calls
    )
    if until is not None:
        until = min(until, now + waits_ms)
    if until == episode.until_ms and told_again == episode.calls:
        return episode
    return replace(episode, until_ms=until, calls=told_again)


def told(episode: Episode) -> Tell:
    """What the button should know of the episode as it stands."""
    who = episode.coming[0].name if episode.coming else ""
    match episode.state:
        case State.RINGING:
            return Tell("ringing")
        case State.ACKNOWLEDGED:
            return Tell("coming", who)
        case State.ARRIVED:
            return Tell("arrived", who)
        case State.RESOLVED:
            return Tell("resolved", who)


# -- the rules -------------------------------------------------------------------------------


def _repeated(episode: Episode, event: Pressed, _: int) -> Outcome:
    pressed = _with_press(episode, event)
    note = Note(What.REPEATED, episode.button, {"presses": pressed.presses, **event.detail})
    return Outcome(pressed, (note,))


def _pressed_again(episode: Episode, event: Pressed, now: int) -> Outcome:
    pressed = _with_press(episode, event)
    note = Note(What.PRESSED_AGAIN, episode.button, {"presses": pressed.presses, **event.detail})
    return calls.ring_on(pressed, now, note)


def _with_press(episode: Episode, event: Pressed) -> Episode:
    last = max(episode.last_at_ms, event.at_ms)
    return replace(episode, presses=episode.presses + event.count, last_at_ms=last)


def _cancel(episode: Episode, event: Cancelled, now: int) -> Outcome:
    """In the first seconds the elder's word ends it; later a human has to make sure.

    It is the time of pressing that counts, not of arrival: a cancel that was on its way when
    this call was pressed belongs to another one.
    """
    ends = (
        event.at_ms is not None
        and not episode.coming
        and episode.last_at_ms - AGE_ERROR_MS <= event.at_ms
        and event.at_ms <= episode.first_at_ms + episode.limits.cancel_ms
    )
    if not ends:
        return _cancel_asked(episode, event, now)
    return _end(episode, CANCELLED, now, Note(What.RESOLVED, episode.button, _out(CANCELLED)))


def _cancel_asked(episode: Episode, _event: Cancelled, _now: int) -> Outcome:
    return Outcome(episode, (Note(What.CANCEL_ASKED, episode.button),))


def _due_ringing(episode: Episode, _: Due, now: int) -> Outcome:
    again = calls.due_calls(episode, now)
    if episode.until_ms is None or now < episode.until_ms:
        return calls.passed_if_lost(again, now) if again.effects else again
    # The next step rings them all again.
    kept = [effect for effect in again.effects if not isinstance(effect, Ring)]
    step = min(episode.step + 1, episode.last_step)
    return calls.ring_from(again.episode, step, now, *kept)


def _due_acknowledged(episode: Episode, _: Due, now: int) -> Outcome:
    again = calls.due_calls(episode, now)
    if episode.until_ms is None or now < episode.until_ms:
        return again
    late = episode.coming[0].responder if episode.coming else ""
    return calls.ring_on(again.episode, now, Note(What.EXPIRED, late))


def _due_quiet(episode: Episode, _: Due, now: int) -> Outcome:
    return calls.due_calls(episode, now)


def _reached(episode: Episode, event: Ringing, now: int) -> Outcome:
    call = calls.call_of(episode, event.chime)
    note = Note(What.REACHED, event.responder, {"chime": event.chime})
    if call is None:  # it rings by itself: it heard the button directly
        until = now + episode.plan[episode.step].for_ms + MARGIN_MS
        own = Call(event.chime, event.responder, Phase.REACHED, episode.step, 1, None, until)
        return Outcome(replace(episode, calls=(*episode.calls, own)), (note,))
    if call.phase is Phase.REACHED:
        return Outcome(episode)
    state = calls.with_call(episode, replace(call, phase=Phase.REACHED, again_ms=None))
    return Outcome(state, () if call.phase is Phase.RENEWED else (note,))


def _should_be_quiet(episode: Episode, event: Ringing, now: int) -> Outcome:
    """A ring that came late, or a hush that was lost."""
    call = calls.call_of(episode, event.chime)
    until = now + MARGIN_MS if call is None else max(call.until_ms, now + MARGIN_MS)
    own = Call(
        event.chime, event.responder, Phase.HUSHING, episode.step, 1, now + calls.pause(1), until
    )
    if call is None:
        state = replace(episode, calls=(*episode.calls, own))
    else:
        state = calls.with_call(episode, own)
    return Outcome(state, (calls.hush(episode, event.chime),))


def _is_quiet(episode: Episode, event: Hushed, _: int) -> Outcome:
    call = calls.call_of(episode, event.chime)
    if call is None or call.phase is not Phase.HUSHING:
        return Outcome(episode)
    return Outcome(calls.with_call(episode, replace(call, phase=Phase.QUIET, again_ms=None)))


def _not_ringing(episode: Episode, event: Hushed, now: int) -> Outcome:
    """A chime says that it is quiet while it should ring: a hush has overtaken the ring."""
    call = calls.call_of(episode, event.chime)
    if call is None or call.phase not in (Phase.REACHED, Phase.RENEWED):
        return _is_quiet(episode, event, now)
    return calls.missed(episode, call, now)


def _gone(episode: Episode, event: Gone, now: int) -> Outcome:
    call = calls.call_of(episode, event.chime)
    if call is None or call.phase is Phase.MISSED or not calls.is_called(call):
        return Outcome(episode)
    return calls.missed(episode, call, now)


def _ring_back(episode: Episode, event: Back, now: int) -> Outcome:
    """A chime that comes on line has forgotten what it rang, or never heard of it."""
    call = calls.call_of(episode, event.chime)
    if call is None or call.phase in (Phase.HUSHING, Phase.QUIET):
        return Outcome(episode)
    for_ms = max(call.until_ms - now, MARGIN_MS)
    phase = calls.renewed(call.phase)
    rung = replace(call, phase=phase, tries=1, again_ms=now + CONFIRM_MS, until_ms=now + for_ms)
    return Outcome(calls.with_call(episode, rung), (Ring(call.chime, episode.step + 1, for_ms),))


def _hush_back(episode: Episode, event: Back, _: int) -> Outcome:
    call = calls.call_of(episode, event.chime)
    if call is None or call.phase is not Phase.HUSHING:
        return Outcome(episode)
    return Outcome(episode, (calls.hush(episode, event.chime),))


def _acknowledge(episode: Episode, event: Acknowledged, now: int) -> Outcome:
    until = event.at_ms + episode.limits.acknowledge_ms
    if until <= now:  # it was long on its way: whoever said it should have been here by now
        return Outcome(episode, (Note(What.STALE_ACKNOWLEDGED, event.target.responder),))
    coming = _joined(episode, event.target, first=True)
    state = replace(episode, state=State.ACKNOWLEDGED, coming=coming, until_ms=until)
    hushed = calls.hush_all(state, now, but=(event.chime,))
    note = Note(What.ACKNOWLEDGED, event.target.responder, {"by": event.by})
    return replace(hushed, effects=(note, *hushed.effects, Tell("coming", event.target.name)))


def _also_acknowledge(episode: Episode, event: Acknowledged, now: int) -> Outcome:
    """A second one comes as well, and is told who was first. The first one again: nothing new."""
    if any(other.responder == event.target.responder for other in episode.coming):
        return Outcome(episode)
    until = episode.until_ms
    if until is not None:
        until = max(until, event.at_ms + episode.limits.acknowledge_ms)
    state = replace(episode, coming=_joined(episode, event.target), until_ms=until)
    effects: tuple[Effect, ...] = (
        Note(What.ALSO_ACKNOWLEDGED, event.target.responder, {"by": event.by}),
    )
    if event.chime:
        effects += (calls.hush(episode, event.chime),)
    return Outcome(state, effects)


def _late_acknowledge(episode: Episode, event: Acknowledged, _: int) -> Outcome:
    effects: tuple[Effect, ...] = (
        Note(What.LATE_ACKNOWLEDGED, event.target.responder, {"by": event.by}),
    )
    if event.chime:
        effects += (calls.hush(episode, event.chime),)
    return Outcome(episode, effects)


def _arrive(episode: Episode, event: Arrived, now: int) -> Outcome:
    coming = _joined(episode, event.target, first=True)
    here = (event.target.responder,)
    state = replace(episode, state=State.ARRIVED, coming=coming, arrived=here, until_ms=None)
    hushed = calls.hush_all(state, now)
    note = Note(What.ARRIVED, event.target.responder, {"by": event.by})
    return replace(hushed, effects=(note, *hushed.effects, Tell("arrived", event.target.name)))


def _also_arrive(episode: Episode, event: Arrived, _: int) -> Outcome:
    me = event.target
    if me.responder in episode.arrived:
        return Outcome(episode)
    if all(other.responder != me.responder for other in episode.coming):
        episode = replace(episode, coming=(*episode.coming, me))
    state = replace(episode, arrived=(*episode.arrived, me.responder))
    note = Note(What.ALSO_ARRIVED, event.target.responder, {"by": event.by})
    return Outcome(state, (note,))


def _late_arrive(episode: Episode, event: Arrived, _: int) -> Outcome:
    return Outcome(episode, (Note(What.LATE_ARRIVED, event.target.responder, {"by": event.by}),))


def _joined(episode: Episode, target: Target, *, first: bool = False) -> tuple[Target, ...]:
    others = tuple(other for other in episode.coming if other.responder != target.responder)
    return (target, *others) if first else (*others, target)


def _resolve(episode: Episode, event: Resolved, now: int) -> Outcome:
    detail = _out(event.outcome) | ({"note": event.note} if event.note else {})
    return _end(episode, event.outcome, now, Note(What.RESOLVED, event.by, detail))


def _end(episode: Episode, outcome: str, now: int, note: Note) -> Outcome:
    over = replace(episode, state=State.RESOLVED, outcome=outcome, until_ms=None, ended_ms=now)
    hushed = calls.hush_all(over, now)
    who = episode.coming[0].name if episode.coming else ""
    return replace(hushed, effects=(note, *hushed.effects, Tell("resolved", who)))


def _out(outcome: str) -> dict[str, str | int]:
    return {"outcome": outcome}


def _repair(episode: Episode, event: Repaired, now: int) -> Outcome:
    """Other chimes from now on; those of a step that has begun ring or hush at once."""
    me = event.target
    plan = tuple(
        replace(step, targets=tuple(me if t.responder == me.responder else t for t in step.targets))
        for step in episode.plan
    )
    note = Note(What.REPAIRED, me.responder, {"chimes": ",".join(me.chimes)})
    state = replace(episode, plan=plan)
    if state.state is not State.RINGING:
        return Outcome(state, (note,))
    rung: list[Call] = []
    effects: list[Effect] = [note]
    for call in state.calls:
        if call.responder == me.responder and call.chime not in me.chimes and calls.is_called(call):
            effects.append(calls.hush(state, call.chime))
            again = now + calls.pause(1)
            call = replace(call, phase=Phase.HUSHING, tries=1, again_ms=again)
        rung.append(call)
    begun = [n for n, s in enumerate(plan[: state.step + 1]) if me in s.targets]
    until = now + plan[state.step].for_ms + MARGIN_MS
    for chime in me.chimes:
        if begun and not any(call.chime == chime and calls.is_called(call) for call in rung):
            again = now + CONFIRM_MS
            rung = [call for call in rung if call.chime != chime]
            rung.append(Call(chime, me.responder, Phase.RUNG, begun[-1], 1, again, until))
            effects += [
                Ring(chime, state.step + 1, until - now),
                Note(What.RUNG, me.responder, {"chime": chime}),
            ]
    return calls.passed_if_lost(Outcome(replace(state, calls=tuple(rung)), tuple(effects)), now)


# -- tests -----------------------------------------------------------------------------------


def _replan(episode: Episode, event: Replanned, now: int) -> Outcome:
    """Only where nobody could be called: otherwise the episode keeps its own copy."""
    if _reaches(episode.plan) or not _reaches(event.plan):
        return Outcome(episode)
    return calls.ring_from(replace(episode, plan=event.plan), 0, now, Note(What.REPLANNED))


def _reaches(plan: tuple[CallStep, ...]) -> bool:
    return any(target.chimes for step in plan for target in step.targets)


def _test_reached(episode: Episode, event: Ringing, now: int) -> Outcome:
    if calls.call_of(episode, event.chime) is None:
        return Outcome(episode)  # nobody asked it
    reached = _reached(episode, event, now)
    if any(call.phase is not Phase.REACHED for call in reached.episode.calls):
        return reached
    note = Note(What.RESOLVED, event.responder, _out(TEST_PASSED))
    return _test_end(reached.episode, TEST_PASSED, now, *reached.effects, note)


def _test_due(episode: Episode, _: Due, now: int) -> Outcome:
    if episode.until_ms is not None and now >= episode.until_ms:
        note = Note(What.RESOLVED, "", _out(TEST_FAILED))
        return _test_end(episode, TEST_FAILED, now, note)
    return calls.due_calls(episode, now)


def _test_end(episode: Episode, outcome: str, now: int, *effects: Effect) -> Outcome:
    """A test rings no longer than its one soft sound: there is nothing to hush."""
    quiet = tuple(replace(call, phase=Phase.QUIET, again_ms=None) for call in episode.calls)
    over = replace(
        episode, state=State.RESOLVED, outcome=outcome, until_ms=None, ended_ms=now, calls=quiet
    )
    return Outcome(over, (*effects, Tell("resolved")))


def _test_resolve(episode: Episode, event: Resolved, now: int) -> Outcome:
    note = Note(What.RESOLVED, event.by, _out(event.outcome))
    return _test_end(episode, event.outcome, now, note)


# -- the table -------------------------------------------------------------------------------


# What is not here changes nothing: a press or a cancel after the end begins or finds no episode
# here (the engine looks for an open one), and a second outcome does not overwrite the first.
_CALL: Final[Mapping[State, Mapping[type, Callable[[Episode, Any, int], Outcome]]]] = {
    State.RINGING: {
        Pressed: _repeated,
        Cancelled: _cancel,
        Due: _due_ringing,
        Ringing: _reached,
        Hushed: _not_ringing,
        Back: _ring_back,
        Gone: _gone,
        Acknowledged: _acknowledge,
        Arrived: _arrive,
        Resolved: _resolve,
        Repaired: _repair,
        Replanned: _replan,
    },
    State.ACKNOWLEDGED: {
        Pressed: _pressed_again,
        Cancelled: _cancel_asked,
        Due: _due_acknowledged,
        Ringing: _should_be_quiet,
        Hushed: _is_quiet,
        Back: _hush_back,
        Acknowledged: _also_acknowledge,
        Arrived: _arrive,
        Resolved: _resolve,
        Repaired: _repair,
    },
    State.ARRIVED: {
        Pressed: _pressed_again,
        Cancelled: _cancel_asked,
        Due: _due_quiet,
        Ringing: _should_be_quiet,
        Hushed: _is_quiet,
        Back: _hush_back,
        Acknowledged: _also_acknowledge,
        Arrived: _also_arrive,
        Resolved: _resolve,
        Repaired: _repair,
    },
    State.RESOLVED: {
        Due: _due_quiet,
        Ringing: _should_be_quiet,
        Hushed: _is_quiet,
        Back: _hush_back,
        Acknowledged: _late_acknowledge,
        Arrived: _late_arrive,
    },
}

# A test proves the chain to the chime and back, and lives half a minute.
_TEST: Final[Mapping[State, Mapping[type, Callable[[Episode, Any, int], Outcome]]]] = {
    State.RINGING: {Ringing: _test_reached, Due: _test_due, Resolved: _test_resolve},
    State.ACKNOWLEDGED: {},
    State.ARRIVED: {},
    State.RESOLVED: {},
}
