"""The engine: what the domain decides, done in the order that loses nothing.

Decide, ring, commit, receipt, acknowledge to the broker. The ring does not wait for the disk;
everything else does. What arrives together is committed together. Owns the episodes in memory
and the queue to the disk; decides nothing itself. The store, the broker and the clock are
arguments, and no task runs that `run` did not start, so that a test can take each step by hand.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import defaultdict, deque
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from lovebell.domain import calls, course, wire
from lovebell.domain.episode import (
    Back,
    Call,
    Due,
    Episode,
    Event,
    Gone,
    Hush,
    Kind,
    Limits,
    Note,
    Outcome,
    Repaired,
    Replanned,
    Ring,
    Tell,
)
from lovebell.domain.plan import DEFAULT, Directory, Target
from lovebell.domain.records import Batch, DiskError, Letter, Line
from lovebell.writer import Work, Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lovebell.domain.model import Books, Step
    from lovebell.domain.records import Command

log = logging.getLogger("lovebell.engine")

#: A broker that lost its memory is told again how episodes ended that ended since then.
RESTATED_MS = 24 * 3_600_000


class Store(Protocol):
    """The disk, as the engine needs it (`store.live`)."""

    def placed(self, device: str, event_id: str) -> str | None: ...
    def episode(self, episode: str) -> Episode | None: ...
    def live(self) -> list[Episode]: ...
    def ended_since(self, at_ms: int) -> list[Episode]: ...
    def letters(self) -> list[Letter]: ...
    def revision(self) -> int: ...
    def commands(self) -> list[Command]: ...
    async def books(self) -> Books: ...
    async def save(self, batch: Batch) -> None: ...


class Bell(Protocol):
    """The broker, as the engine needs it (`broker`)."""

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        urgent: bool = False,
        then: Callable[[], None] | None = None,
    ) -> bool: ...
    def settle(self, token: int) -> None: ...


class Engine:
    """All open episodes, and the way to the disk and to the devices.

    Start with `load`. What it decides it hands to its `writer`.
    """

    def __init__(
        self,
        store: Store,
        bell: Bell,
        limits: Limits | None = None,
        default: tuple[Step, ...] = DEFAULT,
    ) -> None:
        self.store = store
        self.bell = bell
        self.limits = limits or Limits()
        self.episodes: dict[str, Episode] = {}
        self.opened: dict[tuple[str, Kind], str] = {}
        self.pending: dict[tuple[str, str], str] = {}
        self.directory: Directory
        self._default = default
        self._revision = -1
        self._rung_at: defaultdict[str, set[str]] = defaultdict(set)
        self._deadlines: list[tuple[int, str]] = []
        self._letters: dict[str, Letter] = {}
        self._latest: dict[str, Letter] = {}
        self._to_restate: deque[str | Letter] = deque()
        self.writer = Writer(
            lambda batch: self.store.save(batch),
            bell.settle,
            self._perform,
            self._no_longer_pending,
        )
        self.has_deadline = asyncio.Event()

    async def load(self, now: int) -> None:
        """Take up what the last run left: open episodes, what is still to be sent, the books."""
        self._revision = self.store.revision()
        self.directory = Directory(await self.store.books(), self._default)
        for episode in self.store.ended_since(now - RESTATED_MS):
            letter = _letter(episode, course.told(episode), now)
            self._latest[letter.key] = letter
        for episode in self.store.live():
            self._keep(course.rebased(episode, now))
        self._letters = {letter.key: letter for letter in self.store.letters()}

    # -- deciding ------------------------------------------------------------------------

    def apply(self, outcome: Outcome, work: Work) -> None:
        """Keep the episode, ring at once, and put everything else behind the commit."""
        episode = outcome.episode
        self._keep(episode)
        work.batch.episodes[episode.id] = episode
        for effect in outcome.effects:
            match effect:
                case Ring():
                    self._ring(episode, effect)
                case Note():
                    self.note(episode.id, effect, work)
                case Hush():
                    work.after.append((episode, effect))
                case Tell() if self._is_shown(episode):
                    letter = _letter(episode, effect, work.now)
                    work.batch.letters[letter.key] = letter
                case Tell():
                    pass

    def advance(self, episode: Episode, event: Event, work: Work) -> Outcome:
        """Let an event happen to an episode. Nothing is written if nothing follows from it."""
        outcome = course.advance(episode, event, work.now)
        if outcome.episode is not episode or outcome.effects:
            self.apply(outcome, work)
        return outcome

    def find(self, episode: str) -> Episode | None:
        """An episode by its id, in memory or on disk. Raises DiskError."""
        return self.episodes.get(episode) or self.store.episode(episode)

    def placed(self, device: str, event_id: str) -> str | None:
        """The episode of a press or an acknowledgement heard of before; None when it is new.

        When the disk cannot say, it is new: better to ring twice than never.
        """
        found = self.pending.get((device, event_id))
        if found is not None:
            return found
        try:
            return self.store.placed(device, event_id)
        except DiskError as why:
            log.error("cannot look up a press, taking it for new", extra={"why": str(why)})
            return None

    def note(self, episode: str, note: Note, work: Work) -> None:
        """Write a line of the record."""
        line = Line(work.now, episode, note.what.value, note.who, note.detail)
        work.batch.lines.append(line)

    def queue(self, work: Work) -> None:
        """Hand over to the disk what was decided."""
        self.writer.queue(work)

    def due(self, now: int, at_most: int = 500) -> int | None:
        """Let deadlines that have passed happen, oldest first; return the next one.

        At most so many at once, so that ten thousand after a restart hold up no press.
        """
        while self._deadlines and self._deadlines[0][0] <= now and at_most > 0:
            at_most -= 1
            _, name = heapq.heappop(self._deadlines)
            episode = self.episodes.get(name)
            if episode is None or episode.deadline is None or episode.deadline > now:
                continue
            work = Work(now)
            self.advance(episode, Due(), work)
            self.queue(work)
        return self._deadlines[0][0] if self._deadlines else None

    def overdue(self, before_ms: int) -> int:
        """How many episodes have a deadline before this time that has not been kept."""
        deadlines = (episode.deadline for episode in self.episodes.values())
        return sum(1 for deadline in deadlines if deadline is not None and deadline < before_ms)

    def unsent(self, before_ms: int) -> int:
        """How many letters written before this time are still to be sent."""
        return sum(1 for letter in self._letters.values() if letter.created_ms < before_ms)

    def up(self, now: int) -> None:
        """The broker is back, perhaps without its memory: say again what should be known there.

        Rings first. It is `restate` that says it, little by little.
        """
        letters = dict(self._latest)
        for episode in self.episodes.values():
            if episode.is_open and self._is_shown(episode):
                letter = _letter(episode, course.told(episode), now)
                letters[letter.key] = letter
        self._to_restate = deque([*self.episodes, *(letters | self._letters).values()])
        self.has_deadline.set()

    def restate(self, now: int, at_most: int = 100) -> bool:
        """Say again some of what `up` found; whether there is more."""
        work = Work(now)
        while self._to_restate and at_most > 0:
            at_most -= 1
            what = self._to_restate.popleft()
            if isinstance(what, Letter):
                self._tell(what)
                continue
            for call in self.episodes[what].calls if what in self.episodes else ():
                if call.again_ms is not None:
                    self.advance(self.episodes[what], Back(call.chime), work)
        self.queue(work)
        return bool(self._to_restate)

    def back(self, chime: str, work: Work) -> None:
        """A chime is on line again, and may have missed what it was told."""
        for name in list(self._rung_at.get(chime, ())):
            self.advance(self.episodes[name], Back(chime), work)

    def gone(self, chime: str, work: Work) -> None:
        """A chime is off line: nobody hears it ring."""
        for name in list(self._rung_at.get(chime, ())):
            self.advance(self.episodes[name], Gone(chime), work)

    def _is_shown(self, episode: Episode) -> bool:
        """The lamp of a button that calls for help says nothing of a test."""
        return episode.kind is Kind.CALL or (episode.button, Kind.CALL) not in self.opened

    def _keep(self, episode: Episode) -> None:
        before = self.episodes.get(episode.id)
        self.episodes[episode.id] = episode
        key = (episode.button, episode.kind)
        if episode.is_open:
            self.opened[key] = episode.id
        elif self.opened.get(key) == episode.id:
            del self.opened[key]
        if before is None or before.calls is not episode.calls:
            self._keep_calls(before.calls if before else (), episode)
        deadline = episode.deadline
        if deadline is not None:
            heapq.heappush(self._deadlines, (deadline, episode.id))
            if self._deadlines[0][1] == episode.id:
                self.has_deadline.set()

    def _keep_calls(self, before: tuple[Call, ...], episode: Episode) -> None:
        """Keep in mind which chimes an episode concerns."""
        now = {call.chime for call in episode.calls}
        for chime in {call.chime for call in before} - now:
            self._rung_at[chime].discard(episode.id)
            if not self._rung_at[chime]:
                del self._rung_at[chime]
        for chime in now:
            self._rung_at[chime].add(episode.id)

    def _forget(self, episode: Episode) -> None:
        """An ended episode is on disk and has nothing left to do."""
        if self.episodes.get(episode.id) is not episode:
            return  # something has happened to it since
        del self.episodes[episode.id]
        self._keep_calls(episode.calls, replace(episode, calls=()))

    # -- after the commit -------------------------------------------------------------------

    def _perform(self, work: Work) -> None:
        """All that was waiting for the commit of this work."""
        for device, event_id, episode in work.receipts:
            fields = {"id": event_id, "episode": episode} if episode else {"id": event_id}
            self.bell.publish(wire.topic(device, "receipt"), wire.encode(fields))
        self._no_longer_pending(work)
        for episode, hush in work.after:
            if not self._rings(episode.id, hush.chime):  # again, since this was decided
                self._hush(episode, hush)
        for letter in work.batch.letters.values():
            self._letters[letter.key] = self._latest[letter.key] = letter
            self._tell(letter)
        for episode in work.batch.episodes.values():
            if not episode.is_open and episode.deadline is None:
                self._forget(episode)
        if log.isEnabledFor(logging.INFO):
            for line in work.batch.lines:
                extra = {"episode": line.episode, "who": line.who, **line.detail}
                log.info(line.what, extra={"fields": extra})

    def _no_longer_pending(self, work: Work) -> None:
        """It is on disk, or never will be: then no repetition of it may be given a receipt."""
        for receipt in work.batch.receipts:
            self.pending.pop((receipt.device, receipt.id), None)

    def _rings(self, episode: str, chime: str) -> bool:
        found = self.episodes.get(episode)
        return found is not None and any(
            call.chime == chime and calls.is_called(call) for call in found.calls
        )

    # -- to the devices ------------------------------------------------------------------

    def _ring(self, episode: Episode, ring: Ring) -> None:
        fields = {
            "episode": episode.id,
            "kind": episode.kind.value,
            "button": episode.button,
            "home": episode.label,
            "step": ring.step,
            "for_ms": min(ring.for_ms, 86_400_000),
        }
        self.bell.publish(wire.topic(ring.chime, "ring"), wire.encode(fields), urgent=True)

    def _hush(self, episode: Episode, hush: Hush) -> None:
        fields = {"episode": episode.id, "why": hush.why}
        if hush.who:
            fields["who"] = wire.fit(hush.who, 64)
        self.bell.publish(wire.topic(hush.chime, "hush"), wire.encode(fields))

    def _tell(self, letter: Letter) -> None:
        """Send a letter; when the broker has it, it leaves the outbox."""

        def sent() -> None:
            if self._letters.get(letter.key) is letter:
                del self._letters[letter.key]
                self.queue(Work(letter.created_ms, batch=Batch(sent=[letter])))

        topic = wire.topic(letter.target, letter.kind)
        self.bell.publish(topic, letter.body.encode(), retain=True, then=sent)

    # -- the operators -------------------------------------------------------------------

    async def reread(self, now: int) -> None:
        """Take over what operators have changed in the books, if they have."""
        revision = self.store.revision()
        if revision == self._revision:
            return
        self.directory = Directory(await self.store.books(), self._default)
        self._revision = revision
        work = Work(now)
        for episode in list(self.episodes.values()):
            for target in {t.responder: t for s in episode.plan for t in s.targets}.values():
                current = self._target(target)
                if episode.is_open and current.chimes != target.chimes:
                    self.advance(self.episodes[episode.id], Repaired(current), work)
            if episode.is_open and not any(t.chimes for s in episode.plan for t in s.targets):
                plan = self.directory.call_plan(self.directory.home_of(episode.button))
                if any(target.chimes for step in plan for target in step.targets):
                    self.advance(self.episodes[episode.id], Replanned(plan), work)
        self.queue(work)

    def _target(self, was: Target) -> Target:
        person = self.directory.books.responders.get(was.responder)
        return Target(was.responder, was.name) if person is None else self.directory.target(person)


def _letter(episode: Episode, tell: Tell, now: int) -> Letter:
    fields = {"episode": episode.id, "state": tell.state}
    if tell.who:
        fields["who"] = wire.fit(tell.who, 64)
    body = wire.encode(fields).decode()
    return Letter(f"episode:{episode.button}", "episode", episode.button, body, now)
