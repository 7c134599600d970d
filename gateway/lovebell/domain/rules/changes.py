"""What operators change while an episode runs: whose chime is whose, and whom there is to call.

Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lovebell.domain import calls, duty, messages
from lovebell.domain.calls import CONFIRM_MS, MARGIN_MS
from lovebell.domain.episode import Call, Note, Outcome, Phase, Ring, State, What
from lovebell.domain.plan import reaches_anybody
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from lovebell.domain.episode import Effect, Episode
    from lovebell.domain.events import Repaired, Replanned, Rostered
    from lovebell.domain.plan import CallStep, Target


def repair(episode: Episode, event: Repaired, now: int) -> Outcome:
    """Other chimes or contacts from now on; those of a step that has begun ring or hush at once."""
    me = event.target
    plan = tuple(
        replace(step, targets=tuple(_with_things_of(me, target) for target in step.targets))
        for step in episode.plan
    )
    state = replace(episode, plan=plan)
    effects = _changes(episode.plan, me)
    if state.state is not State.RINGING:
        return Outcome(state, tuple(effects))
    begun = _begun(state, me, now)
    rung: list[Call] = []
    for call in state.calls:
        if begun and call.chime in me.chimes and call.responder != me.responder:
            # Handed over while it rings: whoever had it must not silence it.
            call = replace(call, responder=me.responder, step=begun[-1])
        elif (
            call.responder == me.responder and call.chime not in me.chimes and calls.is_called(call)
        ):
            effects.append(calls.hush(state, call.chime))
            again = now + calls.pause(1)
            call = replace(call, phase=Phase.HUSHING, tries=1, again_ms=again)
        rung.append(call)
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
    state = replace(state, calls=tuple(rung))
    if begun:
        state = messages.anew(state, me.responder, _new_contacts(episode.plan, me), now)
        state, sent = messages.ask(state, begun[-1], (me,), now)
        effects += sent
    return calls.passed_if_lost(Outcome(state, tuple(effects)), now)


def _begun(episode: Episode, me: Target, now: int) -> list[int]:
    """The steps that have begun in which they are called: on duty, or called before."""
    was_called = any(call.responder == me.responder for call in episode.calls)
    return [
        n
        for n, step in enumerate(episode.plan[: episode.step + 1])
        for target in step.targets
        if target.responder == me.responder and (was_called or target.is_on_duty(now))
    ]


def _new_contacts(plan: tuple[CallStep, ...], me: Target) -> set[str]:
    """The contacts of theirs that the plan does not know."""
    steps = (target for step in plan for target in step.targets)
    known = {c for target in steps if target.responder == me.responder for c in target.contacts}
    return set(me.contacts) - known


def _with_things_of(me: Target, target: Target) -> Target:
    """The target, if it is they, with what is now theirs; their hours are another matter."""
    if target.responder != me.responder:
        return target
    return replace(target, chimes=me.chimes, contacts=me.contacts)


def _changes(plan: tuple[CallStep, ...], me: Target) -> list[Effect]:
    """The record of what is another's or new."""
    was = next((t for s in plan for t in s.targets if t.responder == me.responder), me)
    notes: list[Effect] = []
    if was.chimes != me.chimes:
        notes.append(Note(What.REPAIRED, me.responder, {"chimes": ",".join(me.chimes)}))
    if was.contacts != me.contacts:
        detail = {"channels": ",".join(me.contacts)}
        notes.append(Note(What.CONTACTS_CHANGED, me.responder, detail))
    return notes


def roster(episode: Episode, event: Rostered, now: int) -> Outcome:
    """Who is on duty has changed: the step begins anew if somebody in it was not called yet."""
    if event.plan == episode.plan or _steps(event.plan) != _steps(episode.plan):
        return Outcome(episode)
    known = {target.responder for step in episode.plan for target in step.targets}
    now_known = dict.fromkeys(t.responder for step in event.plan for t in step.targets)
    notes = tuple(Note(What.ROSTERED, one) for one in now_known if one not in known)
    state = replace(episode, plan=event.plan)
    if state.state is State.RINGING and state.until_ms is not None:
        until = now if duty.has_come(state, now) else duty.until(state, state.step, now)
        state = replace(state, until_ms=min(state.until_ms, until))
    return Outcome(state, notes)


def _steps(plan: tuple[CallStep, ...]) -> list[tuple[str, int]]:
    return [(step.words, step.for_ms) for step in plan]


def replan(episode: Episode, event: Replanned, now: int) -> Outcome:
    """Only where nobody could be called: otherwise the episode keeps its own copy.

    While somebody is coming or there it waits for its turn.
    """
    if reaches_anybody(episode.plan) or not reaches_anybody(event.plan):
        return Outcome(episode)
    state, note = replace(episode, plan=event.plan, step=0), Note(What.REPLANNED)
    if episode.state is not State.RINGING:
        return Outcome(state, (note,))
    return calls.ring_from(state, 0, now, note)
