"""The disk as the running gateway uses it: quick looks on the loop, one writer beside it.

Promises that `save` is one transaction, on disk when it returns. A batch crosses to the writer
thread once: aiosqlite, which crosses once a statement, took 0.88 ms a commit against 0.28 ms.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError, OperationalError

from lovebell.domain.codec import call_plan_to_json, episode_from_json, episode_to_json
from lovebell.domain.records import Command, DiskError, Letter
from lovebell.store import schema
from lovebell.store.books import load_books
from lovebell.store.sqlite import create_or_upgrade, lock, open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from lovebell.domain.episode import Episode
    from lovebell.domain.model import Books
    from lovebell.domain.records import Batch, Line, Receipt, Seen


_RECEIPT = insert(schema.receipt).on_conflict_do_nothing()
_new_episode = insert(schema.episode)
_EPISODE = _new_episode.on_conflict_do_update(
    index_elements=["id"],
    set_={
        name: _new_episode.excluded[name]
        for name in ("state", "ended_ms", "deadline_ms", "outcome", "body", "call_plan")
    },
)
_EVENT = insert(schema.event)
_new_outbox = insert(schema.outbox)
_LETTER = _new_outbox.on_conflict_do_update(
    index_elements=["key"],
    set_={"body": _new_outbox.excluded.body, "created_ms": _new_outbox.excluded.created_ms},
)
# A letter that was replaced while the old one travelled stays: the new one is still to be sent.
_SENT = delete(schema.outbox).where(
    schema.outbox.c.key == bindparam("the_key"), schema.outbox.c.body == bindparam("the_body")
)
_ANSWER = (
    update(schema.command)
    .where(schema.command.c.n == bindparam("the_n"))
    .values(answer=bindparam("the_answer"))
)
_new_seen = insert(schema.seen)
_SEEN = _new_seen.on_conflict_do_update(
    index_elements=["device"],
    set_={name: _new_seen.excluded[name] for name in ("at_ms", "online", "firmware", "heartbeat")},
)
_PLACED = select(schema.receipt.c.episode).where(
    schema.receipt.c.device == bindparam("device"), schema.receipt.c.id == bindparam("id")
)
_LIVE = (
    select(schema.episode.c.body, schema.episode.c.call_plan)
    .where((schema.episode.c.state != "resolved") | schema.episode.c.deadline_ms.is_not(None))
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
        self._engine = open_engine(path, shared_connection=True)
        # A look waits for nobody: with WAL a reader is not held up by a writer.
        self._looks = open_engine(path, busy_ms=50, shared_connection=True)
        self._look = self._looks.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._writer = ThreadPoolExecutor(1, "disk")

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
        return self._one(_PLACED, {"device": device, "id": event_id})

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

    def letters(self) -> list[Letter]:
        """The outbox."""
        rows = self._look.execute(select(schema.outbox).order_by(schema.outbox.c.created_ms))
        return [Letter(r.key, r.kind, r.target, r.body, r.created_ms) for r in rows]

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
            with self._engine.begin() as connection:
                return load_books(connection)
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
        try:
            with self._engine.begin() as connection:
                _write(connection, batch)
        except OperationalError as why:
            raise DiskError(str(why.orig)) from why


def _write(connection: Connection, batch: Batch) -> None:
    if batch.receipts:
        connection.execute(_RECEIPT, [_receipt(receipt) for receipt in batch.receipts])
    if batch.episodes:
        connection.execute(_EPISODE, [_episode(episode) for episode in batch.episodes.values()])
    if batch.lines:
        connection.execute(_EVENT, [_line(line) for line in batch.lines])
    if batch.sent:
        connection.execute(
            _SENT, [{"the_key": letter.key, "the_body": letter.body} for letter in batch.sent]
        )
    if batch.letters:
        connection.execute(_LETTER, [_letter(letter) for letter in batch.letters.values()])
    if batch.answers:
        connection.execute(
            _ANSWER, [{"the_n": n, "the_answer": text} for n, text in batch.answers.items()]
        )
    if batch.seen:
        connection.execute(_SEEN, [_seen(seen) for seen in batch.seen.values()])


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "device": receipt.device,
        "id": receipt.id,
        "kind": receipt.kind,
        "episode": receipt.episode,
        "at_ms": receipt.at_ms,
        "received_ms": receipt.received_ms,
    }


def _episode(episode: Episode) -> dict[str, Any]:
    return {
        "id": episode.id,
        "kind": episode.kind.value,
        "button": episode.button,
        "home": episode.home,
        "state": episode.state.value,
        "begun_ms": episode.begun_ms,
        "ended_ms": episode.ended_ms,
        "deadline_ms": episode.deadline,
        "outcome": episode.outcome,
        "body": episode_to_json(episode),
        "call_plan": call_plan_to_json(episode.plan),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "at_ms": line.at_ms,
        "episode": line.episode,
        "what": line.what,
        "who": line.who,
        "detail": dict(line.detail),
    }


def _letter(letter: Letter) -> dict[str, Any]:
    return {
        "key": letter.key,
        "kind": letter.kind,
        "target": letter.target,
        "body": letter.body,
        "created_ms": letter.created_ms,
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {
        "device": seen.device,
        "at_ms": seen.at_ms,
        "online": seen.online,
        "firmware": seen.firmware,
        "heartbeat": dict(seen.heartbeat),
    }
