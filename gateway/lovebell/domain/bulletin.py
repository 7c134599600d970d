"""Bulletins: which faults technicians are told of, and when.

A fault of a device can wait for working hours, and many are one message; a volunteer who sleeps
never hears of any. What is told as open is told as over, and a fault that comes and goes meanwhile
is told as it then is. Owns that decision. Times are those of `faults.Moment`; the hour is local.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lovebell.domain.faults import Fault

Key = tuple[str, str]  # a device and a word

#: One message in so long a time.
EVERY_MS: Final = 900_000
#: Faults that come together are told together.
SETTLE_MS: Final = 60_000
#: A fault that is told at once is told no oftener than this, however often it comes and goes.
AT_ONCE_MS: Final = 300_000


@dataclass(frozen=True, slots=True)
class Hours:
    """When technicians work: from minute `begins` of the local day (included) to `ends` (not),
    on these days of the week, Monday 1 to Sunday 7; across midnight if need be, the whole day if
    they are the same. `at_once` are the faults that wait for no hour.
    """

    begins: int = 8 * 60
    ends: int = 18 * 60
    days: frozenset[int] = frozenset(range(1, 8))
    at_once: frozenset[str] = frozenset()

    def are_now(self, minute: int, weekday: int) -> bool:
        """Whether somebody works. After midnight it is still the day on which the work began."""
        if self.begins < self.ends:
            return weekday in self.days and self.begins <= minute < self.ends
        if minute >= self.begins:
            return weekday in self.days
        return minute < self.ends and (weekday - 2) % 7 + 1 in self.days


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told: faults that are open, and faults told before that are over."""

    opened: tuple[Key, ...] = ()
    closed: tuple[Key, ...] = ()

    @property
    def told(self) -> dict[Key, bool]:
        """Which faults technicians know of from now on."""
        return dict.fromkeys(self.opened, True) | dict.fromkeys(self.closed, False)


class Bulletin:
    """`told` are the faults that technicians know of, from this run or the last."""

    def __init__(self, hours: Hours, told: Iterable[Key]) -> None:
        self._hours = hours
        self._told = set(told)
        self._changed: int | None = None
        self._last: int | None = None
        self._last_at_once: int | None = None

    def due(
        self, opened: Mapping[Key, Fault], steady: int, minute: int, weekday: int
    ) -> News | None:
        """What is to be told now, if anything; `tell` says that it is."""
        new = tuple(key for key in opened if key not in self._told)
        over = tuple(key for key in self._told if key not in opened)
        if not new and not over:
            self._changed = None
            return None
        if self._changed is None:
            self._changed = steady
        urgent = News(*(self._urgent(keys) for keys in (new, over)))
        if (urgent.opened or urgent.closed) and _is_past(self._last_at_once, AT_ONCE_MS, steady):
            return urgent
        if not self._hours.are_now(minute, weekday):
            return None
        settled = steady - self._changed >= SETTLE_MS
        return News(new, over) if settled and _is_past(self._last, EVERY_MS, steady) else None

    def tell(self, news: News, steady: int) -> None:
        """Technicians are told."""
        self._told.update(news.opened)
        self._told.difference_update(news.closed)
        self._changed = None
        if all(word in self._hours.at_once for _, word in news.told):
            self._last_at_once = steady
        else:
            self._last = steady

    def _urgent(self, keys: tuple[Key, ...]) -> tuple[Key, ...]:
        return tuple(key for key in keys if key[1] in self._hours.at_once)


def _is_past(last: int | None, every_ms: int, steady: int) -> bool:
    return last is None or steady - last >= every_ms


@dataclass(slots=True)
class _Lists:
    opened: list[Key] = field(default_factory=list[Key])
    closed: list[Key] = field(default_factory=list[Key])


def merged(waiting: Mapping[str, Any] | None, news: News) -> dict[str, list[list[str]]]:
    """The fields of a message that tells the news and what an earlier one, which has not left
    yet, was to tell. What has opened and closed between the two is not worth a word.
    """
    lists = _Lists()
    if waiting is not None:
        lists.opened = [(device, word) for device, word in waiting["opened"]]
        lists.closed = [(device, word) for device, word in waiting["closed"]]
    for keys, here, there in (
        (news.opened, lists.opened, lists.closed),
        (news.closed, lists.closed, lists.opened),
    ):
        for key in keys:
            if key in there:
                there.remove(key)
            elif key not in here:
                here.append(key)
    return {
        "opened": [list(key) for key in lists.opened],
        "closed": [list(key) for key in lists.closed],
    }
