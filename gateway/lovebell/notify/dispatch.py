"""The dispatcher: sends what waits, each channel on a lane of its own, so that one that is blocked
delays no other.

Owns the tasks and the senders. What goes next and when is `domain.pacing`'s to say; what a fate
means for an episode, and what stands in a message, the office's. At least once: a message has
left the disk only when its fate is on record, so a kill in between sends it again under the same
key.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lovebell.domain.pacing import Queue
from lovebell.notify.errors import BadChannelError
from lovebell.notify.sender import Answer, Verdict, make_sender

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from lovebell.domain.model import Channel, Contact
    from lovebell.domain.records import Outgoing
    from lovebell.notify.secrets import Secrets
    from lovebell.notify.sender import Message, Sender

log = logging.getLogger("lovebell.dispatch")

TOO_OLD = "too_old"
NO_CONTACT = "no_contact"
REPLACED = "replaced"

STUMBLED_S = 5.0


class Office(Protocol):
    """The gateway, as the dispatcher needs it."""

    def channel(self, name: str) -> Channel | None:
        """The channel as it stands in the books now."""
        ...

    def contact(self, outgoing: Outgoing) -> Contact | None:
        """Where it goes, as it stands in the books now."""
        ...

    def is_wanted(self, outgoing: Outgoing) -> bool:
        """Whether it still says what is so."""
        ...

    async def compose(self, outgoing: Outgoing, contact: Contact) -> Message:
        """What is sent."""
        ...

    def sent(self, outgoing: Outgoing, said: str) -> None:
        """A service has it."""
        ...

    def dropped(self, outgoing: Outgoing, why: str, *, refused: bool) -> None:
        """It will not be sent."""
        ...


class Dispatcher:
    """One for all channels. `steady` gives milliseconds that only go forward, `chance` numbers
    from 0 up to 1.
    """

    def __init__(
        self,
        office: Office,
        secrets: Secrets,
        steady: Callable[[], int],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._office = office
        self._secrets = secrets
        self._steady = steady
        self._chance = chance
        self._lanes: dict[str, _Lane] = {}
        self._fresh: asyncio.Queue[_Lane] = asyncio.Queue()

    def take(self, outgoing: Outgoing, waited_ms: int = 0) -> None:
        """Queue a message that is on disk and has waited so long already."""
        self._lane(outgoing.channel).put(outgoing, waited_ms)

    def remember(self, channel: str, ago_ms: int) -> None:
        """A message left by this channel so long ago, in the last run: it counts for its limit."""
        self._lane(channel).remember(ago_ms)

    def _lane(self, channel: str) -> _Lane:
        lane = self._lanes.get(channel)
        if lane is None:
            lane = _Lane(channel, self._office, self._secrets, self._steady, self._chance)
            self._lanes[channel] = lane
            self._fresh.put_nowait(lane)
        return lane

    async def run(self) -> None:
        """Send for ever."""
        async with asyncio.TaskGroup() as lanes:
            while True:
                lane = await self._fresh.get()
                lanes.create_task(lane.run())


@dataclass(slots=True)
class _Line:
    """A channel as it was when its sender was made; what is wrong with it when there is none."""

    channel: Channel | None
    sender: Sender | None
    wrong: str = ""


class _Lane:
    def __init__(
        self,
        name: str,
        office: Office,
        secrets: Secrets,
        steady: Callable[[], int],
        chance: Callable[[], float],
    ) -> None:
        self._name = name
        self._office = office
        self._secrets = secrets
        self._steady = steady
        self._chance = chance
        self._queue = Queue()
        self._wake = asyncio.Event()
        self._line: _Line | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures = 0

    def put(self, outgoing: Outgoing, waited_ms: int) -> None:
        self._queue.put(outgoing, self._steady(), waited_ms)
        self._wake.set()

    def remember(self, ago_ms: int) -> None:
        self._queue.remember(self._steady() - ago_ms)

    async def run(self) -> None:
        """Send what is due, then sleep until something is, for ever. A mistake of ours or of a
        plug-in holds up this channel for a moment, and never the bells.
        """
        try:
            while True:
                self._wake.clear()
                try:
                    left_s = await self._work()
                except Exception:
                    log.exception("channel stumbled", extra={"channel": self._name})
                    left_s = STUMBLED_S
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left_s):
                        await self._wake.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._line is not None and self._line.sender is not None:
                await self._line.sender.close()

    async def _work(self) -> float | None:
        """Send what is due; return for how many seconds nothing else is, None for until woken."""
        line = await self._current()
        now = self._steady()
        for old in self._queue.take_old(now):
            self._office.dropped(old, TOO_OLD, refused=False)
        while (outgoing := self._queue.next(now)) is not None:
            self._start(self._send(outgoing, line))
        upcoming = self._queue.upcoming(now)
        return None if upcoming is None else max(upcoming - now, 1) / 1000

    def _start(self, job: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _current(self) -> _Line:
        """The channel and its sender; another one when an operator has changed the channel, or
        when there was none: its secret may be there now."""
        channel = self._office.channel(self._name)
        line = self._line
        if line is not None and line.sender is not None:
            if line.channel == channel:
                return line
            self._start(_close_after(set(self._tasks), line.sender))
        # In a thread: a sender may import a library, which takes a second, and nobody's ring waits
        # for that.
        self._line = line = await asyncio.to_thread(self._made, channel)
        limit = line.sender.limit if line.sender else None
        self._queue.limit(limit.count if limit else 0, limit.per_ms if limit else 0)
        return line

    def _made(self, channel: Channel | None) -> _Line:
        if channel is None:
            return _Line(None, None, NO_CONTACT)
        try:
            sender = make_sender(channel.kind, channel.options, self._secrets)
        except BadChannelError as why:
            return _Line(channel, None, str(why))
        return _Line(channel, sender)

    async def _send(self, outgoing: Outgoing, line: _Line) -> None:
        try:
            answer = await self._try(outgoing, line)
            if answer is not None and answer.verdict is not Verdict.LATER:
                self._settle(outgoing, answer)
        except Exception:
            log.exception("message not sent", extra={"channel": self._name})
            answer = Answer(Verdict.LATER, "error")
        if answer is not None and answer.verdict is Verdict.LATER:
            self._later(outgoing, answer)
        else:
            self._queue.answered(outgoing, was_asked=answer is not None)
        self._wake.set()

    async def _try(self, outgoing: Outgoing, line: _Line) -> Answer | None:
        """What the service answered; None when there was no need to ask it."""
        contact = self._office.contact(outgoing)
        if not self._office.is_wanted(outgoing):
            self._office.dropped(outgoing, REPLACED, refused=False)
            return None
        if contact is None:
            self._office.dropped(outgoing, NO_CONTACT, refused=False)
            return None
        if line.sender is None:
            return Answer(Verdict.REFUSED, line.wrong)
        message = await self._office.compose(outgoing, contact)
        return await line.sender.send(message, contact.address)

    def _settle(self, outgoing: Outgoing, answer: Answer) -> None:
        if answer.verdict is Verdict.SENT:
            if self._failures:
                log.info("channel well again", extra={"channel": self._name})
            self._failures = 0
            self._office.sent(outgoing, answer.said)
            return
        about = {"channel": self._name, "to": outgoing.responder, "why": answer.said}
        log.error("message refused", extra=about)
        self._office.dropped(outgoing, answer.said, refused=True)

    def _later(self, outgoing: Outgoing, answer: Answer) -> None:
        """Logged ever more seldom: a service may be down for days."""
        self._failures += 1
        if self._failures & (self._failures - 1) == 0:
            about = {"channel": self._name, "why": answer.said, "count": self._failures}
            log.warning("message not sent yet", extra=about)
        now = self._steady()
        self._queue.again(outgoing, now, self._chance(), answer.retry_after_ms)


async def _close_after(tasks: set[asyncio.Task[None]], sender: Sender) -> None:
    """What travels by a sender may arrive before it is closed."""
    if tasks:
        await asyncio.wait(tasks)
    await sender.close()
