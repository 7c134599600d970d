"""The episodes in memory: found by their id, their button, the chimes they ring and when they
are due.

Owns nothing but the finding. What happens to an episode is the domain's to say.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from lovebell.domain.episode import Kind, State
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lovebell.domain.episode import Ask, Call, Episode
    from lovebell.domain.plan import CallStep, Target

#: So long somebody who has set out for a home counts as busy there, if nobody says more.
BUSY_MS: Final = 3_600_000


class Shelf:
    """`episodes` by id; `opened` names the open one of a button and a kind; `has_deadline` is
    set when there is an earlier deadline than before."""

    def __init__(self) -> None:
        self.episodes: dict[str, Episode] = {}
        self.opened: dict[tuple[str, Kind], str] = {}
        self.has_deadline = asyncio.Event()
        self._engaged: defaultdict[str, dict[str, tuple[str, int]]] = defaultdict(dict)
        self._ended: dict[str, Episode] = {}
        self._rung_at: defaultdict[str, set[str]] = defaultdict(set)
        self._asked: defaultdict[str, set[str]] = defaultdict(set)
        self._deadlines: list[tuple[int, str]] = []

    def keep(self, episode: Episode, now: int) -> None:
        """Put an episode here, in the place of what it was before."""
        before = self.episodes.get(episode.id)
        self.episodes[episode.id] = episode
        key = (episode.button, episode.kind)
        is_open = episode.is_open
        if is_open:
            self.opened[key] = episode.id
        elif self.opened.get(key) == episode.id:
            del self.opened[key]
        calls, asks = (before.calls, before.asks) if before else ((), ())
        if calls is not episode.calls:
            self._keep_calls(calls, episode)
        if asks is not episode.asks:
            self._keep_asks(asks, episode)
        if episode.coming:
            self._keep_engaged(episode, now)
        if not is_open:
            self.remember([episode])
        deadline = episode.deadline
        if deadline is not None:
            entry = (deadline, episode.id)
            heapq.heappush(self._deadlines, entry)
            if self._deadlines[0] is entry:
                self.has_deadline.set()

    def forget(self, episode: Episode) -> None:
        """Take it away, unless something has happened to it since."""
        if self.episodes.get(episode.id) is episode:
            del self.episodes[episode.id]
            self._keep_calls(episode.calls, replace(episode, calls=()))
            self._keep_asks(episode.asks, replace(episode, asks=()))

    def open_of(self, button: str, kind: Kind) -> Episode | None:
        """The open episode of a button."""
        name = self.opened.get((button, kind))
        return None if name is None else self.episodes[name]

    def remember(self, ended: Iterable[Episode]) -> None:
        """Keep in mind how each home's latest call ended, though nothing is left to do for it."""
        for episode in ended:
            if episode.kind is Kind.CALL:
                self._ended[episode.home or episode.button] = episode

    def last_ended(self, home: str, button: str) -> Episode | None:
        """The call of a home that ended last; of a button that belongs to no home, its own."""
        episode = self._ended.get(home or button)
        if episode is None or self.episodes.get(episode.id, episode).is_open:
            return None
        return episode

    def busy(self, plan: tuple[CallStep, ...], episode: str, home: str, now: int) -> frozenset[str]:
        """Who of a plan has set out for, or is at, another home than that of this episode.

        For an hour: an episode that nobody has resolved must not make somebody busy for ever.
        """
        if not self._engaged:
            return frozenset()
        return frozenset(
            target.responder
            for step in plan
            for target in step.targets
            for name, (where, since) in self._engaged.get(target.responder, {}).items()
            if name != episode and (where != home or not home) and now - since < BUSY_MS
        )

    def rung_at(self, chime: str) -> list[str]:
        """The ids of the episodes that concern a chime."""
        return list(self._rung_at.get(chime, ()))

    def calling(self, target: Target) -> list[str]:
        """The ids of the episodes for which somebody's chime was rung or a message went out."""
        rung = (name for chime in target.chimes for name in self._rung_at.get(chime, ()))
        return list(dict.fromkeys((*rung, *self._asked.get(target.responder, ()))))

    def take_due(self, now: int) -> Episode | None:
        """The episode whose deadline is longest over; None when there is none. It counts as
        dealt with."""
        while self._deadlines and self._deadlines[0][0] <= now:
            _, name = heapq.heappop(self._deadlines)
            episode = self.episodes.get(name)
            if episode is not None and episode.deadline is not None and episode.deadline <= now:
                return episode
        return None

    def upcoming(self) -> int | None:
        """When the next deadline is; None when there is none."""
        while self._deadlines:
            deadline, name = self._deadlines[0]
            episode = self.episodes.get(name)
            if episode is not None and episode.deadline == deadline:
                return deadline
            heapq.heappop(self._deadlines)  # another entry holds, or none
        return None

    def overdue(self, before_ms: int) -> int:
        """How many episodes have a deadline before this time that has not been kept."""
        deadlines = (episode.deadline for episode in self.episodes.values())
        return sum(1 for deadline in deadlines if deadline is not None and deadline < before_ms)

    def unreached(self) -> int:
        """How many calls have come to the end of their plan and reach nobody."""
        return sum(1 for episode in self.episodes.values() if episode.is_unreached)

    def _keep_engaged(self, episode: Episode, now: int) -> None:
        """Keep in mind who is on the way to this home, or there."""
        goes = episode.state in (State.ACKNOWLEDGED, State.ARRIVED)
        for target in episode.coming:
            elsewhere = self._engaged[target.responder]
            if goes:
                elsewhere.setdefault(episode.id, (episode.home, now))
            else:
                elsewhere.pop(episode.id, None)
            if not elsewhere:
                del self._engaged[target.responder]

    def _keep_asks(self, before: tuple[Ask, ...], episode: Episode) -> None:
        now = {ask.responder for ask in episode.asks}
        for responder in {ask.responder for ask in before} - now:
            self._asked[responder].discard(episode.id)
            if not self._asked[responder]:
                del self._asked[responder]
        for responder in now:
            self._asked[responder].add(episode.id)

    def _keep_calls(self, before: tuple[Call, ...], episode: Episode) -> None:
        if before and [call.chime for call in before] == [call.chime for call in episode.calls]:
            return
        now = {call.chime for call in episode.calls}
        was = {call.chime for call in before}
        for chime in was - now:
            self._rung_at[chime].discard(episode.id)
            if not self._rung_at[chime]:
                del self._rung_at[chime]
        for chime in now:
            self._rung_at[chime].add(episode.id)
