"""The clerk: between the engine and the dispatcher of messages.

Owns what stands in a message and the writing down of its fate. What follows from a fate is the
course's to say, when something is sent the dispatcher's.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfoNotFoundError

from lovebell.domain.episode import Note, State, What
from lovebell.domain.events import Delivered, Undelivered
from lovebell.domain.messages import CALL
from lovebell.domain.records import Batch, DiskError
from lovebell.notify.sender import Message
from lovebell.story import fault
from lovebell.writer import Work

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from lovebell.domain.episode import Episode
    from lovebell.domain.model import Channel, Contact
    from lovebell.domain.records import Outgoing
    from lovebell.engine import Engine
    from lovebell.notify.templates import Templates
    from lovebell.tickets import Tickets

log = logging.getLogger("lovebell.clerk")

#: So many faults stand in one message; more are counted.
MOST_FAULTS = 10


class Clerk:
    """The office of `notify.dispatch`."""

    def __init__(
        self,
        engine: Engine,
        templates: Templates,
        tickets: Tickets,
        now: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._templates = templates
        self._tickets = tickets
        self._now = now
        self._links: dict[str, str] = {}

    def channel(self, name: str) -> Channel | None:
        """The channel as it stands in the books now."""
        return self._engine.directory.books.channels.get(name)

    def contact(self, outgoing: Outgoing) -> Contact | None:
        """Where a message goes, as it stands in the books now."""
        wanted = (outgoing.responder, outgoing.channel)
        contacts = self._engine.directory.books.contacts
        return next((one for one in contacts if (one.responder, one.channel) == wanted), None)

    def is_wanted(self, outgoing: Outgoing) -> bool:
        """Whether nothing has taken its place, a call is still a call, and the episode has not
        been made anonymous.
        """
        if not self._engine.mail.is_wanted(outgoing):
            return False
        if not outgoing.episode:
            return True
        episode = self._find(outgoing)
        if outgoing.kind != CALL:
            return episode is None or bool(episode.label)
        return episode is not None and episode.state is State.RINGING

    async def compose(self, outgoing: Outgoing, contact: Contact) -> Message:
        """The message in the contact's language; a call has a link by which to answer it."""
        key = f"{outgoing.key}/{outgoing.serial}"
        if outgoing.kind == CALL and key not in self._links:  # the same in every try
            link = await self._tickets.link(outgoing.episode, outgoing.responder)
            self._links[key] = link
        person = self._engine.directory.books.responders[contact.responder]
        zone = self._zone(outgoing)
        fields = fields_of(outgoing, person.name, contact.language, self._name, zone)
        subject, text = self._templates.fill(outgoing.kind, contact.language, fields)
        about: dict[str, str | int] = {"language": contact.language}
        if outgoing.episode:
            about["episode"] = outgoing.episode
        link = self._links.get(key, "")
        return Message(key, outgoing.kind, subject, text, link, fields | about)

    def sent(self, outgoing: Outgoing, said: str) -> None:
        """A service has it."""
        self._links.pop(f"{outgoing.key}/{outgoing.serial}", None)
        event = Delivered(*_of(outgoing), said)
        detail: dict[str, str | int] = {"said": said}
        self._settle(outgoing, event, Note(What.MESSAGED, outgoing.responder, detail))

    def dropped(self, outgoing: Outgoing, why: str, *, refused: bool) -> None:
        """It will not be sent; one whose place another has taken is on record as such already."""
        self._links.pop(f"{outgoing.key}/{outgoing.serial}", None)
        if not self._engine.mail.is_wanted(outgoing) and not refused:
            return
        event = Undelivered(*_of(outgoing), why, refused)
        what = What.MESSAGE_REFUSED if refused else What.MESSAGE_GIVEN_UP
        detail: dict[str, str | int] = {"said" if refused else "why": why}
        self._settle(outgoing, event, Note(what, outgoing.responder, detail))

    def _settle(self, outgoing: Outgoing, event: Delivered | Undelivered, note: Note) -> None:
        """Write the fate down and take the message out of the outbox, in one transaction."""
        work = Work(self._now(), batch=Batch(settled=[outgoing]))
        about = {"channel": outgoing.channel, "message": outgoing.kind}
        episode = self._find(outgoing)
        if episode is not None and episode.label:
            self._engine.advance(episode, event, work)
        elif episode is None:
            whole = Note(note.what, note.who, {**about, **note.detail})
            self._engine.note(outgoing.episode, whole, work)
        self._engine.queue(work)

    def _find(self, outgoing: Outgoing) -> Episode | None:
        try:
            return self._engine.find(outgoing.episode) if outgoing.episode else None
        except DiskError as why:
            log.error("cannot look into the database", extra={"why": str(why)})
            return None

    def _zone(self, outgoing: Outgoing) -> tzinfo | None:
        """The home's time zone; None for this machine's."""
        episode = self._find(outgoing)
        books = self._engine.directory.books
        home = books.homes.get(episode.home) if episode else None
        if home is None or home.community not in books.communities:
            return None
        try:
            return self._engine.directory.zone(home.community)
        except (ZoneInfoNotFoundError, ValueError):  # `lovebell plan check` names it
            return None

    def _name(self, device: str) -> str:
        """A device as a technician finds it."""
        home = self._engine.directory.home_of(device)
        person = self._engine.directory.responder_of(device)
        where = home.label if home else person.name if person else ""
        return f"{device} ({where})" if where else device


def fields_of(
    outgoing: Outgoing,
    person: str,
    language: str,
    name: Callable[[str], str],
    zone: tzinfo | None = None,
) -> dict[str, str | int]:
    """What the templates are filled with. `name` makes the id of a device readable; `zone` None
    is this machine's.
    """
    given = outgoing.fields
    fields: dict[str, str | int] = {"responder": person}
    fields |= {key: given[key] for key in ("home", "who", "step", "presses") if key in given}
    at_ms = given.get("pressed_ms", outgoing.created_ms)
    fields["time"] = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).strftime("%H:%M")
    if outgoing.kind == "test":
        fields["channel"] = outgoing.channel
    if outgoing.kind == "fault":
        for key in ("opened", "closed"):
            fields[key] = _list(given.get(key, []), language, name)
            fields[f"{key}_count"] = len(given.get(key, []))
    return fields


def _list(faults: list[Any], language: str, name: Callable[[str], str]) -> str:
    told = [
        f"{name(device) if device[:1] != '@' else ''} {fault(word, language)}".strip()
        for device, word in faults[:MOST_FAULTS]
    ]
    if len(faults) > MOST_FAULTS:
        told.append("…")
    return ("；" if language == "zh" else "; ").join(told)


def _of(outgoing: Outgoing) -> tuple[str, str, int, str]:
    return outgoing.responder, outgoing.channel, outgoing.serial, outgoing.kind
