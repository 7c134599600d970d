"""The calls of an episode: which chimes are told to ring or to be quiet, how often, and when again.

Owns the entering of a step and the repetition until a chime answers. Which event leads to which
step stands in `course`. Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lovebell.domain import duty, messages
from lovebell.domain.episode import (
    CANCELLED,
    Call,
    Effect,
    Episode,
    Hush,
    Note,
    Outcome,
    Phase,
    Ring,
    State,
    Tell,
    What,
)
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lovebell.domain.plan import Target

#: A chime that has not answered in this time counts as not reached (protocol, section 6).
CONFIRM_MS: Final = 2_000
#: Pauses between repetitions of a ring or a hush; the last one goes on.
AGAIN_MS: Final = (2_000, 4_000, 8_000, 15_000)
#: A chime rings this much longer than its step: the next step renews it before it stops.
MARGIN_MS: Final = 60_000


def ring_from(episode: Episode, step: int, now: int, *before: Effect) -> Outcome:
    """Enter a step, or the first after it that can reach somebody, or the last one."""
    effects: list[Effect] = list(before)
    while True:
        here = episode.plan[step]
        effects.append(Note(What.STEP, detail={"step": step + 1, "words": here.words}))
        # In one go and with few calls, here and above: at a first press a bell waits for this.
        present: tuple[Target, ...] = ()
        is_reached = False
        for target in here.targets:
            if target.duty is None or target.is_on_duty(now):
                present += (target,)
                if target.chimes or messages.may_reach(episode, target):
                    is_reached = True
                else:
                    effects.append(Note(What.UNREACHABLE, target.responder))
        if is_reached:
            break
        effects.append(duty.nobody(here, step, now))
        if step == episode.last_step:
            present = duty.all_the_same(episode, now)
            effects += [Note(What.OFF_DUTY)] if present else []
            break
        step += 1
    calls, rings = _ring_all(episode, step, present, now)
    ends = now + here.for_ms
    state = replace(episode, state=State.RINGING, step=step, calls=calls, until_ms=ends)
    state, sent = messages.ask(state, step, present, now)
    until = duty.until(state, step, now)
    if until != ends:  # seldom: somebody comes on duty before
        state = replace(state, until_ms=until)
    return Outcome(state, (*effects, *rings, *sent))


def _ring_all(
    episode: Episode, step: int, targets: tuple[Target, ...], now: int
) -> tuple[tuple[Call, ...], list[Effect]]:
    """Ring the chimes of a step's targets, and again all that were rung before, though their
    shift may be over, and whoever of an earlier step is on duty by now: loud beats late.

    But not a chime that has been taken from its responder meanwhile: that one is to be quiet.
    """
    here = episode.plan[step]
    until = now + here.for_ms + MARGIN_MS
    taken: tuple[Call, ...] = ()
    whose: dict[str, tuple[str, int]] = {}
    known: dict[str, Phase] = {}
    if episode.calls:  # not at a first press, which is to ring at once
        planned = {chime for s in episode.plan for target in s.targets for chime in target.chimes}
        taken = tuple(call for call in episode.calls if call.chime not in planned)
        whose = {c.chime: (c.responder, c.step) for c in episode.calls if c.chime in planned}
        known = {call.chime: renewed(call.phase) for call in episode.calls}
    for n, earlier in enumerate(episode.plan[:step]):
        for target in earlier.targets:
            if target.is_on_duty(now):
                for chime in target.chimes:
                    whose.setdefault(chime, (target.responder, n))
    for target in targets:
        for chime in target.chimes:
            whose[chime] = (target.responder, step)
    calls: list[Call] = []
    effects: list[Effect] = []
    for chime, (responder, its_step) in whose.items():
        phase = known.get(chime, Phase.RUNG)
        calls.append(Call(chime, responder, phase, its_step, 1, now + CONFIRM_MS, until))
        effects.append(Ring(chime, step + 1, until - now))
        if chime not in known:
            effects.append(Note(What.RUNG, responder, {"chime": chime}))
    return (*calls, *taken), effects


def ring_on(episode: Episode, now: int, note: Note) -> Outcome:
    """Nobody has come: ring again, one step further; from the first if nobody was ever called."""
    step = min(episode.step + 1, episode.last_step) if episode.calls or episode.asks else 0
    return ring_from(episode, step, now, note, Tell("ringing"))


def passed_if_lost(before: Outcome, now: int) -> Outcome:
    """Go on at once if nobody in this step can be reached (any more)."""
    episode = before.episode
    here = [call for call in episode.calls if call.step == episode.step and is_called(call)]
    if episode.step == episode.last_step or any(c.phase is not Phase.MISSED for c in here):
        return before
    if messages.is_asked(episode):
        return before
    passed = Note(What.PASSED, detail={"step": episode.step + 1})
    # Its rings are said again below, with the next step's.
    kept = [effect for effect in before.effects if not isinstance(effect, Ring)]
    return ring_from(episode, episode.step + 1, now, *kept, passed)


def is_called(call: Call) -> bool:
    """Whether the chime is to ring."""
    return call.phase not in (Phase.HUSHING, Phase.QUIET)


def missed(episode: Episode, call: Call, now: int) -> Outcome:
    """A chime that turns out not to ring: as if it had never answered, and told again soon."""
    note = Note(What.MISSED, call.responder, {"chime": call.chime})
    lost = replace(call, phase=Phase.MISSED, tries=1, again_ms=now + pause(1))
    return passed_if_lost(Outcome(with_call(episode, lost), (note,)), now)


def with_call(episode: Episode, call: Call) -> Episode:
    """The episode with this call in the place of the one of the same chime."""
    calls = [call if old.chime == call.chime else old for old in episode.calls]
    return replace(episode, calls=tuple(calls))


def call_of(episode: Episode, chime: str) -> Call | None:
    """The call of a chime; None when it was never told to ring."""
    for call in episode.calls:
        if call.chime == chime:
            return call
    return None


def renewed(phase: Phase) -> Phase:
    """What a chime that is told once more is: what is known of it need not be recorded again."""
    if phase is Phase.MISSED:
        return Phase.MISSED
    return Phase.RENEWED if phase in (Phase.REACHED, Phase.RENEWED) else Phase.RUNG


def pause(tries: int) -> int:
    """Milliseconds until the next repetition."""
    return AGAIN_MS[min(tries, len(AGAIN_MS)) - 1]


def _tell_again(episode: Episode, call: Call, now: int) -> tuple[Call, list[Effect]]:
    """A call whose time to answer is over."""
    effects: list[Effect] = []
    if call.phase is Phase.HUSHING:
        if now >= call.until_ms:  # it has stopped by itself
            return replace(call, phase=Phase.QUIET, again_ms=None), effects
        effects.append(hush(episode, call.chime))
    else:
        if call.phase is not Phase.MISSED:
            effects.append(Note(What.MISSED, call.responder, {"chime": call.chime}))
        call = replace(call, phase=Phase.MISSED)
        effects.append(Ring(call.chime, episode.step + 1, max(call.until_ms - now, MARGIN_MS)))
    tries = call.tries + 1
    return replace(call, tries=tries, again_ms=now + pause(tries)), effects


def hush(episode: Episode, chime: str) -> Hush:
    """What tells a chime to stop, and why."""
    who = episode.coming[0].name if episode.coming else ""
    if episode.state is not State.RESOLVED:
        return Hush(chime, "acknowledged", who)
    return Hush(chime, "cancelled" if episode.outcome == CANCELLED else "resolved", who)


def hush_all(episode: Episode, now: int, but: Iterable[str] = ()) -> Outcome:
    """Tell every chime that may be ringing to stop, and whoever was asked by message why; `but`
    have stopped by themselves.
    """
    calls: list[Call] = []
    effects: list[Effect] = []
    for call in episode.calls:
        if call.chime in but:
            calls.append(replace(call, phase=Phase.QUIET, again_ms=None))
        elif call.phase in (Phase.HUSHING, Phase.QUIET):
            calls.append(call)
        else:
            effects.append(hush(episode, call.chime))
            calls.append(replace(call, phase=Phase.HUSHING, tries=1, again_ms=now + pause(1)))
    quiet, told = messages.stand_down(replace(episode, calls=tuple(calls)), now)
    return Outcome(quiet, (*effects, *told))


def due_calls(episode: Episode, now: int) -> Outcome:
    """Tell again whoever has not answered in time."""
    calls: list[Call] = []
    effects: list[Effect] = []
    for call in episode.calls:
        if call.again_ms is not None and now >= call.again_ms:
            call, more = _tell_again(episode, call, now)
            effects += more
        calls.append(call)
    return Outcome(replace(episode, calls=tuple(calls)), tuple(effects))
