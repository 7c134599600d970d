"""The way of faults to technicians, as messages by their contacts.

Owns nothing but that way: what is told and when is `domain.bulletin`'s to say.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lovebell.domain.bulletin import Bulletin, News, merged
from lovebell.domain.records import Batch, Outgoing
from lovebell.writer import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lovebell.domain.bulletin import Hours, Key
    from lovebell.domain.faults import Fault
    from lovebell.domain.model import Contact
    from lovebell.engine import Engine

log = logging.getLogger("lovebell.technicians")

FAULT = "fault"


class Technicians:
    """`people` are ids of responders, `told` the faults that they know of; `steady` gives
    milliseconds that only go forward, `hour` the minute of the local day and the day of the week.
    """

    def __init__(
        self,
        engine: Engine,
        people: tuple[str, ...],
        hours: Hours,
        told: Iterable[Key],
        steady: Callable[[], int],
        hour: Callable[[], tuple[int, int]],
    ) -> None:
        self._engine = engine
        self._people = people
        self._bulletin = Bulletin(hours, told)
        self._steady = steady
        self._hour = hour
        self._missed: frozenset[str] = frozenset()

    def tick(self, opened: Mapping[Key, Fault], now: int) -> None:
        """Look once, and queue what is to be told."""
        contacts = self._contacts()
        if not contacts:  # whoever is entered later is told then
            return
        steady = self._steady()
        news = self._bulletin.due(opened, steady, *self._hour())
        if news is None:
            return
        self._bulletin.tell(news, steady)
        messages = [self._message(contact, news, now) for contact in contacts]
        batch = Batch(messages={one.key: one for one in messages}, told=news.told)
        self._engine.queue(Work(now, batch=batch))

    def _contacts(self) -> list[Contact]:
        books = self._engine.directory.books
        found = [one for one in books.contacts if one.responder in self._people]
        missed = frozenset(self._people) - {one.responder for one in found}
        if missed != self._missed:
            self._missed = missed
            for one in sorted(missed):
                log.warning("a technician without a contact", extra={"responder": one})
        return found

    def _message(self, contact: Contact, news: News, now: int) -> Outgoing:
        key = f"{FAULT}/{contact.responder}/{contact.channel}"
        waiting = self._engine.mail.waiting.get(key)
        fields = merged(waiting.fields if waiting else None, news)
        serial = max(now, waiting.serial + 1 if waiting else 0)
        return Outgoing(key, "", FAULT, contact.responder, contact.channel, serial, fields, now)
