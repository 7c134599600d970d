"""What operators want done with an episode, turned into events and answered.

Owns the answers. What follows from an event is the domain's to say.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lovebell.domain.episode import Kind
from lovebell.domain.events import Acknowledged, Arrived, Reopened, Resolved
from lovebell.domain.records import DiskError
from lovebell.writer import Work

if TYPE_CHECKING:
    from lovebell.domain.episode import Episode
    from lovebell.domain.events import Event
    from lovebell.domain.records import Command
    from lovebell.engine import Engine

log = logging.getLogger("lovebell.operators")


class Operators:
    """The way from a command in the database to an event."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._taken: set[int] = set()
        self._has_begun = False

    def take_all(self, now: int) -> None:
        """Do all that operators want. Raises DiskError.

        What was noted while no gateway ran counts from then: whoever said hours ago that she was
        coming should be there. Later the clock may be set, and what is found is new anyway.
        """
        for command in self._engine.store.commands():
            self.take(command, now, now if self._has_begun else min(command.at_ms, now))
        self._has_begun = True

    def take(self, command: Command, now: int, at_ms: int) -> None:
        """Do what an operator has wanted since `at_ms`, and queue the answer."""
        if command.n in self._taken:
            return
        work = Work(now)
        try:
            work.batch.answers[command.n] = self._obey(command, at_ms, work)
        except DiskError as why:  # it waits where it is
            log.error("cannot look into the database", extra={"why": str(why)})
            return
        except Exception:
            log.exception("command not understood", extra={"command": command.n})
            work.batch.answers[command.n] = "refused:error"
        self._taken.add(command.n)
        self._engine.queue(work)

    def _obey(self, command: Command, at_ms: int, work: Work) -> str:
        """The answer. Raises DiskError."""
        episode = self._engine.find(command.episode)
        if episode is None:
            return "refused:unknown_episode"
        if command.verb == "reopen":
            return self._reopen(episode, command, work)
        event: Event
        if command.verb == "resolve":
            event = Resolved(command.by, command.outcome, command.note)
        else:
            person = self._engine.directory.books.responders.get(command.responder)
            if person is None:
                return "refused:unknown_responder"
            target = self._engine.directory.target(person)
            if command.verb == "acknowledge":
                event = Acknowledged(target, command.by, at_ms)
            else:
                event = Arrived(target, command.by)
        outcome = self._engine.advance(episode, event, work)
        if not episode.is_open:  # that somebody went is on record all the same
            return "late" if outcome.effects else "refused:resolved"
        return "ok" if outcome.effects else "refused:nothing_new"

    def _reopen(self, episode: Episode, command: Command, work: Work) -> str:
        if episode.is_open:
            return "refused:not_over"
        if self._engine.shelf.open_of(episode.button, Kind.CALL) is not None:
            return "refused:called_again"
        directory = self._engine.directory
        # Chimes may have changed hands since it ended: a stranger's is not to ring.
        home = directory.books.homes.get(episode.home)
        plan = directory.renewed(episode.plan, home, work.now)
        outcome = self._engine.advance(episode, Reopened(command.by, command.note, plan), work)
        return "ok" if outcome.effects else "refused:too_late"
