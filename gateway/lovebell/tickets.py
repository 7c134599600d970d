"""Tickets: links by which a responder acknowledges an episode, once.

Owns the making and the looking up; of what stands in a link only the hash is kept, here and on
disk. What a link may still do is `domain.visit`'s to say, what follows from it the course's.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lovebell.domain.events import Acknowledged
from lovebell.domain.messages import BY_LINK
from lovebell.domain.records import Ticket
from lovebell.domain.visit import LASTS_MS, Visit, visit
from lovebell.writer import Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from lovebell.engine import Engine

#: How long the disk is waited for. Without it a link works until the gateway is restarted, and an
#: answer counts as well: nobody is to wait for a disk that is full.
DISK_S: Final = 2.0
PATH: Final = "/a/"


class Tickets:
    """`stored` finds a ticket on disk by its hash; `token` makes a secret text of 128 bits of
    chance or more, fit for a URL; `public_url` is where the gateway's pages are seen from
    outside, "" for nowhere.
    """

    def __init__(
        self,
        engine: Engine,
        stored: Callable[[str], Ticket | None],
        token: Callable[[], str],
        now: Callable[[], int],
        public_url: str = "",
    ) -> None:
        self._engine = engine
        self._stored = stored
        self._token = token
        self._now = now
        self._url = public_url.rstrip("/")
        self._are_pages_up = True
        self._known: dict[str, Ticket] = {}

    def pages(self, are_up: bool) -> None:
        """Whether somebody serves the pages: a link that leads nowhere is worse than none."""
        self._are_pages_up = are_up

    async def link(self, episode: str, responder: str) -> str:
        """A new link for this responder; "" where there is no page to lead to."""
        if not self._url or not self._are_pages_up:
            return ""
        token, now = self._token(), self._now()
        self._forget_old(now)
        ticket = Ticket(hash_of(token), episode, responder, now + LASTS_MS)
        await self._write(ticket, Work(now))
        return f"{self._url}{PATH}{token}"

    def find(self, token: str) -> Ticket | None:
        """The ticket of a link. Raises DiskError."""
        # A hash is looked up, and nobody can choose one: how long it takes tells nothing of what
        # links there are.
        key = hash_of(token)
        return self._known.get(key) or self._stored(key)

    def look(self, token: str) -> Visit | None:
        """What the link shows; None for one that is unknown or has expired. Raises DiskError."""
        ticket = self.find(token)
        # Whoever has been taken out of the books since silences no call.
        if ticket is None or ticket.responder not in self._engine.directory.books.responders:
            return None
        episode = self._engine.find(ticket.episode)
        return None if episode is None else visit(episode, ticket, self._now())

    async def use(self, token: str) -> Visit | None:
        """Say "I am coming" if the link still may; return what it shows then. Raises DiskError."""
        before = self.look(token)
        ticket = self.find(token)
        if before is None or ticket is None or not before.may_acknowledge:
            return before
        directory = self._engine.directory
        target = directory.target(directory.books.responders[ticket.responder])
        episode = self._engine.find(ticket.episode)
        work = Work(self._now())
        if episode is not None:
            self._engine.advance(episode, Acknowledged(target, BY_LINK, work.now), work)
        await self._write(replace(ticket, used_ms=work.now), work)
        return self.look(token)

    async def _write(self, ticket: Ticket, work: Work) -> None:
        self._known[ticket.hash] = ticket
        work.batch.tickets[ticket.hash] = ticket
        written = asyncio.get_running_loop().create_future()
        work.then = lambda: None if written.done() else written.set_result(None)
        self._engine.queue(work)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DISK_S):
                await written

    def _forget_old(self, now: int) -> None:
        old = [key for key, ticket in self._known.items() if ticket.until_ms <= now]
        for key in old:
            del self._known[key]


def hash_of(token: str) -> str:
    """What is kept of what stands in a link."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
