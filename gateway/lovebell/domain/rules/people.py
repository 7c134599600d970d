"""What a responder does: says that he is coming, arrives; in time, as well, or late.

Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lovebell.domain import calls
from lovebell.domain.episode import Note, Outcome, State, Tell, What
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from lovebell.domain.episode import Effect, Episode
    from lovebell.domain.events import Acknowledged, Arrived
    from lovebell.domain.plan import Target


def acknowledge(episode: Episode, event: Acknowledged, now: int) -> Outcome:
    until = event.at_ms + episode.limits.acknowledge_ms
    if until <= now:  # it was long on its way: whoever said it should have been here by now
        return Outcome(episode, (Note(What.STALE_ACKNOWLEDGED, event.target.responder),))
    coming = _joined(episode, event.target, first=True)
    state = replace(episode, state=State.ACKNOWLEDGED, coming=coming, until_ms=until)
    hushed = calls.hush_all(state, now, but=(event.chime,))
    note = Note(What.ACKNOWLEDGED, event.target.responder, {"by": event.by})
    return replace(hushed, effects=(note, *hushed.effects, Tell("coming", event.target.name)))


def also_acknowledge(episode: Episode, event: Acknowledged, now: int) -> Outcome:
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
    if until != episode.until_ms:  # that somebody comes holds longer than the button was told
        effects += (Tell("coming", state.coming[0].name),)
    return Outcome(state, effects)


def late_acknowledge(episode: Episode, event: Acknowledged, _: int) -> Outcome:
    effects: tuple[Effect, ...] = (
        Note(What.LATE_ACKNOWLEDGED, event.target.responder, {"by": event.by}),
    )
    if event.chime:
        effects += (calls.hush(episode, event.chime),)
    return Outcome(episode, effects)


def arrive(episode: Episode, event: Arrived, now: int) -> Outcome:
    coming = _joined(episode, event.target, first=True)
    here = (event.target.responder,)
    state = replace(episode, state=State.ARRIVED, coming=coming, arrived=here, until_ms=None)
    hushed = calls.hush_all(state, now)
    note = Note(What.ARRIVED, event.target.responder, {"by": event.by})
    return replace(hushed, effects=(note, *hushed.effects, Tell("arrived", event.target.name)))


def also_arrive(episode: Episode, event: Arrived, _: int) -> Outcome:
    me = event.target
    if me.responder in episode.arrived:
        return Outcome(episode)
    if all(other.responder != me.responder for other in episode.coming):
        episode = replace(episode, coming=(*episode.coming, me))
    state = replace(episode, arrived=(*episode.arrived, me.responder))
    note = Note(What.ALSO_ARRIVED, event.target.responder, {"by": event.by})
    return Outcome(state, (note,))


def late_arrive(episode: Episode, event: Arrived, _: int) -> Outcome:
    return Outcome(episode, (Note(What.LATE_ARRIVED, event.target.responder, {"by": event.by}),))


def _joined(episode: Episode, target: Target, *, first: bool = False) -> tuple[Target, ...]:
    others = tuple(other for other in episode.coming if other.responder != target.responder)
    return (target, *others) if first else (*others, target)
