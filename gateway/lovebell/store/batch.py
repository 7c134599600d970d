"""A batch as SQL: every kind of row by one statement, however many there are.

Owns the statements by which the running gateway writes. Knows nothing of transactions.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import orjson

from lovebell.domain.codec import call_plan_to_json, episode_to_json
from lovebell.store import schema

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Table

    from lovebell.domain.episode import Episode
    from lovebell.domain.faults import Fault
    from lovebell.domain.records import Batch, Letter, Line, Outgoing, Receipt, Seen, Ticket
    from lovebell.domain.rollcall import Absent


class _Rows:
    """Writes rows of one kind, many by one call.

    executemany gives up the interpreter's lock and fights for it again at every row, which under
    load held a batch up for tens of milliseconds. One statement for many rows lets SQLite work
    beside the event loop; and rows handed over as JSON took five times as long as bound ones.
    """

    def __init__(self, before: str, columns: int, after: str = "") -> None:
        """The statement is `before`, as often as there are rows a group of marks, and `after`."""
        row = f"({', '.join('?' * columns)})"
        # Few sizes, so that each is prepared once and stays so.
        self._statements = tuple(
            (size, f"{before} {', '.join([row] * size)} {after}") for size in (64, 16, 4, 3, 2, 1)
        )

    def write(self, cursor: sqlite3.Cursor, rows: Sequence[tuple[object, ...]]) -> None:
        """Write all of them."""
        at = 0
        for size, statement in self._statements:
            while len(rows) - at >= size:
                cursor.execute(statement, tuple(chain.from_iterable(rows[at : at + size])))
                at += size


def _bulk(table: Table, columns: tuple[str, ...], otherwise: str) -> _Rows:
    """Insert rows."""
    names = ", ".join(f'"{column}"' for column in columns)
    return _Rows(f"INSERT INTO {table.name} ({names}) VALUES", len(columns), otherwise)


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
_SENT = _Rows("DELETE FROM outbox WHERE (key, body) IN (VALUES", 2, ")")
_ANSWER = _Rows(
    "WITH given (n, answer) AS (VALUES",
    2,
    ") UPDATE command SET answer = given.answer FROM given WHERE command.n = given.n",
)
_SEEN = _bulk(
    schema.seen,
    ("device", "at_ms", "online", "firmware", "heartbeat"),
    _overwriting("device", "at_ms", "online", "firmware", "heartbeat"),
)
_FORGOTTEN = _Rows("DELETE FROM seen WHERE device IN (VALUES", 1, ")")
_FAULT = _bulk(
    schema.fault,
    ("device", "word", "opened_ms", "last_ms", "closed_ms", "times"),
    _overwriting("device, word, opened_ms", "last_ms", "closed_ms", "times"),
)
# Who is missing already stays missing since then.
_ABSENT = _bulk(schema.absent, ("home", "since_ms", "why"), "ON CONFLICT DO NOTHING")
_PRESENT = _Rows("DELETE FROM absent WHERE home IN (VALUES", 1, ")")
_MESSAGE = _bulk(
    schema.message,
    ("key", "episode", "kind", "responder", "channel", "serial", "fields", "created_ms"),
    _overwriting("key", "kind", "serial", "fields", "created_ms"),
)
# Like a letter: a message that took the place of the one that is settled is still to be sent.
_SETTLED = _Rows("DELETE FROM message WHERE (key, serial) IN (VALUES", 2, ")")
_TICKET = _bulk(
    schema.ticket,
    ("hash", "episode", "responder", "until_ms", "used_ms"),
    _overwriting("hash", "used_ms"),
)
_TOLD = _bulk(schema.fault_told, ("device", "word"), "ON CONFLICT DO NOTHING")
_UNTOLD = _Rows("DELETE FROM fault_told WHERE (device, word) IN (VALUES", 2, ")")


def write(cursor: sqlite3.Cursor, batch: Batch) -> None:
    """Write all of it; the caller begins and commits."""
    _RECEIPT.write(cursor, [_receipt(receipt) for receipt in batch.receipts])
    _EPISODE.write(cursor, [_episode(episode) for episode in batch.episodes.values()])
    _EVENT.write(cursor, [_line(line) for line in batch.lines])
    if batch.rest:  # a receipt does not wait for what is seldom there
        _write_rest(cursor, batch)
    # Behind those that have left: what was replaced is still to be sent.
    _LETTER.write(cursor, [_letter(letter) for letter in batch.letters.values()])


def _write_rest(cursor: sqlite3.Cursor, batch: Batch) -> None:
    parts: tuple[tuple[_Rows, Sequence[tuple[object, ...]]], ...] = (
        (_SENT, [(letter.key, letter.body) for letter in batch.sent]),
        (_ANSWER, list(batch.answers.items())),
        (_SEEN, [_seen(seen) for seen in batch.seen.values() if seen is not None]),
        (_FORGOTTEN, [(device,) for device, seen in batch.seen.items() if seen is None]),
        (_FAULT, [_fault(fault) for fault in batch.faults.values()]),
        # In this order: who came back and is missed again is missing.
        (_PRESENT, [(home,) for home in batch.present]),
        (_ABSENT, [_absent(absent) for absent in batch.absent]),
        (_SETTLED, [(one.key, one.serial) for one in batch.settled]),
        (_MESSAGE, [_message(one) for one in batch.messages.values()]),
        (_TICKET, [_ticket(ticket) for ticket in batch.tickets.values()]),
        (_TOLD, [fault for fault, told in batch.told.items() if told]),
        (_UNTOLD, [fault for fault, told in batch.told.items() if not told]),
    )
    for kind, rows in parts:
        kind.write(cursor, rows)


def _receipt(receipt: Receipt) -> tuple[object, ...]:
    return (
        *(receipt.device, receipt.id, receipt.kind, receipt.episode),
        *(receipt.at_ms, receipt.received_ms),
    )


def _episode(episode: Episode) -> tuple[object, ...]:
    return (
        # str() of a word is text as well, and takes a third of the time of its `value`.
        *(episode.id, str(episode.kind), episode.button, episode.home, str(episode.state)),
        *(episode.begun_ms, episode.ended_ms, episode.deadline, episode.outcome),
        *(episode_to_json(episode), call_plan_to_json(episode.plan)),
    )


def _line(line: Line) -> tuple[object, ...]:
    return line.at_ms, line.episode, line.what, line.who, _json(line.detail)


def _letter(letter: Letter) -> tuple[object, ...]:
    return letter.key, letter.kind, letter.target, letter.body, letter.created_ms


def _seen(seen: Seen) -> tuple[object, ...]:
    heartbeat = _json(seen.heartbeat)
    return seen.device, seen.at_ms, int(seen.online), seen.firmware, heartbeat


def _fault(fault: Fault) -> tuple[object, ...]:
    return (
        *(fault.device, fault.word, fault.opened_ms),
        *(fault.last_ms, fault.closed_ms, fault.count),
    )


def _message(one: Outgoing) -> tuple[object, ...]:
    fields = _json(one.fields)
    about = one.key, one.episode, one.kind, one.responder, one.channel, one.serial
    return *about, fields, one.created_ms


def _ticket(ticket: Ticket) -> tuple[object, ...]:
    return ticket.hash, ticket.episode, ticket.responder, ticket.until_ms, ticket.used_ms


def _absent(absent: Absent) -> tuple[object, ...]:
    return absent.home, absent.since_ms, absent.why


def _json(fields: Mapping[str, Any]) -> str:
    return orjson.dumps(fields, default=dict).decode()  # of a mapping that is no dict
