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
    from collections.abc import Iterable, Iterator

    from lovebell.domain.episode import Episode
    from lovebell.domain.plan import CallStep, Target


def until(episode: Episode, step: int, now: int) -> int:
    """When a step that is entered now ends: after its time, or when somebody comes on duty who
    is to be called by then and was not.
    """
    ends = now + episode.plan[step].for_ms
    if not [t for s in episode.plan[: step + 1] for t in s.targets if t.duty]:
        return ends  # nobody's hours begin: a first press does not wait for the rest
    for target in _uncalled(episode, step):
        begins = None if target.duty is None else next_begin(target.duty, now)
        if begins is not None:
            ends = min(ends, begins)
    return ends


def has_come(episode: Episode, now: int) -> bool:
    """Whether somebody who is to be called by now has not been: they have come on duty, or into
    the books, since the step began.
    """
    return any(target.is_on_duty(now) for target in _uncalled(episode, episode.step))


def _uncalled(episode: Episode, last: int) -> Iterator[Target]:
    """Those of the steps as far as `last` who can be called and have not been. By message only
    those of the last one are called.
    """
    rung = {call.chime for call in episode.calls}
    asked = {one.responder for one in episode.asks}
    for n, step in enumerate(episode.plan[: last + 1]):
        for target in step.targets:
            is_called = target.responder in asked or n < last
            if target.chimes:
                is_called = not rung.isdisjoint(target.chimes)
            if not is_called and messages.may_reach(episode, target):
                yield target


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
