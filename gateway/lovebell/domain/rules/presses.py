"""What the elder does with the button while an episode is open: presses again, takes it back.

Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lovebell.domain import calls
from lovebell.domain.episode import CANCELLED, Note, Outcome, What
from lovebell.domain.rules import ending
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from lovebell.domain.episode import Episode
    from lovebell.domain.events import Cancelled, Pressed

#: How far two ages that a button gives may be apart from the truth: what it takes to travel.
AGE_ERROR_MS: Final = 2_000


def repeated(episode: Episode, event: Pressed, _: int) -> Outcome:
    pressed = _with_press(episode, event)
    note = Note(What.REPEATED, episode.button, {"presses": pressed.presses, **event.detail})
    return Outcome(pressed, (note,))


def pressed_again(episode: Episode, event: Pressed, now: int) -> Outcome:
    pressed = _with_press(episode, event)
    note = Note(What.PRESSED_AGAIN, episode.button, {"presses": pressed.presses, **event.detail})
    return calls.ring_on(pressed, now, note)


def _with_press(episode: Episode, event: Pressed) -> Episode:
    last = max(episode.last_at_ms, event.at_ms)
    return replace(episode, presses=episode.presses + event.count, last_at_ms=last)


def cancel(episode: Episode, event: Cancelled, now: int) -> Outcome:
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
        return cancel_asked(episode, event, now)
    return ending.end(
        episode,
        CANCELLED,
        now,
        Note(What.RESOLVED, episode.button, ending.outcome_detail(CANCELLED)),
    )


def cancel_asked(episode: Episode, _event: Cancelled, _now: int) -> Outcome:
    return Outcome(episode, (Note(What.CANCEL_ASKED, episode.button),))
