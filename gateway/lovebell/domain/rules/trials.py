"""The short life of a test: it proves the chain to the chime and back, and disturbs nobody.

Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lovebell.domain import calls
from lovebell.domain.episode import (
    TEST_FAILED,
    TEST_PASSED,
    Note,
    Outcome,
    Phase,
    State,
    Tell,
    What,
)
from lovebell.domain.rules import chimes
from lovebell.domain.rules.ending import outcome_detail
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from lovebell.domain.episode import Effect, Episode
    from lovebell.domain.events import Due, Resolved, Ringing


def reached(episode: Episode, event: Ringing, now: int) -> Outcome:
    if calls.call_of(episode, event.chime) is None:
        return Outcome(episode)  # nobody asked it
    reached = chimes.reached(episode, event, now)
    if any(call.phase is not Phase.REACHED for call in reached.episode.calls):
        return reached
    note = Note(What.RESOLVED, event.responder, outcome_detail(TEST_PASSED))
    return _test_end(reached.episode, TEST_PASSED, now, *reached.effects, note)


def due(episode: Episode, _: Due, now: int) -> Outcome:
    if episode.until_ms is not None and now >= episode.until_ms:
        note = Note(What.RESOLVED, "", outcome_detail(TEST_FAILED))
        return _test_end(episode, TEST_FAILED, now, note)
    return calls.due_calls(episode, now)


def _test_end(episode: Episode, outcome: str, now: int, *effects: Effect) -> Outcome:
    """A test rings no longer than its one soft sound: there is nothing to hush."""
    quiet = tuple(replace(call, phase=Phase.QUIET, again_ms=None) for call in episode.calls)
    over = replace(
        episode, state=State.RESOLVED, outcome=outcome, until_ms=None, ended_ms=now, calls=quiet
    )
    return Outcome(over, (*effects, Tell("resolved")))


def resolve(episode: Episode, event: Resolved, now: int) -> Outcome:
    note = Note(What.RESOLVED, event.by, outcome_detail(event.outcome))
    return _test_end(episode, event.outcome, now, note)
