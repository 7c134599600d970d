"""Who of an episode's plan is on duty now, and when that changes.

Pure: when somebody is on duty stands in the episode's own copy of its plan (`plan.Target`), worked
out by `directory` from the rotas. Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lovebell.domain import messages
from lovebell.domain.episode import Note, What
from lovebell.domain.spans import next_begin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lovebell.domain.episode import Episode
    from lovebell.domain.plan import CallStep, Target


def until(plan: tuple[CallStep, ...], step: int, now: int) -> int:
    """When a step that is entered now ends: after its time, or when somebody comes on duty who
    is to be called in it, or was to be called before it.
    """
    ends = now + plan[step].for_ms
    for one in plan[: step + 1]:
        for target in one.targets:
            begins = None if target.duty is None else next_begin(target.duty, now)
            if begins is not None and (target.chimes or target.contacts):
                ends = min(ends, begins)
    return ends


def has_come(episode: Episode, now: int) -> bool:
    """Whether somebody who is to be called by now has not been: they have come on duty, or into
    the books, since the step began.
    """
    rung = {call.chime for call in episode.calls}
    asked = {one.responder for one in episode.asks}
    for n, step in enumerate(episode.plan[: episode.step + 1]):
        for target in step.targets:
            if not target.is_on_duty(now) or rung.intersection(target.chimes):
                continue
            if target.chimes:
                return True
            # By message only those of the current step are asked.
            is_here = n == episode.step and target.responder not in asked
            if is_here and messages.may_reach(episode, target):
                return True
    return False


def nobody(step: CallStep, n: int, now: int) -> Note:
    """The record of a step, the one after `n` others, in which nobody can be called now."""
    absent = sum(not target.is_on_duty(now) for target in step.targets)
    return Note(What.NOBODY, detail={"step": n + 1} | ({"off_duty": absent} if absent else {}))


def all_the_same(episode: Episode, now: int) -> tuple[Target, ...]:
    """Whom the last step calls when nobody on duty can be called: those of it who are off duty;
    when there are none either, those of the whole plan. A bell that wakes somebody beats none.
    """
    last = _off_duty(episode, episode.plan[-1:], now)
    return last or _off_duty(episode, episode.plan, now)


def _off_duty(episode: Episode, steps: Iterable[CallStep], now: int) -> tuple[Target, ...]:
    found: dict[str, Target] = {}
    for step in steps:
        for target in step.targets:
            if not target.is_on_duty(now) and messages.may_reach(episode, target):
                found.setdefault(target.responder, target)
    return tuple(found.values())
