"""Channels and contacts on disk.

Owns the editing of these two; `books` reads them. Whether a channel can work is for others to
say: only that it is named once and not taken from under its contacts is checked here. Every edit
raises the revision in its own transaction, so that a running gateway takes it up.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, update

from lovebell.domain.model import NAME
from lovebell.store import schema
from lovebell.store.books import check_text, load_books, raise_revision, responder_of
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from lovebell.domain.model import Books, Channel, Contact
    from lovebell.domain.records import Line


def channel_of(books: Books, name: str) -> Channel:
    """The channel of this name. Raises BooksError (unknown_channel)."""
    if name not in books.channels:
        raise BooksError("unknown_channel", name=name)
    return books.channels[name]


def add_channel(connection: Connection, channel: Channel) -> None:
    """Enter a channel. Raises BooksError (bad_channel, taken_channel)."""
    if not NAME.match(channel.name):
        raise BooksError("bad_channel", name=channel.name)
    if channel.name in load_books(connection).channels:
        raise BooksError("taken_channel", name=channel.name)
    connection.execute(insert(schema.channel), asdict(channel))
    raise_revision(connection)


def edit_channel(connection: Connection, channel: Channel) -> None:
    """Put other options in the place of a channel's. Raises BooksError (unknown_channel)."""
    channel_of(load_books(connection), channel.name)
    its = schema.channel.c.name == channel.name
    connection.execute(update(schema.channel).where(its).values(options=dict(channel.options)))
    raise_revision(connection)


def remove_channel(connection: Connection, name: str) -> None:
    """Take a channel out of the books. Raises BooksError (unknown_channel, channel_used)."""
    books = load_books(connection)
    channel_of(books, name)
    people = [one.responder for one in books.contacts if one.channel == name]
    if people:
        raise BooksError("channel_used", name=name, people=", ".join(people), first=people[0])
    connection.execute(delete(schema.channel).where(schema.channel.c.name == name))
    raise_revision(connection)


def add_contact(connection: Connection, contact: Contact) -> None:
    """Enter where a responder is reached by a channel.

    Raises BooksError (unknown_responder, unknown_channel, taken_contact, bad_rank, bad_text).
    """
    books = load_books(connection)
    responder_of(books, contact.responder)
    channel_of(books, contact.channel)
    about = {"responder": contact.responder, "channel": contact.channel}
    if _entered(books, **about):
        raise BooksError("taken_contact", **about)
    if not 1 <= contact.rank <= 99:
        raise BooksError("bad_rank", rank=contact.rank)
    check_text("address", contact.address, most=500)
    connection.execute(insert(schema.contact), asdict(contact))
    raise_revision(connection)


def remove_contact(connection: Connection, responder: str, channel: str) -> None:
    """Take a contact out of the books.

    Raises BooksError (unknown_responder, unknown_channel, unknown_contact).
    """
    books = load_books(connection)
    responder_of(books, responder)
    channel_of(books, channel)
    if not _entered(books, responder, channel):
        raise BooksError("unknown_contact", responder=responder, channel=channel)
    its = schema.contact.c
    connection.execute(
        delete(schema.contact).where(its.responder == responder, its.channel == channel)
    )
    raise_revision(connection)


def write_down(connection: Connection, lines: Iterable[Line]) -> None:
    """Put on record what became of messages that an operator has sent himself."""
    for line in lines:
        row = {"at_ms": line.at_ms, "what": line.what, "who": line.who}
        connection.execute(insert(schema.event), row | {"detail": dict(line.detail)})


def _entered(books: Books, responder: str, channel: str) -> bool:
    return any((one.responder, one.channel) == (responder, channel) for one in books.contacts)
