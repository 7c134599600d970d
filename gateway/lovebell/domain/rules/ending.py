"""How an episode ends.

Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lovebell.domain import calls
from lovebell.domain.episode import Note, Outcome, State, Tell, What
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from lovebell.domain.episode import Episode
    from lovebell.domain.events import Resolved


def resolve(episode: Episode, event: Resolved, now: int) -> Outcome:
    detail = outcome_detail(event.outcome) | ({"note": event.note} if event.note else {})
    return end(episode, event.outcome, now, Note(What.RESOLVED, event.by, detail))


def end(episode: Episode, outcome: str, now: int, note: Note) -> Outcome:
    over = replace(episode, state=State.RESOLVED, outcome=outcome, until_ms=None, ended_ms=now)
    hushed = calls.hush_all(over, now)
    who = episode.coming[0].name if episode.coming else ""
    return replace(hushed, effects=(note, *hushed.effects, Tell("resolved", who)))


def outcome_detail(outcome: str) -> dict[str, str | int]:
    return {"outcome": outcome}
