"""What becomes of messages: a service takes one, refuses it, or is given up.

Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lovebell.domain import calls, messages
from lovebell.domain.episode import Asked, Note, Outcome, State, What

if TYPE_CHECKING:
    from lovebell.domain.episode import Episode
    from lovebell.domain.events import Delivered, Undelivered


def delivered(episode: Episode, event: Delivered, _: int) -> Outcome:
    detail = {"channel": event.channel, "message": event.kind, "said": event.said}
    note = Note(What.MESSAGED, event.responder, detail)
    return Outcome(messages.with_answer(episode, event, Asked.TAKEN), (note,))


def undelivered(episode: Episode, event: Undelivered, now: int) -> Outcome:
    """Whoever cannot be told keeps nobody waiting: a step that has nobody else is passed."""
    reason = {"said" if event.refused else "why": event.why}
    detail = {"channel": event.channel, "message": event.kind, **reason}
    what = What.MESSAGE_REFUSED if event.refused else What.MESSAGE_GIVEN_UP
    failed = messages.with_answer(episode, event, Asked.FAILED)
    outcome = Outcome(failed, (Note(what, event.responder, detail),))
    if failed.asks == episode.asks or episode.state is not State.RINGING:
        return outcome
    return calls.passed_if_lost(outcome, now)
