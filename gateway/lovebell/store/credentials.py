"""What the broker knows a device by: the hash of its secret, never the secret.

Every change raises the revision, so that a running gateway takes it to the broker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, insert, or_, select, update

from lovebell.store import schema
from lovebell.store.books import raise_revision
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

#: What was written down last: about when a backup was made.
_LAST: Final = (schema.event.c.at_ms, schema.seen.c.at_ms)


def put(connection: Connection, hashes: Mapping[str, str], until_ms: int) -> None:
    """Enter new devices' credentials. One that was not heard by `until_ms` is good for nothing."""
    connection.execute(
        insert(schema.credential),
        [{"device": one, "hash": text, "until_ms": until_ms} for one, text in hashes.items()],
    )
    raise_revision(connection)


def replace(connection: Connection, device: str, text: str, until_ms: int) -> None:
    """A device's new credential: what it had before is void."""
    connection.execute(delete(schema.credential).where(schema.credential.c.device == device))
    put(connection, {device: text}, until_ms)


def valid(connection: Connection, now_ms: int) -> dict[str, str]:
    """By device, the hash of every secret that the broker is to accept."""
    table, device = schema.credential, schema.device
    heard = select(schema.seen.c.device)
    rows = connection.execute(
        select(table)
        .join(device, device.c.id == table.c.device)
        .where(or_(table.c.until_ms > now_ms, table.c.device.in_(heard)))
        .order_by(table.c.device)
    )
    return {row.device: row.hash for row in rows}


def prolong(connection: Connection, until_ms: int, now_ms: int) -> list[str]:
    """The database is a backup: devices whose secrets were good when it was made, and have expired
    since, may have been heard since. Their secrets are good until then; which devices they are."""
    table = schema.credential
    last = [connection.execute(select(func.max(one))).scalar() for one in _LAST]
    wanted = (
        (table.c.until_ms <= now_ms)
        & (table.c.until_ms > max(at_ms or 0 for at_ms in last))
        & table.c.device.not_in(select(schema.seen.c.device))
    )
    devices = list(connection.execute(select(table.c.device).where(wanted)).scalars())
    connection.execute(update(table).where(wanted).values(until_ms=until_ms))
    return sorted(devices)


def revoke(connection: Connection, device: str) -> None:
    """Make what the device has useless. Raises BooksError (unknown_device, no_credential)."""
    table = schema.device.c
    if connection.execute(select(table.id).where(table.id == device)).first() is None:
        raise BooksError("unknown_device", id=device)
    gone = connection.execute(delete(schema.credential).where(schema.credential.c.device == device))
    if not gone.rowcount:
        raise BooksError("no_credential", id=device)
    raise_revision(connection)
