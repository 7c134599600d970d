"""The disk as the running gateway uses it: quick looks on the loop, one writer beside it.

Promises that `save` is one transaction, on disk when it returns. A batch crosses to the writer
thread once: aiosqlite, which crosses once a statement, took 0.88 ms a commit against 0.28 ms.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import DatabaseError

from lovebell.domain.codec import call_plan_to_json, episode_from_json, episode_to_json
from lovebell.domain.faults import Fault
from lovebell.domain.records import Command, DiskError, Letter, Seen
from lovebell.store import schema
from lovebell.store.books import load_books
from lovebell.store.sqlite import create_or_upgrade, lock, open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Table
    from sqlalchemy.pool import PoolProxiedConnection

    from lovebell.domain.episode import Episode
    from lovebell.domain.model import Books
    from lovebell.domain.records import Batch, Line, Receipt
    from lovebell.domain.rollcall import Absent


_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


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


def _bulk(table: Table, columns: tuple[str, ...], otherwise: str) -> str:
    """Insert many rows, given as one JSON array of arrays, by one call.

    executemany gives up the interpreter's lock and fights for it again at every row, which under
    load held a batch up for tens of milliseconds. This way SQLite works beside the event loop.
    """
    taken = ", ".join(f"json_extract(value, '$[{n}]')" for n in range(len(columns)))
    names = ", ".join(f'"{column}"' for column in columns)
    sql = f"INSERT INTO {table.name} ({names}) SELECT {taken} FROM json_each(?) WHERE true"  # noqa: S608
    return f"{sql} {otherwise}"


def _overwriting(key: str, *columns: str) -> str:
    """What an insert does when the row is there: it becomes as the new one says."""
    return f"ON CONFLICT ({key}) DO UPDATE SET " + ", ".join(f"{c} = excluded.{c}" for c in columns)


_RECEIPT = _bulk(
    schema.receipt,
    ("device", "id", "kind", "episode", "at_ms", "received_ms"),
    "ON CONFLICT DO NOTHING",
)
_EPISODE = _bulk(
    schema.episode,
    (
        *("id", "kind", "button", "home", "state", "begun_ms", "ended_ms", "deadline_ms"),
        *("outcome", "body", "call_plan"),
    ),
    _overwriting("id", "state", "ended_ms", "deadline_ms", "outcome", "body", "call_plan"),
)
_EVENT = _bulk(schema.event, ("at_ms", "episode", "what", "who", "detail"), "")
_LETTER = _bulk(
    schema.outbox,
    ("key", "kind", "target", "body", "created_ms"),
    _overwriting("key", "body", "created_ms"),
)
# A letter that was replaced while the old one travelled stays: the new one is still to be sent.
_SENT = (
    "DELETE FROM outbox WHERE (key, body) IN"
    " (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))"
)
_ANSWER = (
    "UPDATE command SET answer = json_extract(value, '$[1]')"
    " FROM json_each(?) WHERE command.n = json_extract(value, '$[0]')"
)
_SEEN = _bulk(
    schema.seen,
    ("device", "at_ms", "online", "firmware", "heartbeat"),
    _overwriting("device", "at_ms", "online", "firmware", "heartbeat"),
)
_FAULT = _bulk(
    schema.fault,
    ("device", "word", "opened_ms", "last_ms", "closed_ms", "times"),
    _overwriting("device, word, opened_ms", "last_ms", "closed_ms", "times"),
)
# Who is missing already stays missing since then.
_ABSENT = _bulk(schema.absent, ("home", "since_ms", "why"), "ON CONFLICT DO NOTHING")
_PRESENT = "DELETE FROM absent WHERE home IN (SELECT value FROM json_each(?))"
_PLACED = "SELECT episode FROM receipt WHERE device = ? AND id = ?"
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
_REVISION = select(schema.revision.c.n)


class LiveStore:
    """The one gateway's store. `close` it, or the lock stays until the process ends."""

    def __init__(self, path: Path) -> None:
        """Open the database, creating or upgrading it.

        Raises DatabaseInUseError when another gateway has it, NewerDatabaseError when a later
        release wrote it, DiskError when it cannot be opened.
        """
        self._lock = lock(path)
        try:
            create_or_upgrade(path)
        except DatabaseError as why:
            self._lock.close()
            raise DiskError(f"cannot open the database {path}: {why.orig}") from why
        self._engine = open_engine(path, busy_ms=LOCKED_MS, shared_connection=True)
        # A look waits for nobody: with WAL a reader is not held up by a writer.
        self._looks = open_engine(path, busy_ms=50, shared_connection=True)
        self._look = self._looks.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._writer = ThreadPoolExecutor(1, "disk")
        self._held = self._engine.raw_connection()
        self._raw = _driver_of(self._held)
        self._quick = _driver_of(self._look.connection)

    async def close(self) -> None:
        """Finish what is being written, and give the database free."""
        await asyncio.get_running_loop().run_in_executor(self._writer, self._engine.dispose)
        self._writer.shutdown()
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
        except sqlite3.DatabaseError as why:
            raise DiskError(str(why)) from why
        return None if row is None else row[0]

    def revision(self) -> int:
        """A number that changes when an operator changes the books. Raises DiskError."""
        return self._one(_REVISION, {})

    def commands(self) -> list[Command]:
        """What operators want done, oldest first. Raises DiskError."""
        try:
            rows = self._look.execute(_OPEN_COMMANDS).all()
        except DatabaseError as why:
            raise DiskError(str(why.orig)) from why
        return [
            Command(row.n, row.by, row.verb, row.episode, row.responder, row.outcome, row.note)
            for row in rows
        ]

    def episode(self, episode: str) -> Episode | None:
        """An episode, however long ago. Raises DiskError."""
        try:
            row = self._look.execute(_ONE, {"id": episode}).one_or_none()
        except DatabaseError as why:
            raise DiskError(str(why.orig)) from why
        return None if row is None else episode_from_json(row.body, row.call_plan)

    def live(self) -> list[Episode]:
        """Every episode that is open or still has something to tell a chime, oldest first."""
        return [episode_from_json(row.body, row.call_plan) for row in self._look.execute(_LIVE)]

    def ended_since(self, at_ms: int) -> list[Episode]:
        """Episodes that ended after this, oldest first; of the latest few thousand."""
        rows = self._look.execute(_ENDED, {"since": at_ms})
        return [episode_from_json(row.body, row.call_plan) for row in rows]

    def letters(self) -> list[Letter]:
        """The outbox."""
        rows = self._look.execute(select(schema.outbox).order_by(schema.outbox.c.created_ms))
        return [Letter(r.key, r.kind, r.target, r.body, r.created_ms) for r in rows]

    def faults(self) -> list[Fault]:
        """The faults that were open when the last gateway ended."""
        table = schema.fault
        rows = self._look.execute(select(table).where(table.c.closed_ms.is_(None)))
        return [Fault(r.device, r.word, r.opened_ms, r.last_ms, r.times) for r in rows]

    def seen(self) -> dict[str, Seen]:
        """What is known of every device that was ever heard."""
        rows = self._look.execute(select(schema.seen))
        return {r.device: Seen(r.device, r.at_ms, r.online, r.firmware, r.heartbeat) for r in rows}

    def _one(self, statement: Any, parameters: dict[str, Any]) -> Any:
        try:
            return self._look.execute(statement, parameters).scalar_one_or_none()
        except DatabaseError as why:
            raise DiskError(str(why.orig)) from why

    # -- the writer ----------------------------------------------------------------------

    async def books(self) -> Books:
        """What operators have entered. Raises DiskError."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._books)

    def _books(self) -> Books:
        try:
            with self._engine.connect() as connection:
                # Not the engine's BEGIN IMMEDIATE: to read nobody needs the write lock.
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("BEGIN")
                try:
                    return load_books(connection)
                finally:
                    connection.exec_driver_sql("ROLLBACK")
        except DatabaseError as why:
            raise DiskError(str(why.orig)) from why

    async def save(self, batch: Batch) -> None:
        """Write all of it in one transaction; when it returns it is on disk.

        Raises DiskError when the disk is the trouble and the same batch may be tried again;
        anything else means that the batch itself cannot be written.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._save, batch)

    def _save(self, batch: Batch) -> None:
        # Past SQLAlchemy, on its connection: of the 0.7 ms of a small batch it took 0.3.
        cursor = self._raw.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                _write(cursor, batch)
                cursor.execute("COMMIT")
            except BaseException:
                if self._raw.in_transaction:
                    cursor.execute("ROLLBACK")
                raise
        except sqlite3.DatabaseError as why:
            if isinstance(why, _OURS):
                raise
            raise DiskError(str(why)) from why
        finally:
            cursor.close()


def _driver_of(connection: PoolProxiedConnection) -> sqlite3.Connection:
    raw = connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - for the type checker
    return raw


def _write(cursor: sqlite3.Cursor, batch: Batch) -> None:
    parts: tuple[tuple[str, list[Any]], ...] = (
        (_RECEIPT, [_receipt(receipt) for receipt in batch.receipts]),
        (_EPISODE, [_episode(episode) for episode in batch.episodes.values()]),
        (_EVENT, [_line(line) for line in batch.lines]),
        (_SENT, [(letter.key, letter.body) for letter in batch.sent]),
        (_LETTER, [_letter(letter) for letter in batch.letters.values()]),
        (_ANSWER, list(batch.answers.items())),
        (_SEEN, [_seen(seen) for seen in batch.seen.values()]),
        (_FAULT, [_fault(fault) for fault in batch.faults.values()]),
        (_ABSENT, [_absent(absent) for absent in batch.absent]),
        (_PRESENT, batch.present),
    )
    for statement, rows in parts:
        if rows:
            cursor.execute(statement, (_ENCODE(rows),))


def _receipt(receipt: Receipt) -> tuple[object, ...]:
    return (
        *(receipt.device, receipt.id, receipt.kind, receipt.episode),
        *(receipt.at_ms, receipt.received_ms),
    )


def _episode(episode: Episode) -> tuple[object, ...]:
    return (
        *(episode.id, episode.kind, episode.button, episode.home, episode.state),
        *(episode.begun_ms, episode.ended_ms, episode.deadline, episode.outcome),
        *(episode_to_json(episode), call_plan_to_json(episode.plan)),
    )


def _line(line: Line) -> tuple[object, ...]:
    return line.at_ms, line.episode, line.what, line.who, _ENCODE(dict(line.detail))


def _letter(letter: Letter) -> tuple[object, ...]:
    return letter.key, letter.kind, letter.target, letter.body, letter.created_ms


def _seen(seen: Seen) -> tuple[object, ...]:
    heartbeat = _ENCODE(dict(seen.heartbeat))
    return seen.device, seen.at_ms, int(seen.online), seen.firmware, heartbeat


def _fault(fault: Fault) -> tuple[object, ...]:
    return (
        *(fault.device, fault.word, fault.opened_ms),
        *(fault.last_ms, fault.closed_ms, fault.count),
    )


def _absent(absent: Absent) -> tuple[object, ...]:
    return absent.home, absent.since_ms, absent.why
