"""Which of several calls needs a human most, and who of those it calls is busy with another.

For the eyes of the desk: every call rings at once, whatever its place here. Time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lovebell.domain.episode import Kind, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lovebell.domain.episode import Episode

#: First whom nobody has answered, then to whom somebody is coming, then where somebody is.
_PLACES: Final = {State.RINGING: 0, State.ACKNOWLEDGED: 1, State.ARRIVED: 2, State.RESOLVED: 4}
_TEST: Final = 3


def need(episode: Episode, care_level: int, now: int) -> tuple[int, int]:
    """A key to sort by, smallest first: what needs a human most.

    Among calls that stand alike, a minute of waiting at care level 5 weighs as much as five
    minutes at level 1: a higher level comes first, yet nobody waits for ever behind others.
    """
    place = _PLACES[episode.state]
    if episode.kind is Kind.TEST and episode.is_open:
        place = _TEST
    return place, -care_level * max(now - episode.begun_ms, 0)


def elsewhere(
    episode: Episode, others: Iterable[tuple[int, Episode]]
) -> list[tuple[str, str, int]]:
    """Who of this call's plan has set out for another one of `others` (numbered) or is there:
    id, name and the other's number.
    """
    planned = {target.responder for step in episode.plan for target in step.targets}
    return [
        (target.responder, target.name, n)
        for n, other in others
        if other.id != episode.id and other.state in (State.ACKNOWLEDGED, State.ARRIVED)
        for target in other.coming
        if target.responder in planned
    ]
