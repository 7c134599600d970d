"""What another database knows of who may connect, and taking it over.

Owns reading a file that is not the gateway's: a copy of it is read, so that nothing in it changes.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError

from lovebell.domain.episode import What
from lovebell.domain.model import Device, DeviceKind
from lovebell.domain.recovery import Standing, to_admit, to_shut_out
from lovebell.store import boards, credentials, schema
from lovebell.store.books import add_device, load_books, noun_of
from lovebell.store.errors import BooksError
from lovebell.store.migrate import NewerDatabaseError
from lovebell.store.sqlite import create_or_upgrade, open_engine

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: The year 9999: a device that was heard once may come back after any time.
FOR_EVER_MS: Final = 253_402_300_799_000
_PAIRING: Final = schema.pairing.c
_MOVED: Final = select(
    _PAIRING.subject,
    func.max(func.max(_PAIRING.since_ms), func.max(func.coalesce(_PAIRING.until_ms, 0))).label(
        "at_ms"
    ),
).group_by(_PAIRING.subject)
_CHANGES = (What.ENROLLED, What.RENEWED, What.REVOKED, What.RECOVERED)


def standing(connection: Connection) -> Standing:
    """What the database of this connection knows."""
    books = load_books(connection)
    credential, event = schema.credential, schema.event
    hashes = connection.execute(select(credential)).all()
    heard = set(connection.execute(select(schema.seen.c.device)).scalars())
    changed = connection.execute(
        select(event.c.who, func.max(event.c.at_ms).label("at_ms"))
        .where(event.c.what.in_([what.value for what in _CHANGES]))
        .group_by(event.c.who)
    )
    return Standing(
        {one.id: one.kind.value for one in books.devices.values()},
        {row.device: row.hash for row in hashes},
        {row.who: row.at_ms for row in changed},
        {pair.subject: pair.object for pair in books.pairings if pair.subject in books.devices},
        {row.subject: row.at_ms for row in connection.execute(_MOVED)},
        {row.device: FOR_EVER_MS if row.device in heard else row.until_ms for row in hashes},
    )


def standing_in(path: Path) -> Standing:
    """What the database in that file knows. Raises BooksError (no_such_database)."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy.db"
            if not path.is_file():
                raise BooksError("no_such_database", path=str(path))
            with (
                closing(sqlite3.connect(f"file:{path.absolute()}?mode=ro", uri=True)) as old,
                closing(sqlite3.connect(copy)) as new,
            ):
                old.backup(new)
                if not _is_ours(new):
                    raise BooksError("no_such_database", path=str(path))
            create_or_upgrade(copy)
            engine = open_engine(copy)
            try:
                with engine.connect() as connection:
                    return standing(connection)
            finally:
                engine.dispose()
    except (sqlite3.DatabaseError, DatabaseError, NewerDatabaseError, OSError) as why:
        raise BooksError("no_such_database", path=str(path)) from why


def _is_ours(connection: sqlite3.Connection) -> bool:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {"alembic_version", "device", "event"} <= {row[0] for row in rows}


def take_over(connection: Connection, other: Standing, now: int) -> tuple[list[str], list[str]]:
    """Let in whom the other database lets in, and shut out whom it has revoked, as far as it
    knows better. (those let in, those shut out); a name that is somebody else's by now is left."""
    mine = standing(connection)
    books = load_books(connection)
    admitted: list[str] = []
    for device in to_admit(mine, other):
        kind = DeviceKind(other.kinds[device])
        if device not in books.devices:
            if noun_of(books, device):
                continue
            # A board that waits for this name asks for another: confirmed, it would make the secret
            # of the one in the home void.
            boards.forget(connection, device)
            add_device(connection, Device(device, kind, ""))
        credentials.replace(connection, device, other.hashes[device], other.until[device])
        boards.note(connection, now, What.RECOVERED, device, {})
        admitted.append(device)
    shut_out = to_shut_out(mine, other)
    for device in shut_out:
        credentials.revoke(connection, device)
        boards.forget(connection, device)
        boards.note(connection, now, What.REVOKED, device, {})
    return admitted, shut_out
