"""The course of an episode: which event does what in which state. One table, at the end.

Owns every decision between a press and its outcome. Knows nothing of how rings travel or where
records lie. Time is an argument.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

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
    Hush,
    Hushed,
    Kind,
    Limits,
    Note,
    Outcome,
    Phase,
    Pressed,
    Repaired,
    Resolved,
    Ring,
    Ringing,
    State,
    Tell,
    What,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lovebell.domain.plan import CallStep, Target

#: A chime that has not answered in this time counts as not reached (protocol, section 6).
CONFIRM_MS: Final = 2_000
#: Pauses between repetitions of a ring or a hush; the last one goes on.
AGAIN_MS: Final = (2_000, 4_000, 8_000, 15_000)
#: A chime rings this much longer than its step: the next step renews it before it stops.
MARGIN_MS: Final = 60_000

CANCELLED: Final = "cancelled"
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
) -> Outcome:
    """The episode of a first press. `home` is its id and its label; `plan` has a step or more."""
    fresh = Episode(episode, kind, button, home[0], home[1], plan, limits, now)
    told = Tell("ringing")
    if kind is Kind.CALL:
        return _ring_from(fresh, 0, now, told)
    first = replace(fresh, plan=plan[:1])
    rung = _ring_from(first, 0, now, told)
    return replace(rung, episode=replace(rung.episode, until_ms=now + limits.test_ms))


def advance(episode: Episode, event: Event, now: int) -> Outcome:
    """What the event makes of the episode.

    An event that the state does not know returns the episode unchanged and no effects, so a
    duplicate is harmless.
    """
    table = _CALL if episode.kind is Kind.CALL else _TEST
    rule = table[episode.state].get(type(event))
    return Outcome(episode) if rule is None else rule(episode, event, now)


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


# -- ringing ---------------------------------------------------------------------------------


def _ring_from(episode: Episode, step: int, now: int, *before: Effect) -> Outcome:
    """Enter a step, or the first after it that can reach somebody, or the last one."""
    effects: list[Effect] = list(before)
    while True:
        here = episode.plan[step]
        effects.append(Note(What.STEP, detail={"step": step + 1, "words": here.words}))
        effects += [Note(What.UNREACHABLE, t.responder) for t in here.targets if not t.chimes]
        if any(target.chimes for target in here.targets):
            break
        effects.append(Note(What.NOBODY, detail={"step": step + 1}))
        if step == episode.last_step:
            break
        step += 1
    calls, rings = _ring_all(episode, step, now)
    state = replace(
        episode, state=State.RINGING, step=step, until_ms=now + here.for_ms, calls=calls
    )
    return Outcome(state, (*effects, *rings))


def _ring_all(episode: Episode, step: int, now: int) -> tuple[tuple[Call, ...], list[Effect]]:
    """Ring the step's chimes, and again all that were rung before: loud beats late."""
    here = episode.plan[step]
    until = now + here.for_ms + MARGIN_MS
    whose = {call.chime: (call.responder, call.step) for call in episode.calls}
    for target in here.targets:
        for chime in target.chimes:
            whose[chime] = (target.responder, step)
    known = {call.chime: _renewed(call.phase) for call in episode.calls}
    calls = tuple(
        Call(
            chime,
            responder,
            known.get(chime, Phase.RUNG),
            its_step,
            1,
            now + CONFIRM_MS,
            until,
        )
        for chime, (responder, its_step) in whose.items()
    )
    effects: list[Effect] = []
    for call in calls:
        effects.append(Ring(call.chime, step + 1, until - now))
        if call.chime not in known:
            effects.append(Note(What.RUNG, call.responder, {"chime": call.chime}))
    return calls, effects


def _ring_on(episode: Episode, now: int, note: Note) -> Outcome:
    """Nobody has come: ring again, one step further."""
    step = min(episode.step + 1, episode.last_step)
    return _ring_from(episode, step, now, note, Tell("ringing"))


# -- calls -----------------------------------------------------------------------------------


def _with_call(episode: Episode, call: Call) -> Episode:
    calls = tuple(call if old.chime == call.chime else old for old in episode.calls)
    return replace(episode, calls=calls)


def _call_of(episode: Episode, chime: str) -> Call | None:
    return next((call for call in episode.calls if call.chime == chime), None)


def _renewed(phase: Phase) -> Phase:
    """What a chime that is told once more is: it need not be recorded again that it rings."""
    return Phase.RENEWED if phase in (Phase.REACHED, Phase.RENEWED) else Phase.RUNG


def _pause(tries: int) -> int:
    return AGAIN_MS[min(tries, len(AGAIN_MS)) - 1]


def _tell_again(episode: Episode, call: Call, now: int) -> tuple[Call, list[Effect]]:
    """A call whose time to answer is over."""
    effects: list[Effect] = []
    if call.phase is Phase.HUSHING:
        if now >= call.until_ms:  # it has stopped by itself
            return replace(call, phase=Phase.QUIET, again_ms=None), effects
        effects.append(_hush(episode, call.chime))
    else:
        if call.phase is not Phase.MISSED:
            effects.append(Note(What.MISSED, call.responder, {"chime": call.chime}))
        call = replace(call, phase=Phase.MISSED)
        effects.append(Ring(call.chime, episode.step + 1, max(call.until_ms - now, MARGIN_MS)))
    tries = call.tries + 1
    return replace(call, tries=tries, again_ms=now + _pause(tries)), effects


def _hush(episode: Episode, chime: str) -> Hush:
    who = episode.coming[0].name if episode.coming else ""
    if episode.state is not State.RESOLVED:
        return Hush(chime, "acknowledged", who)
    return Hush(chime, "cancelled" if episode.outcome == CANCELLED else "resolved", who)


def _hush_all(episode: Episode, now: int, but: Iterable[str] = ()) -> Outcome:
    """Tell every chime that may be ringing to stop; `but` have stopped by themselves."""
    calls: list[Call] = []
    effects: list[Effect] = []
    for call in episode.calls:
        if call.chime in but:
            calls.append(replace(call, phase=Phase.QUIET, again_ms=None))
        elif call.phase in (Phase.HUSHING, Phase.QUIET):
            calls.append(call)
        else:
            effects.append(_hush(episode, call.chime))
            calls.append(replace(call, phase=Phase.HUSHING, tries=1, again_ms=now + _pause(1)))
    return Outcome(replace(episode, calls=tuple(calls)), tuple(effects))


# -- the rules -------------------------------------------------------------------------------


def _repeated(episode: Episode, event: Pressed, _: int) -> Outcome:
    presses = episode.presses + event.count
    note = Note(What.REPEATED, episode.button, {"presses": presses, **event.detail})
    return Outcome(replace(episode, presses=presses), (note,))


def _pressed_again(episode: Episode, event: Pressed, now: int) -> Outcome:
    presses = episode.presses + event.count
    note = Note(What.PRESSED_AGAIN, episode.button, {"presses": presses, **event.detail})
    return _ring_on(replace(episode, presses=presses), now, note)


def _cancel(episode: Episode, event: Cancelled, now: int) -> Outcome:
    """In the first seconds the elder's word ends it; later a human has to make sure."""
    if episode.coming or now - episode.begun_ms > episode.limits.cancel_ms:
        return _cancel_asked(episode, event, now)
    return _end(episode, CANCELLED, now, Note(What.RESOLVED, episode.button, _out(CANCELLED)))


def _cancel_asked(episode: Episode, _event: Cancelled, _now: int) -> Outcome:
    return Outcome(episode, (Note(What.CANCEL_ASKED, episode.button),))


def _due_ringing(episode: Episode, _: Due, now: int) -> Outcome:
    if episode.until_ms is not None and now >= episode.until_ms:
        return _ring_from(episode, min(episode.step + 1, episode.last_step), now)
    again = _due_calls(episode, now)
    here = [call for call in again.episode.calls if call.step == episode.step]
    lost = here and all(call.phase is Phase.MISSED for call in here)
    if again.effects and lost and episode.step < episode.last_step:
        passed = Note(What.PASSED, detail={"step": episode.step + 1})
        notes = [effect for effect in again.effects if isinstance(effect, Note)]
        return _ring_from(again.episode, episode.step + 1, now, *notes, passed)
    return again


def _due_calls(episode: Episode, now: int) -> Outcome:
    calls: list[Call] = []
    effects: list[Effect] = []
    for call in episode.calls:
        if call.again_ms is not None and now >= call.again_ms:
            call, more = _tell_again(episode, call, now)
            effects += more
        calls.append(call)
    return Outcome(replace(episode, calls=tuple(calls)), tuple(effects))


def _due_acknowledged(episode: Episode, _: Due, now: int) -> Outcome:
    if episode.until_ms is None or now < episode.until_ms:
        return _due_calls(episode, now)
    late = episode.coming[0].responder if episode.coming else ""
    return _ring_on(episode, now, Note(What.EXPIRED, late))


def _due_quiet(episode: Episode, _: Due, now: int) -> Outcome:
    return _due_calls(episode, now)


def _reached(episode: Episode, event: Ringing, now: int) -> Outcome:
    call = _call_of(episode, event.chime)
    note = Note(What.REACHED, event.responder, {"chime": event.chime})
    if call is None:  # it rings by itself: it heard the button directly
        until = now + episode.plan[episode.step].for_ms + MARGIN_MS
        own = Call(event.chime, event.responder, Phase.REACHED, episode.step, 1, None, until)
        return Outcome(replace(episode, calls=(*episode.calls, own)), (note,))
    if call.phase is Phase.REACHED:
        return Outcome(episode)
    state = _with_call(episode, replace(call, phase=Phase.REACHED, again_ms=None))
    return Outcome(state, () if call.phase is Phase.RENEWED else (note,))


def _should_be_quiet(episode: Episode, event: Ringing, now: int) -> Outcome:
    """A ring that came late, or a hush that was lost."""
    call = _call_of(episode, event.chime)
    until = now + MARGIN_MS if call is None else max(call.until_ms, now + MARGIN_MS)
    own = Call(event.chime, event.responder, Phase.HUSHING, episode.step, 1, now + _pause(1), until)
    if call is None:
        state = replace(episode, calls=(*episode.calls, own))
    else:
        state = _with_call(episode, own)
    return Outcome(state, (_hush(episode, event.chime),))


def _is_quiet(episode: Episode, event: Hushed, _: int) -> Outcome:
    call = _call_of(episode, event.chime)
    if call is None or call.phase is not Phase.HUSHING:
        return Outcome(episode)
    return Outcome(_with_call(episode, replace(call, phase=Phase.QUIET, again_ms=None)))


def _ring_back(episode: Episode, event: Back, now: int) -> Outcome:
    """A chime that comes on line has forgotten what it rang, or never heard of it."""
    call = _call_of(episode, event.chime)
    if call is None or call.phase in (Phase.HUSHING, Phase.QUIET):
        return Outcome(episode)
    for_ms = max(call.until_ms - now, MARGIN_MS)
    phase = Phase.MISSED if call.phase is Phase.MISSED else _renewed(call.phase)
    rung = replace(call, phase=phase, tries=1, again_ms=now + CONFIRM_MS, until_ms=now + for_ms)
    return Outcome(_with_call(episode, rung), (Ring(call.chime, episode.step + 1, for_ms),))


def _hush_back(episode: Episode, event: Back, _: int) -> Outcome:
    call = _call_of(episode, event.chime)
    if call is None or call.phase is not Phase.HUSHING:
        return Outcome(episode)
    return Outcome(episode, (_hush(episode, event.chime),))


def _acknowledge(episode: Episode, event: Acknowledged, now: int) -> Outcome:
    coming = _joined(episode, event.target, first=True)
    until = now + episode.limits.acknowledge_ms
    state = replace(episode, state=State.ACKNOWLEDGED, coming=coming, until_ms=until)
    hushed = _hush_all(state, now, but=(event.chime,))
    note = Note(What.ACKNOWLEDGED, event.target.responder, {"by": event.by})
    return replace(hushed, effects=(note, *hushed.effects, Tell("coming", event.target.name)))


def _also_acknowledge(episode: Episode, event: Acknowledged, now: int) -> Outcome:
    """A second one comes as well, and is told who was first. The first one again: nothing new."""
    if any(other.responder == event.target.responder for other in episode.coming):
        return Outcome(episode)
    until = None if episode.until_ms is None else now + episode.limits.acknowledge_ms
    state = replace(episode, coming=_joined(episode, event.target), until_ms=until)
    effects: tuple[Effect, ...] = (
        Note(What.ALSO_ACKNOWLEDGED, event.target.responder, {"by": event.by}),
    )
    if event.chime:
        effects += (_hush(episode, event.chime),)
    return Outcome(state, effects)


def _late_acknowledge(episode: Episode, event: Acknowledged, _: int) -> Outcome:
    effects: tuple[Effect, ...] = (
        Note(What.LATE_ACKNOWLEDGED, event.target.responder, {"by": event.by}),
    )
    if event.chime:
        effects += (_hush(episode, event.chime),)
    return Outcome(episode, effects)


def _arrive(episode: Episode, event: Arrived, now: int) -> Outcome:
    coming = _joined(episode, event.target, first=True)
    state = replace(episode, state=State.ARRIVED, coming=coming, until_ms=None)
    hushed = _hush_all(state, now)
    note = Note(What.ARRIVED, event.target.responder, {"by": event.by})
    return replace(hushed, effects=(note, *hushed.effects, Tell("arrived", event.target.name)))


def _also_arrive(episode: Episode, event: Arrived, _: int) -> Outcome:
    note = Note(What.ALSO_ARRIVED, event.target.responder, {"by": event.by})
    return Outcome(replace(episode, coming=_joined(episode, event.target)), (note,))


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
    hushed = _hush_all(over, now)
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
    gone = [c for c in state.calls if c.responder == me.responder and c.chime not in me.chimes]
    calls = [call for call in state.calls if call not in gone]
    effects: list[Effect] = [note, *(_hush(state, call.chime) for call in gone)]
    here = plan[state.step]
    begun = [n for n, s in enumerate(plan[: state.step + 1]) if me in s.targets]
    until = now + here.for_ms + MARGIN_MS
    for chime in me.chimes:
        if begun and not any(call.chime == chime for call in calls):
            again = now + CONFIRM_MS
            calls.append(Call(chime, me.responder, Phase.RUNG, begun[-1], 1, again, until))
            effects += [
                Ring(chime, state.step + 1, until - now),
                Note(What.RUNG, me.responder, {"chime": chime}),
            ]
    return Outcome(replace(state, calls=tuple(calls)), tuple(effects))


# -- tests -----------------------------------------------------------------------------------


def _test_reached(episode: Episode, event: Ringing, now: int) -> Outcome:
    reached = _reached(episode, event, now)
    calls = reached.episode.calls
    if any(call.phase is not Phase.REACHED for call in calls):
        return reached
    note = Note(What.RESOLVED, event.responder, _out(TEST_PASSED))
    return _test_end(reached.episode, TEST_PASSED, now, *reached.effects, note)


def _test_due(episode: Episode, _: Due, now: int) -> Outcome:
    if episode.until_ms is not None and now >= episode.until_ms:
        note = Note(What.RESOLVED, "", _out(TEST_FAILED))
        return _test_end(episode, TEST_FAILED, now, note)
    return _due_calls(episode, now)


def _test_end(episode: Episode, outcome: str, now: int, *effects: Effect) -> Outcome:
    """A test rings no longer than its one soft sound: there is nothing to hush."""
    calls = tuple(replace(call, phase=Phase.QUIET, again_ms=None) for call in episode.calls)
    over = replace(
        episode, state=State.RESOLVED, outcome=outcome, until_ms=None, ended_ms=now, calls=calls
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
        Hushed: _is_quiet,
        Back: _ring_back,
        Acknowledged: _acknowledge,
        Arrived: _arrive,
        Resolved: _resolve,
        Repaired: _repair,
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
