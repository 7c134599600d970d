"""The disk as the running gateway uses it: quick looks on the loop, one writer beside it.

Promises that `save` is one transaction, on disk when it returns. A batch crosses to the writer
thread once: aiosqlite, which crosses once a statement, took 0.88 ms a commit against 0.28 ms.
"""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from lovebell.domain import wire
from lovebell.domain.codec import episode_from_json
from lovebell.domain.episode import What
from lovebell.domain.faults import Fault
from lovebell.domain.records import Command, DiskError, Letter, Outgoing, Seen, Ticket
from lovebell.store import schema
from lovebell.store.batch import write
from lovebell.store.books import load_books
from lovebell.store.damage import disk_error, read_or_told
from lovebell.store.sqlite import (
    create_or_upgrade,
    driver_of,
    lock,
    one_moment,
    open_engine,
    tell,
)
from lovebell.store.thread import Worker

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from lovebell.domain.episode import Episode
    from lovebell.domain.model import Books
    from lovebell.domain.records import Batch

#: How long a batch waits for an operator's write. Then it counts as a failure and is tried again:
#: meanwhile the broker must not wait for us.
LOCKED_MS = 1_000

#: The mistakes of a batch, which would be no better a second time. All else is the disk's.
_OURS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    sqlite3.NotSupportedError,
)


_PLACED = "SELECT episode FROM receipt WHERE device = ? AND id = ?"
_GIVEN = "SELECT id FROM receipt WHERE device = ? LIMIT ?"
_LIVE = (
    select(schema.episode.c.body, schema.episode.c.call_plan)
    .where((schema.episode.c.state != "resolved") | schema.episode.c.deadline_ms.is_not(None))
    .order_by(schema.episode.c.n)
)
# By number, which needs no index: a community has some dozens of episodes a day.
_ENDED = (
    select(schema.episode.c.body, schema.episode.c.call_plan)
    .where(schema.episode.c.n > select(func.max(schema.episode.c.n) - 5000).scalar_subquery())
    .where(schema.episode.c.state == "resolved", schema.episode.c.ended_ms > bindparam("since"))
    .order_by(schema.episode.c.n)
)
_ONE = select(schema.episode.c.body, schema.episode.c.call_plan).where(
    schema.episode.c.id == bindparam("id")
)
_OPEN_COMMANDS = (
    select(schema.command).where(schema.command.c.answer.is_(None)).order_by(schema.command.c.n)
)
# By number, as above: what went in the last minutes is among the latest.
_WENT = (
    select(schema.event.c.at_ms, schema.event.c.detail["channel"].as_string().label("channel"))
    .where(schema.event.c.n > select(func.max(schema.event.c.n) - 5000).scalar_subquery())
    .where(schema.event.c.what.in_([What.MESSAGED.value, What.MESSAGE_REFUSED.value]))
    .where(schema.event.c.at_ms >= bindparam("since"))
    .order_by(schema.event.c.n)
)
_TICKET = select(schema.ticket).where(schema.ticket.c.hash == bindparam("hash"))
_REVISION = select(schema.revision.c.n)


class LiveStore:
    """The one gateway's store. `close` it, or the lock stays until the process ends."""

    def __init__(self, path: Path) -> None:
        """Open the database, creating or upgrading it.

        Raises DatabaseInUseError when another gateway has it, NewerDatabaseError when a later
        release wrote it, DamagedError when it cannot be read, DiskError when it cannot be opened.
        """
        try:
            self._lock = lock(path)
        except OSError as why:
            raise DiskError(f"cannot open the database {path}: {why.strerror}") from why
        try:
            with read_or_told():
                self._open(path)
        except BaseException:
            self._lock.close()
            raise
        self._writer = Worker("disk")
        self._reader = Worker("books")
        self.tell("")

    def _open(self, path: Path) -> None:
        create_or_upgrade(path)
        self._engine = open_engine(path, busy_ms=LOCKED_MS, shared_connection=True)
        self._shelf = open_engine(path, busy_ms=LOCKED_MS, shared_connection=True)
        # A look waits for nobody: with WAL a reader is not held up by a writer.
        self._looks = open_engine(path, busy_ms=50, shared_connection=True)
        self._look = self._looks.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._held = self._engine.raw_connection()
        self._raw = driver_of(self._held)
        self._quick = driver_of(self._look.connection)

    def tell(self, trouble: str) -> None:
        """Let operators' commands see what is wrong with the disk, "" for nothing."""
        tell(self._lock, trouble)

    async def close(self) -> None:
        """Finish what is being written, and give the database free."""
        await self._writer.do(self._engine.dispose)
        self._writer.close()
        await self._reader.do(self._shelf.dispose)
        self._reader.close()
        self._look.close()
        self._looks.dispose()
        self._lock.close()

    # -- looks ---------------------------------------------------------------------------

    def placed(self, device: str, event_id: str) -> str | None:
        """The episode of a press or an acknowledgement that has its receipt, "" for none.

        None when it is new. Raises DiskError.
        """
        # Once a press, before it rings: past SQLAlchemy it takes a tenth of the time.
        try:
            row = self._quick.execute(_PLACED, (device, event_id)).fetchone()
        except (sqlite3.DatabaseError, ValueError) as why:
            raise disk_error(why) from why
        return None if row is None else row[0]

    def receipts_of(self, device: str, at_most: int) -> list[str]:
        """The ids of a device's presses and acknowledgements that have their receipt; no more
        than so many. Raises DiskError.
        """
        try:
            return [row[0] for row in self._quick.execute(_GIVEN, (device, at_most))]
        except (sqlite3.DatabaseError, ValueError) as why:
            raise disk_error(why) from why

    @read_or_told()
    def revision(self) -> int:
        """A number that changes when an operator changes the books. Raises DiskError."""
        return self._look.execute(_REVISION).scalar_one()

    @read_or_told()
    def commands(self) -> list[Command]:
        """What operators want done, oldest first. Raises DiskError."""
        rows = self._look.execute(_OPEN_COMMANDS).all()
        return [
            Command(
                *(row.n, row.by, row.verb, row.episode, row.responder, row.outcome, row.note),
                row.at_ms,
            )
            for row in rows
        ]

    @read_or_told()
    def episode(self, episode: str) -> Episode | None:
        """An episode, however long ago. Raises DiskError."""
        row = self._look.execute(_ONE, {"id": episode}).one_or_none()
        return None if row is None else episode_from_json(row.body, row.call_plan)

    @read_or_told()
    def live(self) -> list[Episode]:
        """Every episode that is open or still has something to tell a chime, oldest first."""
        return [episode_from_json(row.body, row.call_plan) for row in self._look.execute(_LIVE)]

    @read_or_told()
    def ended_since(self, at_ms: int) -> list[Episode]:
        """Episodes that ended after this, oldest first; of the latest few thousand."""
        rows = self._look.execute(_ENDED, {"since": at_ms})
        return [episode_from_json(row.body, row.call_plan) for row in rows]

    @read_or_told()
    def letters(self) -> list[Letter]:
        """The outbox."""
        rows = self._look.execute(select(schema.outbox).order_by(schema.outbox.c.created_ms))
        return [
            Letter(r.key, r.kind, r.target, r.body, r.created_ms, wire.for_ms(r.body)) for r in rows
        ]

    @read_or_told()
    def messages(self) -> list[Outgoing]:
        """The messages' outbox, oldest first."""
        its = schema.message.c
        rows = self._look.execute(select(schema.message).order_by(its.created_ms, its.key))
        return [Outgoing(*row) for row in rows]

    @read_or_told()
    def sent_since(self, at_ms: int) -> list[tuple[str, int]]:
        """The channels by which messages went since then, and when; oldest first."""
        return [(row.channel, row.at_ms) for row in self._look.execute(_WENT, {"since": at_ms})]

    @read_or_told()
    def ticket(self, hash_: str) -> Ticket | None:
        """The right behind a link. Raises DiskError."""
        row = self._look.execute(_TICKET, {"hash": hash_}).one_or_none()
        return None if row is None else Ticket(*row)

    @read_or_told()
    def told(self) -> set[tuple[str, str]]:
        """The faults, by device and word, that the technicians know of."""
        rows = self._look.execute(select(schema.fault_told))
        return {(row.device, row.word) for row in rows}

    @read_or_told()
    def faults(self) -> list[Fault]:
        """The faults that were open when the last gateway ended."""
        table = schema.fault
        rows = self._look.execute(select(table).where(table.c.closed_ms.is_(None)))
        return [Fault(r.device, r.word, r.opened_ms, r.last_ms, r.times) for r in rows]

    @read_or_told()
    def seen(self) -> dict[str, Seen]:
        """What is known of every device that was ever heard."""
        rows = self._look.execute(select(schema.seen))
        return {r.device: Seen(r.device, r.at_ms, r.online, r.firmware, r.heartbeat) for r in rows}

    # -- the writer ----------------------------------------------------------------------

    async def books(self) -> Books:
        """What operators have entered. Raises DiskError.

        Read by a thread of its own: in a large town that takes a third of a second, and behind the
        writer's batches the receipts wait.
        """
        return await self._reader.do(self._books)

    def _books(self) -> Books:
        with read_or_told(), one_moment(self._shelf) as connection:
            return load_books(connection)

    def save(self, batch: Batch) -> asyncio.Future[None]:
        """Begin to write all of it in one transaction; when that is done it is on disk.

        Raises DiskError when the disk is the trouble and the same batch may be tried again;
        anything else means that the batch itself cannot be written.
        """
        return self._writer.do(partial(self._save, batch))

    def _save(self, batch: Batch) -> None:
        # Past SQLAlchemy, on its connection: of the 0.7 ms of a small batch it took 0.3.
        cursor = self._raw.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                write(cursor, batch)
                cursor.execute("COMMIT")
            except BaseException:
                if self._raw.in_transaction:
                    cursor.execute("ROLLBACK")
                raise
        except sqlite3.DatabaseError as why:
            if isinstance(why, _OURS):
                raise
            raise disk_error(why) from why
        except UnicodeDecodeError as why:  # what SQLite says of a damaged schema may be no UTF-8
            raise disk_error(why) from why
        finally:
            cursor.close()
