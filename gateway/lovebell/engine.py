"""The engine: what the domain decides, done in the order that loses nothing.

Decide, ring, commit, receipt, acknowledge to the broker. The ring does not wait for the disk;
everything else does, messages only as long as the disk works. What arrives together is committed
together. Owns the order of all that; episodes lie on the `shelf`, the `post` tells the devices,
the `mail` holds the messages, the `writer` keeps the queue to the disk. Decides nothing itself.
The store, the broker and the clock are arguments, and no task runs that `run` did not start, so
that a test can take each step by hand.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Protocol

from lovebell.domain import calls, course, messages
from lovebell.domain.directory import HOUR_MS, Directory
from lovebell.domain.episode import Episode, Hush, Kind, Limits, Note, Outcome, Ring, Send, Tell
from lovebell.domain.events import Back, Due, Event, Gone, Repaired, Replanned, Rostered
from lovebell.domain.plan import DEFAULT, reaches_anybody
from lovebell.domain.records import Batch, DiskError, Letter, Line
from lovebell.mail import Mail
from lovebell.post import Bell, Post, letter_of
from lovebell.receipts import Receipts
from lovebell.shelf import Shelf
from lovebell.writer import Work, Writer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from lovebell.domain.model import Books, Step
    from lovebell.domain.records import Command, Outgoing

log = logging.getLogger("lovebell.engine")

#: A broker that lost its memory is told again how episodes ended that ended since then.
RESTATED_MS = 24 * 3_600_000


class Store(Protocol):
    """The disk, as the engine needs it (`store.live`)."""

    def placed(self, device: str, event_id: str) -> str | None: ...
    def receipts_of(self, device: str, at_most: int) -> list[str]: ...
    def episode(self, episode: str) -> Episode | None: ...
    def live(self) -> list[Episode]: ...
    def ended_since(self, at_ms: int) -> list[Episode]: ...
    def letters(self) -> list[Letter]: ...
    def messages(self) -> list[Outgoing]: ...
    def revision(self) -> int: ...
    def commands(self) -> list[Command]: ...
    async def books(self) -> Books: ...
    def save(self, batch: Batch) -> Awaitable[None]: ...


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
        say: Callable[[str, Mapping[str, object]], None] | None = None,
    ) -> None:
        """`say(what, fields)` logs a line of the record when it is on disk."""
        self.store = store
        self.limits = limits or Limits()
        self.shelf = Shelf()
        self.post = Post(bell, self._has_left)
        self.mail = Mail()
        self.receipts = Receipts(store)
        #: What the disk said when the operators' wishes were looked for; None when it gave them.
        self.unread: DiskError | None = None
        self.directory: Directory
        self._default = default
        self._say = say or _say
        self._revision = -1
        self._rostered_ms = 0
        self._looked_ms = 0
        self._to_restate: deque[str | Letter] = deque()
        #: Letters that leave until another commit than this one begins are written off together.
        self._leaving: tuple[int, list[Letter]] = (-1, [])
        self.writer = Writer(
            lambda batch: self.store.save(batch),
            bell.settle,
            self._perform,
            lambda work: self.receipts.refuse(work.batch.receipts),
            lambda work: self.mail.early(work.batch),
        )

    async def load(self, now: int) -> None:
        """Take up what the last run left: open episodes, what is still to be sent, the books."""
        self._revision = self.store.revision()
        self.directory = Directory(await self.store.books(), self._default)
        ended = self.store.ended_since(now - RESTATED_MS)
        self.shelf.remember(ended)
        latest = (letter_of(episode, course.told(episode), now) for episode in ended)
        self.post.take_up(self.store.letters(), latest)
        self.mail.take_up(self.store.messages())
        for episode in self.store.live():
            self.shelf.keep(course.rebased(episode, now), now)

    # -- deciding ------------------------------------------------------------------------

    def apply(self, outcome: Outcome, work: Work) -> None:
        """Keep the episode, ring at once, and put everything else behind the commit."""
        episode = outcome.episode
        for effect in outcome.effects:
            if isinstance(effect, Ring):  # before all that only has to be written down
                self.post.ring(episode, effect)
        self.shelf.keep(episode, work.now)
        work.batch.episodes[episode.id] = episode
        for effect in outcome.effects:
            match effect:
                case Note():
                    self.note(episode.id, effect, work)
                case Ring():
                    pass
                case Hush():
                    work.after += ((episode, effect),)
                case Send():
                    outgoing = messages.outgoing(episode, effect, work.now)
                    work.batch.messages[outgoing.key] = outgoing
                case Tell() if self._is_shown(episode):
                    letter = letter_of(episode, effect, work.now)
                    work.batch.letters[letter.key] = letter
                case Tell():
                    pass

    def advance(self, episode: Episode, event: Event, work: Work) -> Outcome:
        """Let an event happen to an episode. Nothing is written if nothing follows from it."""
        busy = self.shelf.busy(episode.plan, episode.id, episode.home, work.now)
        outcome = course.advance(episode, event, work.now, busy)
        if outcome.episode is not episode or outcome.effects:
            self.apply(outcome, work)
            if outcome.episode.coming is not episode.coming:
                self._spare(outcome.episode, work)
        return outcome

    def _spare(self, episode: Episode, work: Work) -> None:
        """Whoever comes here is not waited for by other homes that call her."""
        for target in episode.coming:
            for name in self.shelf.calling(target):
                other = self.shelf.episodes[name]
                if name != episode.id and other.step < other.last_step:
                    self.advance(other, Due(), work)

    def find(self, episode: str) -> Episode | None:
        """An episode by its id, in memory or on disk. Raises DiskError."""
        return self.shelf.episodes.get(episode) or self.store.episode(episode)

    def note(self, episode: str, note: Note, work: Work) -> None:
        """Write a line of the record."""
        line = Line(work.now, episode, str(note.what), note.who, note.detail)
        work.batch.lines.append(line)

    def queue(self, work: Work) -> None:
        """Hand over to the disk what was decided."""
        self.writer.queue(work)

    def due(self, now: int, at_most: int = 500) -> int | None:
        """Let deadlines that have passed happen, oldest first; return the next one.

        At most so many at once, so that ten thousand after a restart hold up no press.
        """
        self._looked_ms = now
        while at_most > 0 and (episode := self.shelf.take_due(now)) is not None:
            at_most -= 1
            work = Work(now)
            self.advance(episode, Due(), work)
            self.queue(work)
        return self.shelf.upcoming()

    def up(self, now: int) -> None:
        """The broker is back, perhaps without its memory: say again what should be known there.

        Rings first. It is `restate` that says it, little by little.
        """
        current = (
            letter_of(episode, course.told(episode), now)
            for episode in self.shelf.episodes.values()
            if episode.is_open and self._is_shown(episode)
        )
        self._to_restate = deque([*self.shelf.episodes, *self.post.known(current)])
        self.shelf.has_deadline.set()

    def restate(self, now: int, at_most: int = 100) -> bool:
        """Say again some of what `up` found; whether there is more."""
        work = Work(now)
        while self._to_restate and at_most > 0:
            at_most -= 1
            what = self._to_restate.popleft()
            if isinstance(what, Letter):
                self.post.tell_again(what, now)
                continue
            episode = self.shelf.episodes.get(what)
            if episode is None or (episode.deadline is not None and episode.deadline <= now):
                continue  # what is overdue is rung on anyway, oldest first
            for call in episode.calls:
                if call.again_ms is not None:
                    self.advance(self.shelf.episodes[what], Back(call.chime), work)
        self.queue(work)
        return bool(self._to_restate)

    def back(self, chime: str, work: Work) -> None:
        """A chime is on line again, and may have missed what it was told."""
        for name in self.shelf.rung_at(chime):
            self.advance(self.shelf.episodes[name], Back(chime), work)

    def gone(self, chime: str, work: Work) -> None:
        """A chime is off line: nobody hears it ring."""
        for name in self.shelf.rung_at(chime):
            self.advance(self.shelf.episodes[name], Gone(chime), work)

    def _is_shown(self, episode: Episode) -> bool:
        """The lamp of a button that calls for help says nothing of a test."""
        return episode.kind is Kind.CALL or (episode.button, Kind.CALL) not in self.shelf.opened

    # -- after the commit -------------------------------------------------------------------

    def _perform(self, work: Work) -> None:
        """All that was waiting for the commit of this work."""
        # A button that has its receipt shows what it was told last: that comes first.
        for letter in work.batch.letters.values():
            self.post.put(letter, max(work.now, self._looked_ms))  # the disk may have failed long
        for device, event_id, episode in work.receipts:
            # What came twice was written with the first of them, unless that could not be.
            if work.batch.receipts or (device, event_id) not in self.receipts.refused:
                self.post.receipt(device, event_id, episode)
        if work.batch.receipts:
            self.receipts.settled(work.batch.receipts)
        for episode, hush in work.after:
            if not self._rings(episode.id, hush.chime):  # again, since this was decided
                self.post.hush(episode, hush)
        if work.batch.rest:
            self.mail.committed(work.batch)
        for episode in work.batch.episodes.values():
            if not episode.is_open and episode.deadline is None:
                self.shelf.forget(episode)
        for line in work.batch.lines:
            self._say(line.what, {"episode": line.episode, "who": line.who, **line.detail})

    def _rings(self, episode: str, chime: str) -> bool:
        found = self.shelf.episodes.get(episode)
        return found is not None and any(
            call.chime == chime and calls.is_called(call) for call in found.calls
        )

    def _has_left(self, letter: Letter) -> None:
        """Its row goes with those of all that leave before the next commit."""
        commits, sent = self._leaving
        if commits == self.writer.commits:
            sent.append(letter)
            return
        work = Work(letter.created_ms, batch=Batch(sent=[letter]))
        self._leaving = (self.writer.commits, work.batch.sent)
        self.queue(work)

    # -- the operators -------------------------------------------------------------------

    async def reread(self, now: int) -> None:
        """Take over what operators have changed in the books, if they have, and every hour who is
        on duty next.
        """
        revision = self.store.revision()
        if revision == self._revision and abs(now - self._rostered_ms) < HOUR_MS:
            return
        if revision != self._revision:
            self.directory = Directory(await self.store.books(), self._default)
        self._revision, self._rostered_ms = revision, now
        work = Work(now)
        for episode in list(self.shelf.episodes.values()):
            for target in {t.responder: t for s in episode.plan for t in s.targets}.values():
                current = self.directory.current(target)
                is_same = (current.chimes, current.contacts) == (target.chimes, target.contacts)
                if episode.is_open and not is_same:
                    self.advance(self.shelf.episodes[episode.id], Repaired(current), work)
            if episode.is_open and not reaches_anybody(episode.plan):
                plan = self.directory.call_plan(self.directory.home_of(episode.button), now)
                if reaches_anybody(plan):
                    self.advance(self.shelf.episodes[episode.id], Replanned(plan), work)
            if episode.is_open:
                episode = self.shelf.episodes[episode.id]
                home = self.directory.books.homes.get(episode.home)
                plan = self.directory.rostered(episode.plan, home, now)
                if plan != episode.plan:
                    self.advance(episode, Rostered(plan), work)
        self.queue(work)


def _say(what: str, fields: Mapping[str, object]) -> None:
    log.info(what, extra={"fields": fields})
