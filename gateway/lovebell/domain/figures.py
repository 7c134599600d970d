"""How quickly help came: the figures of many calls, by month and place.

Owns the goals and how a share and a percentile are counted. Knows nothing of calendars or of
where records lie. All times are counted from the press, which is what the elder waits from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Per mille that are told of every time.
PERCENTILES: Final = (500, 900, 975, 990)


@dataclass(frozen=True, slots=True)
class Sample:
    """One call, as far as it went.

    `place` is its grid or its community. Times are milliseconds from the press; None when it has
    not come to that. `answered_ms` is when
    a human first dealt with it: said "I am coming", arrived, or resolved it. `waited_ms` is how
    long it has lasted, to its end or until now.
    """

    month: str
    place: str
    received_ms: int
    answered_ms: int | None
    arrived_ms: int | None
    waited_ms: int
    is_open: bool = False
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Goal:
    """So many per mille of the calls within a time; `of` names the time, as in `Sample`."""

    of: str
    within_ms: int
    per_mille: int


#: What British telecare asks of itself (field notes): answered 97.5 % in 60 s and 99 % in 180 s,
#: at the home 90 % in 45 min.
GOALS: Final = (
    Goal("answered", 60_000, 975),
    Goal("answered", 180_000, 990),
    Goal("arrived", 2_700_000, 900),
)


@dataclass(frozen=True, slots=True)
class Share:
    """How far a goal was reached: `within` of `counted` calls. `is_met` is None without any."""

    goal: Goal
    within: int
    counted: int

    @property
    def per_mille(self) -> int | None:
        """Rounded down, so that a goal that is missed never looks met."""
        return self.within * 1000 // self.counted if self.counted else None

    @property
    def is_met(self) -> bool | None:
        """Whether the share is at least what the goal asks."""
        if not self.counted:
            return None
        return self.within * 1000 >= self.goal.per_mille * self.counted


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a group of calls.

    `times` has, for received, answered and arrived, how many calls came to it and the times in
    milliseconds at `PERCENTILES`, and the longest; none without calls. A cancelled call counts
    in `cancelled` and nowhere else.
    """

    calls: int
    cancelled: int
    times: dict[str, tuple[int, tuple[int, ...]]]
    shares: tuple[Share, ...]


def percentile(ordered: Sequence[int], per_mille: int) -> int:
    """The smallest of the values that at least so many per mille of them do not exceed.

    `ordered` is in ascending order and not empty; nothing is interpolated (nearest rank).
    """
    rank = -(-per_mille * len(ordered) // 1000)
    return ordered[max(rank, 1) - 1]


def figures(samples: Iterable[Sample]) -> Figures:
    """The figures of these calls taken together."""
    everything = list(samples)
    counted = [one for one in everything if not one.is_cancelled]
    times: dict[str, tuple[int, tuple[int, ...]]] = {}
    for name in ("received", "answered", "arrived"):
        found = sorted(t for one in counted if (t := _time(one, name)) is not None)
        told = [percentile(found, p) for p in (*PERCENTILES, 1000)] if found else []
        times[name] = (len(found), tuple(told))
    shares = tuple(_share(goal, counted) for goal in GOALS)
    return Figures(len(counted), len(everything) - len(counted), times, shares)


def grouped(samples: Iterable[Sample]) -> dict[tuple[str, str], Figures]:
    """The figures of every month and place, in this order."""
    groups: dict[tuple[str, str], list[Sample]] = {}
    for one in samples:
        groups.setdefault((one.month, one.place), []).append(one)
    return {key: figures(groups[key]) for key in sorted(groups)}


def _share(goal: Goal, counted: list[Sample]) -> Share:
    kept = [is_kept for one in counted if (is_kept := _is_kept(goal, one)) is not None]
    return Share(goal, sum(kept), len(kept))


def _is_kept(goal: Goal, one: Sample) -> bool | None:
    """Whether a call kept to the goal; None when that cannot be said (yet).

    What is over without an arrival on record may have been settled by telephone.
    """
    time = _time(one, goal.of)
    if time is not None:
        return time <= goal.within_ms
    if one.is_open and one.waited_ms > goal.within_ms:
        return False
    return None


def _time(one: Sample, name: str) -> int | None:
    match name:
        case "received":
            return one.received_ms
        case "answered":
            return one.answered_ms
        case _:
            return one.arrived_ms
