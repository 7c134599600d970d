"""What follows when a deadline has passed.

Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lovebell.domain import calls, duty
from lovebell.domain.episode import Note, Outcome, Ring, What

if TYPE_CHECKING:
    from lovebell.domain.episode import Episode
    from lovebell.domain.events import Due


def while_ringing(episode: Episode, _: Due, now: int) -> Outcome:
    again = calls.due_calls(episode, now)
    if episode.until_ms is None or now < episode.until_ms:
        return calls.passed_if_lost(again, now) if again.effects else again
    # The next step rings them all again.
    kept = [effect for effect in again.effects if not isinstance(effect, Ring)]
    step = episode.step
    if not duty.has_come(again.episode, now):  # or the step begins anew
        step = min(step + 1, episode.last_step)
    return calls.ring_from(again.episode, step, now, *kept)


def while_acknowledged(episode: Episode, _: Due, now: int) -> Outcome:
    again = calls.due_calls(episode, now)
    if episode.until_ms is None or now < episode.until_ms:
        return again
    late = episode.coming[0].responder if episode.coming else ""
    return calls.ring_on(again.episode, now, Note(What.EXPIRED, late))


def while_quiet(episode: Episode, _: Due, now: int) -> Outcome:
    return calls.due_calls(episode, now)
