"""The queue of one channel: which message goes next, and when it may.

Owns urgency, the limit of the service, pauses between tries, and how old a message may become.
Knows nothing of services. Times are milliseconds of a clock that only goes forward; chance is an
argument, a number from 0 up to 1.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lovebell.domain.records import Outgoing

#: What goes first. Whoever might be setting out in vain comes right after the calls.
URGENCY: Final[Mapping[str, int]] = {"call": 0, "coming": 1, "resolved": 1, "test": 1, "fault": 2}
#: When a message is given up. A call says what is so now: half an hour later its step has long
#: been repeated, and each repetition has sent a new one.
OLDEST_MS: Final[Mapping[str, int]] = {
    "call": 1_800_000,
    "coming": 1_800_000,
    "resolved": 7_200_000,
    "test": 300_000,
    "fault": 86_400_000,
}
#: The first pause after a try that failed, doubled each time up to the longest.
PAUSE_MS: Final = 2_000
LONGEST_PAUSE_MS: Final = 60_000
#: A service that asks for silence gets so much at most (DingTalk blocks for ten minutes).
LONGEST_SILENCE_MS: Final = 600_000
#: What has left counts so long for a limit that is set only now: a channel has none while its
#: secret is missing, and the service goes on counting.
KEPT_MS: Final = 120_000
#: So many of one channel travel side by side: one that hangs holds up no other.
AT_ONCE: Final = 4


def pause_ms(tries: int, chance: float) -> int:
    """How long to wait after so many tries; from half of it to all of it, by chance, so that
    not everybody comes back at the same moment.
    """
    whole = min(PAUSE_MS << min(tries - 1, 16), LONGEST_PAUSE_MS)
    return round(whole * (0.5 + chance / 2))


class Window:
    """At most `count` in any `per_ms` milliseconds; 0 is any number."""

    def __init__(self, count: int = 0, per_ms: int = 0) -> None:
        self._left: deque[int] = deque()
        self.limit(count, per_ms)

    def limit(self, count: int, per_ms: int) -> None:
        """Another limit from now on; what has been taken still counts."""
        self._count, self._per_ms = count, per_ms

    def opens(self, now: int) -> int:
        """When the next one is allowed: a moment that is not after `now` for at once."""
        while self._left and self._left[0] <= now - max(self._per_ms, KEPT_MS):
            self._left.popleft()
        if not self._count or len(self._left) < self._count:
            return now
        return self._left[-self._count] + self._per_ms

    def take(self, now: int) -> None:
        """One is taken."""
        self._left.append(now)

    def give_back(self, at: int) -> None:
        """The one that was taken then has not been needed."""
        if at in self._left:  # or forgotten since
            self._left.remove(at)


@dataclass(slots=True, eq=False)
class _Waiting:
    """`is_out` while it travels, since `left`; `tries` are those before."""

    outgoing: Outgoing
    since: int
    due: int
    dies: int
    tries: int = 0
    is_out: bool = False
    left: int = 0


class Queue:
    """The messages of one channel, which allows `count` in any `per_ms` milliseconds; 0 allows
    any number. Thousands may wait, so nothing here looks at all of them.
    """

    def __init__(self, count: int = 0, per_ms: int = 0) -> None:
        self._waiting: dict[str, _Waiting] = {}
        # Heaps, whose entries may be out of date: `_wake` and `_first_to_die` drop those.
        self._asleep: list[tuple[int, int, _Waiting]] = []  # by when they are due
        self._ready: list[tuple[int, int, int, _Waiting]] = []  # by urgency, then age
        self._mortal: list[tuple[int, int, _Waiting]] = []  # by when they are too old
        self._numbers = itertools.count()
        self._travelling = 0
        self._window = Window(count, per_ms)
        self._silent_until = 0

    def limit(self, count: int, per_ms: int) -> None:
        """The channel is another one now; what has left still counts."""
        self._window.limit(count, per_ms)

    def remember(self, at: int) -> None:
        """One left then, before this queue was made. Oldest first."""
        self._window.take(at)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits or travels."""
        return not self._waiting

    def put(self, outgoing: Outgoing, now: int, waited_ms: int = 0) -> None:
        """Queue a message that has waited so long already, in the place of an earlier one of its
        key. It is not tried sooner than that one would have been: the service is the same. While
        that one travels it waits, so that the later word arrives last. What says the same again
        keeps the place of the earlier one: else whoever stands behind more than the service takes
        between two repetitions would never have a turn.
        """
        before = self._waiting.get(outgoing.key)
        since = now - waited_ms
        dies = since + OLDEST_MS.get(outgoing.kind, OLDEST_MS["call"])
        fresh = _Waiting(outgoing, since, now, dies)
        if before is not None:
            fresh.due, fresh.tries, fresh.is_out = before.due, before.tries, before.is_out
            fresh.left = before.left
            if before.outgoing.kind == outgoing.kind and not before.is_out:
                fresh.since = min(before.since, since)
        self._waiting[outgoing.key] = fresh
        heappush(self._mortal, (dies, next(self._numbers), fresh))
        if not fresh.is_out:
            self._lay(fresh)

    def take_old(self, now: int) -> list[Outgoing]:
        """Take out what has waited too long; what travels is waited for."""
        old: list[Outgoing] = []
        while (first := self._first_to_die()) is not None and now >= first.dies:
            del self._waiting[first.outgoing.key]
            old.append(first.outgoing)
        return old

    def next(self, now: int) -> Outgoing | None:
        """The message to be sent now, most urgent first, then oldest; None when none may go.

        It counts as travelling until `answered` or `again`.
        """
        if self._opens(now) > now or self._travelling >= AT_ONCE:
            return None
        self._wake(now)
        if not self._ready:
            return None
        first = heappop(self._ready)[-1]
        first.is_out = True
        first.tries += 1
        first.left = now
        self._travelling += 1
        self._window.take(now)
        return first.outgoing

    def upcoming(self, now: int) -> int | None:
        """When to look again at the latest; None when only a new message or an answer matters."""
        mortal = self._first_to_die()
        if mortal is None:
            return None
        if self._travelling >= AT_ONCE:
            return mortal.dies
        self._wake(now)
        due = now if self._ready else self._asleep[0][0]
        return min(mortal.dies, max(due, self._opens(now)))

    def answered(self, outgoing: Outgoing, *, was_asked: bool = True) -> None:
        """Its fate is known. A later one of its key stays, and may go. If the service was not
        asked, this one takes nothing of its limit.
        """
        waiting = self._back(outgoing)
        if waiting is None:
            return
        if not was_asked:
            self._window.give_back(waiting.left)
        if waiting.outgoing.serial == outgoing.serial:
            del self._waiting[outgoing.key]
        else:
            self._lay(waiting)

    def again(self, outgoing: Outgoing, now: int, chance: float, silence_ms: int | None) -> None:
        """It did not get through: try it, or its successor, again after a pause; the whole
        channel keeps silent for as long as the service asks.
        """
        if silence_ms is not None:
            silence_ms = min(silence_ms, LONGEST_SILENCE_MS)
            self._silent_until = max(self._silent_until, now + silence_ms)
        waiting = self._back(outgoing)
        if waiting is not None:
            waiting.due = now + pause_ms(waiting.tries, chance)
            self._lay(waiting)

    def _back(self, outgoing: Outgoing) -> _Waiting | None:
        """What travelled, or its successor, travels no more."""
        waiting = self._waiting.get(outgoing.key)
        if waiting is None or not waiting.is_out:
            return None
        waiting.is_out = False
        self._travelling -= 1
        return waiting

    def _lay(self, one: _Waiting) -> None:
        heappush(self._asleep, (one.due, next(self._numbers), one))

    def _wake(self, now: int) -> None:
        """Bring over who is due, and leave on top of the heaps only what is so."""
        while self._asleep:
            due, number, one = self._asleep[0]
            if self._is_here(one) and not one.is_out and one.due == due:
                if due > now:
                    break
                heappush(self._ready, (_urgency(one), one.since, number, one))
            heappop(self._asleep)
        while self._ready and not self._is_here(self._ready[0][-1]):
            heappop(self._ready)

    def _first_to_die(self) -> _Waiting | None:
        """Who is too old first, of those that do not travel."""
        travelling: list[tuple[int, int, _Waiting]] = []
        found = None
        while self._mortal:
            entry = self._mortal[0]
            if self._is_here(entry[-1]) and not entry[-1].is_out:
                found = entry[-1]
                break
            heappop(self._mortal)
            if self._is_here(entry[-1]):
                travelling.append(entry)
        for entry in travelling:  # few: AT_ONCE
            heappush(self._mortal, entry)
        return found

    def _is_here(self, one: _Waiting) -> bool:
        return self._waiting.get(one.outgoing.key) is one

    def _opens(self, now: int) -> int:
        """When the limit and the service allow the next one."""
        return max(self._silent_until, self._window.opens(now))


def _urgency(one: _Waiting) -> int:
    return URGENCY.get(one.outgoing.kind, 1)
