"""Responders who are on their way to another home: rung all the same, but not waited for.

Whoever is at one door may not get to the next; but loud beats late, and nobody knows better
than she whether she can come. So her chime rings, and the plan goes on at once. Time is an
argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lovebell.domain import calls, messages
from lovebell.domain.episode import Asked, Note, Outcome, Phase, Ring, State, What
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from collections.abc import Collection

    from lovebell.domain.episode import Episode
    from lovebell.domain.plan import Target


def heed(outcome: Outcome, now: int, busy: Collection[str]) -> Outcome:
    """What an event came to, seen that these responders are busy elsewhere.

    A step in which all who may hear of it are busy is passed at once, like one that reaches
    nobody; the last one is not, it repeats. Every step that is entered says who is busy.
    """
    while busy and outcome.episode.state is State.RINGING:
        episode = outcome.episode
        here = [t for t in episode.plan[episode.step].targets if t.is_on_duty(now)]
        taken = [t for t in here if t.responder in busy and messages.may_reach(episode, t)]
        stays = episode.step == episode.last_step or any(
            _may_hear(episode, target) for target in here if target.responder not in busy
        )
        if not taken or (stays and not _is_entered(outcome)):
            break
        notes = [Note(What.BUSY, target.responder) for target in taken]
        outcome = replace(outcome, effects=(*outcome.effects, *notes))
        if stays:
            break
        passed = Note(What.PASSED_BUSY, detail={"step": episode.step + 1})
        # Its rings are said again below, with the next step's.
        kept = [effect for effect in outcome.effects if not isinstance(effect, Ring)]
        outcome = calls.ring_from(episode, episode.step + 1, now, *kept, passed)
    return outcome


def _may_hear(episode: Episode, target: Target) -> bool:
    rung = any(
        call.chime in target.chimes and calls.is_called(call) and call.phase is not Phase.MISSED
        for call in episode.calls
    )
    return rung or any(
        ask.responder == target.responder and ask.phase is not Asked.FAILED for ask in episode.asks
    )


def _is_entered(outcome: Outcome) -> bool:
    """Whether the step is one that has just begun."""
    steps = [
        effect.detail["step"]
        for effect in outcome.effects
        if isinstance(effect, Note) and effect.what is What.STEP
    ]
    return outcome.episode.step + 1 in steps[-1:]
