"""What a chime says of itself: that it rings, is quiet, came on line or went.

Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lovebell.domain import calls
from lovebell.domain.calls import CONFIRM_MS, MARGIN_MS
from lovebell.domain.episode import Call, Note, Outcome, Phase, Ring, What
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from lovebell.domain.episode import Episode
    from lovebell.domain.events import Back, Gone, Hushed, Ringing


def reached(episode: Episode, event: Ringing, now: int) -> Outcome:
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


def should_be_quiet(episode: Episode, event: Ringing, now: int) -> Outcome:
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


def is_quiet(episode: Episode, event: Hushed, _: int) -> Outcome:
    call = calls.call_of(episode, event.chime)
    if call is None or call.phase is not Phase.HUSHING:
        return Outcome(episode)
    return Outcome(calls.with_call(episode, replace(call, phase=Phase.QUIET, again_ms=None)))


def not_ringing(episode: Episode, event: Hushed, now: int) -> Outcome:
    """A chime says that it is quiet while it should ring: a hush has overtaken the ring."""
    call = calls.call_of(episode, event.chime)
    if call is None or call.phase not in (Phase.REACHED, Phase.RENEWED):
        return is_quiet(episode, event, now)
    return calls.missed(episode, call, now)


def gone(episode: Episode, event: Gone, now: int) -> Outcome:
    call = calls.call_of(episode, event.chime)
    if call is None or call.phase is Phase.MISSED or not calls.is_called(call):
        return Outcome(episode)
    return calls.missed(episode, call, now)


def ring_back(episode: Episode, event: Back, now: int) -> Outcome:
    """A chime that comes on line has forgotten what it rang, or never heard of it."""
    call = calls.call_of(episode, event.chime)
    if call is None or call.phase in (Phase.HUSHING, Phase.QUIET):
        return Outcome(episode)
    for_ms = max(call.until_ms - now, MARGIN_MS)
    phase = calls.renewed(call.phase)
    rung = replace(call, phase=phase, tries=1, again_ms=now + CONFIRM_MS, until_ms=now + for_ms)
    return Outcome(calls.with_call(episode, rung), (Ring(call.chime, episode.step + 1, for_ms),))


def hush_back(episode: Episode, event: Back, _: int) -> Outcome:
    call = calls.call_of(episode, event.chime)
    if call is None or call.phase is not Phase.HUSHING:
        return Outcome(episode)
    return Outcome(episode, (calls.hush(episode, event.chime),))
