"""Faults and the roll call as an operator reads them, and what he writes beside them.

Owns listing, notes on faults, and ticking off. Faults open and close by the gateway alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from lovebell.domain.codec import episode_from_json
from lovebell.domain.episode import State, What
from lovebell.domain.faults import GATEWAY, Fault, Word
from lovebell.domain.health import LATE_MS, MESSAGE_STUCK_MS, STUCK_MS, UNHEARD_MS, Look
from lovebell.domain.rollcall import Absent
from lovebell.store import schema
from lovebell.store.books import check_text, home_of, load_books
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table
    from sqlalchemy.sql.elements import ColumnElement


@dataclass(frozen=True, slots=True)
class Noted:
    """A fault with its number, and with what a human wrote to it."""

    n: int
    fault: Fault
    note: str


def faults(connection: Connection, *, also_closed: bool = False, limit: int = 200) -> list[Noted]:
    """The open faults, latest first; with `also_closed` the latest `limit` of all."""
    table = schema.fault
    wanted = select(table).order_by(table.c.n.desc())
    wanted = wanted.limit(limit) if also_closed else wanted.where(table.c.closed_ms.is_(None))
    return [_noted(row) for row in connection.execute(wanted)]


def note_fault(connection: Connection, n: int, note: str) -> Noted:
    """Write to a fault what was found or done; the fault as it now is.

    Raises BooksError (bad_text, unknown_fault).
    """
    check_text("note", note, least=1, most=1000)
    table = schema.fault
    connection.execute(update(table).where(table.c.n == n).values(note=note))
    row = connection.execute(select(table).where(table.c.n == n)).one_or_none()
    if row is None:
        raise BooksError("unknown_fault", n=n)
    return _noted(row)


def absent(connection: Connection) -> list[Absent]:
    """The homes that have not been heard since, and are still in the books; longest first."""
    table = schema.absent
    wanted = (
        select(table)
        .where(table.c.home.in_(select(schema.home.c.id)))
        .order_by(table.c.since_ms, table.c.home)
    )
    return [Absent(row.home, row.since_ms, row.why) for row in connection.execute(wanted)]


def tick_off(connection: Connection, home: str, by: str, at_ms: int) -> None:
    """Somebody has spoken to the home: it is no longer missing, and the record says who.

    Raises BooksError (unknown_home, bad_text, not_missing).
    """
    check_text("by", by, least=1, most=64)
    home_of(load_books(connection), home)
    table = schema.absent
    gone = connection.execute(delete(table).where(table.c.home == home))
    if gone.rowcount == 0:
        raise BooksError("not_missing", id=home)
    line = {"at_ms": at_ms, "what": What.ROLL_TICKED.value, "who": by, "detail": {"home": home}}
    connection.execute(insert(schema.event), line)


def look(connection: Connection, now: int, *, runs: bool, free_mb: int | None) -> Look:
    """What an operator sees of the gateway's health, whether it `runs` or not."""
    episode, outbox, command = schema.episode.c, schema.outbox.c, schema.command.c
    # The index that serves a start holds every row that has a deadline.
    live = (episode.state != "resolved") | episode.deadline_ms.is_not(None)
    late = live & (episode.deadline_ms < now - LATE_MS)
    unheard = command.answer.is_(None) & (command.at_ms < now - UNHEARD_MS)
    table = schema.fault
    own = (table.c.device == GATEWAY) & table.c.closed_ms.is_(None)
    words = set(connection.execute(select(table.c.word).where(own)).scalars())
    return Look(
        runs=runs,
        unreached=_unreached(connection),
        broker=Word.BROKER not in words,
        rights=Word.RIGHTS not in words,
        free_mb=free_mb,
        overdue=_count(connection, schema.episode, late),
        outbox=_count(connection, schema.outbox, outbox.created_ms < now - STUCK_MS),
        commands=_count(connection, schema.command, unheard),
        # The gateway knows better since when: a repeated call looks young here.
        messages=_stuck(connection, now if Word.MESSAGES in words else now - MESSAGE_STUCK_MS),
    )


def _unreached(connection: Connection) -> int:
    its = schema.episode.c
    # The first half is what the index of a start is made of.
    live = (its.state != "resolved") | its.deadline_ms.is_not(None)
    wanted = select(its.body, its.call_plan).where(live, its.state == State.RINGING.value)
    rows = connection.execute(wanted)
    return sum(1 for row in rows if episode_from_json(row.body, row.call_plan).is_unreached)


def _stuck(connection: Connection, before_ms: int) -> dict[str, int]:
    its = schema.message.c
    wanted = select(its.channel, func.count()).where(its.created_ms < before_ms)
    return {row[0]: row[1] for row in connection.execute(wanted.group_by(its.channel))}


def _count(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()


def _noted(row: Any) -> Noted:
    fault = Fault(row.device, row.word, row.opened_ms, row.last_ms, row.times, row.closed_ms)
    return Noted(row.n, fault, row.note)
