"""What was over and begins again: a call soon after another one, and an end that was none.

Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lovebell.domain import calls
from lovebell.domain.episode import Episode, Note, Outcome, Tell, What
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from lovebell.domain.events import Reopened

#: So long after its end an episode may be reopened, and a call of the home belongs to it.
REOPEN_MS: Final = 3_600_000


def follow(fresh: Episode, before: Episode | None, now: int) -> tuple[Episode, tuple[Note, ...]]:
    """A fresh episode as one that follows from `before`, the home's last one, if that is not long
    over.

    It is an episode of its own and rings at once; but whoever came the last time knows best what
    it may be, and is called from the first step on.
    """
    if before is None or before.ended_ms is None or now - before.ended_ms > REOPEN_MS:
        return fresh, ()
    came = {target.responder for target in before.coming}
    first, *rest = fresh.plan
    called = {target.responder for target in first.targets}
    also = {
        target.responder: target
        for step in rest
        for target in step.targets
        if target.responder in came - called
    }
    plan = (replace(first, targets=(*first.targets, *also.values())), *rest)
    note = Note(What.FOLLOWS, detail={"before": before.id, "outcome": before.outcome})
    return replace(fresh, plan=plan, follows=before.id), (note,)


def reopen(episode: Episode, event: Reopened, now: int) -> Outcome:
    """A human says that it was not over: it rings on with the step at which it stood.

    Not when it is long over, and not when it has forgotten whose it was.
    """
    is_late = episode.ended_ms is None or now - episode.ended_ms > REOPEN_MS
    if is_late or not episode.label:
        return Outcome(episode)
    detail: dict[str, str | int] = {"outcome": episode.outcome}
    if event.note:
        detail["note"] = event.note
    plan = event.plan or episode.plan
    again = replace(episode, plan=plan, outcome="", ended_ms=None, arrived=())
    note = Note(What.REOPENED, event.by, detail)
    return calls.ring_from(again, episode.step, now, note, Tell("ringing"))
