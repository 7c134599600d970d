"""The books on disk: homes, responders, devices.

Owns reading all the books and editing these three; pairings and plans are edited in `pairs`.
Every edit raises the revision in its own transaction, so that a running gateway takes it up.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select, update

from lovebell.domain.codec import plan_from_json
from lovebell.domain.model import (
    NAME,
    Books,
    Channel,
    Contact,
    Device,
    DeviceKind,
    Home,
    Link,
    Pairing,
    Responder,
    ResponderKind,
)
from lovebell.store import calendar, schema
from lovebell.store.errors import BooksError
from lovebell.store.names import check_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row, Select, Table

MAX_TEXT: Final = 200
#: The option of a connection that holds what was read ahead.
AHEAD: Final = "lovebell_books"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """The books as they were at this revision."""

    revision: int
    books: Books


def load_books(connection: Connection) -> Books:
    """Everything an operator has entered, as it stands in this transaction.

    What was read ahead, before the write lock was taken, is good as long as nothing has changed.
    """
    ahead: ReadAhead | None = connection.get_execution_options().get(AHEAD)
    if ahead is not None and ahead.revision == revision_of(connection):
        return ahead.books
    return _read(connection)


def read_ahead(connection: Connection) -> dict[str, ReadAhead]:
    """All the books, as an option of the connection on which they will be edited."""
    return {AHEAD: ReadAhead(revision_of(connection), load_books(connection))}


def revision_of(connection: Connection) -> int:
    """What rises with every change to the books or the credentials."""
    return int(connection.execute(select(schema.revision.c.n)).scalar_one())


def _read(connection: Connection) -> Books:
    # All rows at once: a half-read cursor, which the error of an unreadable row keeps, would hold
    # this moment of the database open, and nobody could read what has mended it.
    def rows(wanted: Select[Any]) -> Sequence[Row[Any]]:
        return connection.execute(wanted).all()

    homes = rows(select(schema.home).order_by(schema.home.c.id))
    responders = rows(select(schema.responder).order_by(schema.responder.c.id))
    devices = rows(select(schema.device).order_by(schema.device.c.id))
    now = schema.pairing.c.until_ms.is_(None)
    pairings = rows(select(schema.pairing).where(now).order_by(schema.pairing.c.n))
    plans = rows(select(schema.plan))
    channels = rows(select(schema.channel).order_by(schema.channel.c.name))
    contact = schema.contact.c
    by_rank = (contact.responder, contact.rank, contact.channel)
    contacts = rows(select(schema.contact).order_by(*by_rank))
    return Books(
        homes={
            row.id: Home(
                *(row.id, row.name, row.address, row.phone, row.notes, row.care_level),
                *(row.grid, row.community),
            )
            for row in homes
        },
        responders={
            row.id: Responder(row.id, row.name, ResponderKind(row.kind), row.phone, row.grid)
            for row in responders
        },
        devices={row.id: Device(row.id, DeviceKind(row.kind), row.note) for row in devices},
        pairings=tuple(
            Pairing(Link(row.link), row.subject, row.object, row.rank) for row in pairings
        ),
        plans={row.home: plan_from_json(row.steps) for row in plans},
        channels={row.name: Channel(row.name, row.kind, row.options) for row in channels},
        contacts=tuple(
            Contact(row.responder, row.channel, row.address, row.language, row.rank)
            for row in contacts
        ),
        **calendar.load(connection),
    )


def raise_revision(connection: Connection) -> None:
    """Tell a running gateway, with the commit, that the books have changed."""
    connection.execute(update(schema.revision).values(n=schema.revision.c.n + 1))


def noun_of(books: Books, thing: str) -> str:
    """What an id is the id of: home, responder, button, chime, group, rota or community; "" for
    nothing.
    """
    nouns = {
        "home": books.homes,
        "responder": books.responders,
        "group": books.groups,
        "rota": books.rotas,
        "community": books.communities,
    }
    for noun, things in nouns.items():
        if thing in things:
            return noun
    device = books.devices.get(thing)
    return device.kind.value if device else ""


# -- homes -----------------------------------------------------------------------------------


def home_of(books: Books, home: str) -> Home:
    """The home of this id. Raises BooksError (unknown_home)."""
    if home not in books.homes:
        raise BooksError("unknown_home", id=home)
    return books.homes[home]


def add_home(connection: Connection, home: Home) -> None:
    """Enter a home.

    Raises BooksError (bad_id, taken_id, bad_text, bad_level, bad_grid, unknown_community).
    """
    books = load_books(connection)
    _check_home(books, home)
    check_new(connection, home.id)
    _insert(connection, schema.home, asdict(home))


def edit_home(connection: Connection, home: str, **changes: Any) -> Home:
    """Change fields of a home, and return it as it now is.

    Raises BooksError (unknown_home, no_change, bad_text, bad_level, bad_grid, unknown_community).
    """
    books = load_books(connection)
    edited = replace(home_of(books, home), **_some(changes))
    _check_home(books, edited)
    _update(connection, schema.home, asdict(edited))
    return edited


def remove_home(connection: Connection, home: str) -> None:
    """Take a home out of the books, with its plan; its episodes and its history stay.

    Raises BooksError (unknown_home, home_calls, still_paired).
    """
    books = load_books(connection)
    home_of(books, home)
    calls = schema.episode.c.n
    its_open = (schema.episode.c.home == home) & (schema.episode.c.state != "resolved")
    n = connection.execute(select(calls).where(its_open).limit(1)).scalar_one_or_none()
    if n is not None:
        raise BooksError("home_calls", id=home, n=n)
    _check_unpaired(books, home)
    _delete(connection, schema.home, home)


def _check_home(books: Books, home: Home) -> None:
    check_text("name", home.name, least=1)
    check_text("address", home.address)
    check_text("phone", home.phone)
    check_text("notes", home.notes, most=1000)
    _check_grid(home.grid)
    if home.community and home.community not in books.communities:
        raise BooksError("unknown_community", id=home.community)
    if not 1 <= home.care_level <= 5:
        raise BooksError("bad_level", level=home.care_level)


# -- responders ------------------------------------------------------------------------------


def responder_of(books: Books, responder: str) -> Responder:
    """The responder of this id. Raises BooksError (unknown_responder)."""
    if responder not in books.responders:
        raise BooksError("unknown_responder", id=responder)
    return books.responders[responder]


def add_responder(connection: Connection, responder: Responder) -> None:
    """Enter a responder.

    Raises BooksError (bad_id, reserved_id, taken_id, bad_text, bad_grid, grid_needed).
    """
    _check_responder(responder)
    check_new(connection, responder.id)
    _insert(connection, schema.responder, asdict(responder))


def edit_responder(connection: Connection, responder: str, **changes: Any) -> Responder:
    """Change fields of a responder, and return them as they now are.

    Raises BooksError (unknown_responder, no_change, bad_text, bad_grid, grid_needed).
    """
    edited = replace(responder_of(load_books(connection), responder), **_some(changes))
    _check_responder(edited)
    _update(connection, schema.responder, asdict(edited))
    return edited


def remove_responder(connection: Connection, responder: str) -> None:
    """Take a responder out of the books; what they did stays on record.

    Raises BooksError (unknown_responder, still_paired, in_plan, in_use).
    """
    books = load_books(connection)
    responder_of(books, responder)
    _check_unpaired(books, responder)
    calendar.check_unused(books, responder)
    _delete(connection, schema.responder, responder)


def _check_responder(responder: Responder) -> None:
    check_text("name", responder.name, least=1)
    check_text("phone", responder.phone)
    _check_grid(responder.grid)
    if responder.kind is ResponderKind.GRID and not responder.grid:
        raise BooksError("grid_needed")


# -- devices ---------------------------------------------------------------------------------


def device_of(books: Books, device: str) -> Device:
    """The device of this id. Raises BooksError (unknown_device)."""
    if device not in books.devices:
        raise BooksError("unknown_device", id=device)
    return books.devices[device]


def add_device(connection: Connection, device: Device) -> None:
    """Enter a device. Raises BooksError (bad_id, taken_id, bad_text)."""
    check_text("note", device.note)
    check_new(connection, device.id, is_device=True)
    _insert(connection, schema.device, asdict(device))


def add_devices(connection: Connection, kind: DeviceKind, names: Iterable[str]) -> None:
    """Enter new devices at once. Their names are free and can be ids (`names.are_free`)."""
    rows = [asdict(Device(name, kind, "")) for name in names]
    connection.execute(insert(schema.device), rows)
    raise_revision(connection)


def remove_device(connection: Connection, device: str) -> bool:
    """Take a device out of the books; whether it had a secret, which is void. Raises BooksError
    (unknown_device, still_paired)."""
    books = load_books(connection)
    device_of(books, device)
    _check_unpaired(books, device)
    # Else whoever gets the name next could be spoken for with this one's secret.
    of_it = schema.credential.c.device == device
    gone = connection.execute(delete(schema.credential).where(of_it))
    connection.execute(delete(schema.board).where(schema.board.c.device == device))
    _delete(connection, schema.device, device)
    return bool(gone.rowcount)


# -- what is common to the three -------------------------------------------------------------


def check_text(field: str, text: str, *, least: int = 0, most: int = MAX_TEXT) -> None:
    """Raises BooksError (bad_text) for text too short or too long, or of more than one line."""
    if not least <= len(text.strip()) <= most or _CONTROL.search(text):
        raise BooksError("bad_text", field=field, max=most)


def _check_grid(grid: str) -> None:
    if grid and not NAME.match(grid):
        raise BooksError("bad_grid", grid=grid)


def _check_unpaired(books: Books, thing: str) -> None:
    others = [
        pairing.object if pairing.subject == thing else pairing.subject
        for pairing in books.pairings
        if thing in (pairing.subject, pairing.object)
    ]
    if others:
        raise BooksError("still_paired", id=thing, others=", ".join(others), first=others[0])


def _some(changes: dict[str, Any]) -> dict[str, Any]:
    given = {field: value for field, value in changes.items() if value is not None}
    if not given:
        raise BooksError("no_change")
    return given


def _insert(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    connection.execute(insert(table), row)
    raise_revision(connection)


def _update(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    connection.execute(update(table).where(table.c.id == row["id"]), row)
    raise_revision(connection)


def _delete(connection: Connection, table: Table, thing: str) -> None:
    connection.execute(delete(table).where(table.c.id == thing))
    raise_revision(connection)
