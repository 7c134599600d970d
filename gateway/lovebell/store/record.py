"""Episodes and the record as an operator reads them, and what operators want done.

Owns finding and listing. Writes nothing but rows of `command`, which the gateway answers: an
operator never changes an episode himself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, literal_column, select

from lovebell.domain.codec import episode_from_json
from lovebell.domain.records import Line, Seen
from lovebell.store import schema
from lovebell.store.books import check_text
from lovebell.store.errors import BooksError
from lovebell.store.outcomes import check_outcome

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lovebell.domain.episode import Episode
    from lovebell.domain.records import Command


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line of the record with its number."""

    n: int
    line: Line


def episodes(
    connection: Connection, *, only_open: bool = False, home: str = "", limit: int = 20
) -> list[tuple[int, Episode]]:
    """The latest episodes with their numbers, latest first."""
    wanted = select(schema.episode).order_by(schema.episode.c.n.desc()).limit(limit)
    if only_open:
        # Written out, not bound: only so does SQLite see that the partial index holds them all.
        wanted = wanted.where(schema.episode.c.state != literal_column("'resolved'"))
    if home:
        wanted = wanted.where(schema.episode.c.home == home)
    return [_episode(row) for row in connection.execute(wanted)]


def find_episode(connection: Connection, key: str) -> tuple[int, Episode]:
    """The episode with this number, this id, or the only one whose id begins so.

    Raises BooksError (unknown_episode, ambiguous_episode).
    """
    if not key or not key.isascii():
        raise BooksError("unknown_episode", key=key)
    table = schema.episode
    if key.isdigit() and int(key) < 2**63:
        row = connection.execute(select(table).where(table.c.n == int(key))).one_or_none()
        if row is not None:
            return _episode(row)
    begins = (table.c.id >= key) & (table.c.id < key + "\U0010ffff")
    rows = connection.execute(select(table).where(begins).order_by(table.c.id).limit(2)).all()
    if not rows:
        raise BooksError("unknown_episode", key=key)
    if len(rows) > 1 and rows[0].id != key:
        raise BooksError("ambiguous_episode", key=key, first=rows[0].id, second=rows[1].id)
    return _episode(rows[0])


def lines(
    connection: Connection, *, after: int = 0, episode: str = "", limit: int | None = None
) -> list[Numbered]:
    """Lines of the record with a number above `after`, oldest first; the latest `limit` of them."""
    table = schema.event
    wanted = select(table).where(table.c.n > after).order_by(table.c.n.desc())
    if episode:
        # The second is the condition of the partial index, without which the table is read whole.
        its = (table.c.episode == episode) & (table.c.episode != literal_column("''"))
        wanted = wanted.where(its)
    rows = connection.execute(wanted if limit is None else wanted.limit(limit)).all()
    return [
        Numbered(row.n, Line(row.at_ms, row.episode, row.what, row.who, row.detail))
        for row in reversed(rows)
    ]


def seen(connection: Connection) -> dict[str, Seen]:
    """What is known of every device that was ever heard."""
    return {
        row.device: Seen(row.device, row.at_ms, row.online, row.firmware, row.heartbeat)
        for row in connection.execute(select(schema.seen).order_by(schema.seen.c.device))
    }


def put_command(connection: Connection, wish: Command, at_ms: int) -> int:
    """Note what an operator wants done; the number under which the gateway will answer.

    The number in `wish` is ignored. Raises BooksError (bad_text, bad_outcome).
    """
    check_text("by", wish.by, least=1, most=64)
    check_text("note", wish.note, most=1000)
    if wish.verb == "resolve":
        check_outcome(connection, wish.outcome)
    row = {
        "at_ms": at_ms,
        "by": wish.by,
        "verb": wish.verb,
        "episode": wish.episode,
        "responder": wish.responder,
        "outcome": wish.outcome,
        "note": wish.note,
    }
    key = connection.execute(insert(schema.command), row).inserted_primary_key
    assert key is not None  # noqa: S101  an inserted row has a number
    return key[0]


def answer(connection: Connection, n: int) -> str | None:
    """What the gateway answered to a command; None while it has not."""
    wanted = select(schema.command.c.answer).where(schema.command.c.n == n)
    return connection.execute(wanted).scalar_one_or_none()


def _episode(row: Any) -> tuple[int, Episode]:
    return row.n, episode_from_json(row.body, row.call_plan)
