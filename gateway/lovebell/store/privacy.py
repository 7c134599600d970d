"""Personal data on disk: given out on request, and taken out of the record in time.

The figures and the receipts stay. The only place that changes what is on record. Backups made
before keep what they hold.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import JSON, ColumnElement, and_, bindparam, delete, func, or_, select, update

from lovebell.domain.privacy import anonymous_body, anonymous_detail, anonymous_plan
from lovebell.store import schema
from lovebell.store.books import home_of, load_books, raise_revision
from lovebell.store.errors import BooksError
from lovebell.store.pairs import history
from lovebell.store.record import lines

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Rows changed in one transaction: presses wait for it no longer than a blink.
PORTION: Final = 50
_EPISODE: Final = schema.episode.c


@dataclass(frozen=True, slots=True)
class Scope:
    """Which episodes: those that ended before a time, or all of one home."""

    before_ms: int = 0
    home: str = ""

    def condition(self) -> ColumnElement[bool]:
        """Ended, with nothing left to do, and with personal data."""
        over = and_(
            _EPISODE.state == "resolved",
            _EPISODE.deadline_ms.is_(None),
            _EPISODE.anonymous_ms.is_(None),
        )
        if self.home:
            return and_(over, _EPISODE.home == self.home)
        return and_(over, _EPISODE.begun_ms < self.before_ms, _EPISODE.ended_ms < self.before_ms)


def count(connection: Connection, scope: Scope) -> int:
    """How many episodes would be made anonymous."""
    wanted = select(func.count()).select_from(schema.episode).where(scope.condition())
    return connection.execute(wanted).scalar_one()


def anonymise(connection: Connection, scope: Scope, at_ms: int, portion: int = PORTION) -> int:
    """Take the personal data out of so many episodes at most; how many it were.

    What is deleted is overwritten in the file.
    """
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    home = schema.home.c
    wanted = (
        select(_EPISODE.id, _EPISODE.body, _EPISODE.call_plan, home.grid, home.community)
        .join_from(schema.episode, schema.home, schema.home.c.id == _EPISODE.home, isouter=True)
        .where(scope.condition())
        .order_by(_EPISODE.begun_ms)
        .limit(portion)
    )
    found = connection.execute(wanted).all()
    if not found:
        return 0
    connection.execute(
        update(schema.episode)
        .where(_EPISODE.id == bindparam("its"))
        .values(home="", anonymous_ms=at_ms, body=bindparam("new"), call_plan=bindparam("plan"))
        .values(grid=bindparam("kept"), community=bindparam("kept_too")),
        [
            {
                "its": row.id,
                "new": anonymous_body(row.body),
                "plan": anonymous_plan(row.call_plan),
                "kept": row.grid or "",
                "kept_too": row.community or "",
            }
            for row in found
        ],
    )
    devices = _devices(connection)
    for row in found:
        _anonymise_lines(connection, row.id, devices)
    ids = [row.id for row in found]
    its = schema.command.c.episode.in_(ids)
    connection.execute(update(schema.command).where(its).values(by="", responder="", note=""))
    for table in (schema.message, schema.ticket):
        connection.execute(delete(table).where(table.c.episode.in_(ids)))
    return len(found)


def _anonymise_lines(connection: Connection, episode: str, devices: set[str]) -> None:
    """`who` stays where it is a device; whatever else it is, it is a person."""
    changed: list[dict[str, Any]] = []
    for found in lines(connection, episode=episode):
        line = found.line
        who = line.who if line.who in devices else ""
        detail = anonymous_detail(line.detail)
        if (who, detail) != (line.who, dict(line.detail)):
            changed.append({"its": found.n, "person": who, "left": detail})
    if changed:
        table = schema.event
        left = bindparam("left", type_=JSON())
        connection.execute(
            update(table)
            .where(table.c.n == bindparam("its"))
            .values(who=bindparam("person"), detail=left),
            changed,
        )


def _devices(connection: Connection) -> set[str]:
    entered = connection.execute(select(schema.device.c.id)).scalars()
    heard = connection.execute(select(schema.seen.c.device)).scalars()
    return {*entered, *heard}


# -- one home ----------------------------------------------------------------------------------


def home_document(connection: Connection, home: str) -> dict[str, Any]:
    """All that is stored of a home, as plain values. Raises BooksError (unknown_home)."""
    books = load_books(connection)
    one = home_of(books, home)
    table = schema.episode
    episodes = connection.execute(
        select(table).where(table.c.home == home).order_by(table.c.begun_ms)
    )
    steps = books.plans.get(home, ())
    return {
        "home": asdict(one),
        "plan": [{"targets": list(s.targets), "for_ms": s.for_ms} for s in steps] or None,
        "pairings": [
            {**asdict(pairing), "since_ms": since, "until_ms": until}
            for pairing, since, until in history(connection, home)
        ],
        "episodes": [_told(connection, row) for row in episodes.all()],
    }


def _told(connection: Connection, row: Any) -> dict[str, Any]:
    orders = connection.execute(select(schema.command).where(schema.command.c.episode == row.id))
    receipts = connection.execute(select(schema.receipt).where(schema.receipt.c.episode == row.id))
    unsent = connection.execute(select(schema.message).where(schema.message.c.episode == row.id))
    links = connection.execute(select(schema.ticket).where(schema.ticket.c.episode == row.id))
    return {
        **{name: getattr(row, name) for name in ("id", "kind", "button", "state", "outcome")},
        "begun_ms": row.begun_ms,
        "ended_ms": row.ended_ms,
        "body": row.body,
        "call_plan": row.call_plan,
        "record": [asdict(found.line) for found in lines(connection, episode=row.id)],
        "orders": [dict(one) for one in orders.mappings()],
        "receipts": [dict(one) for one in receipts.mappings()],
        "unsent": [dict(one) for one in unsent.mappings()],
        "links": [dict(one) for one in links.mappings()],
    }


def erase_home(connection: Connection, home: str, at_ms: int) -> int:
    """Take a home out of the books and make its past anonymous; how many episodes it were.

    Its pairings go too, and the history of them. Raises BooksError (unknown_home, home_calls).
    """
    home_of(load_books(connection), home)
    check_closed(connection, home)
    done = anonymise(connection, Scope(home=home), at_ms, portion=-1)
    pairing = schema.pairing.c
    connection.execute(
        delete(schema.pairing).where(or_(pairing.subject == home, pairing.object == home))
    )
    # The roll call names homes outside of episodes.
    line = schema.event.c
    named = and_(line.episode == "", line.detail["home"].as_string() == home)
    connection.execute(update(schema.event).where(named).values(detail={}))
    connection.execute(delete(schema.absent).where(schema.absent.c.home == home))
    connection.execute(delete(schema.attempt).where(schema.attempt.c.home == home))
    connection.execute(delete(schema.home).where(schema.home.c.id == home))
    raise_revision(connection)
    return done


def check_closed(connection: Connection, home: str) -> None:
    """Raises BooksError (home_calls) while an episode of the home is open or has work to do."""
    busy = or_(_EPISODE.state != "resolved", _EPISODE.deadline_ms.is_not(None))
    wanted = select(_EPISODE.n).where(_EPISODE.home == home, busy).limit(1)
    n = connection.execute(wanted).scalar_one_or_none()
    if n is not None:
        raise BooksError("home_calls", id=home, n=n)
