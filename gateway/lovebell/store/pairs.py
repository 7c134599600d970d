"""Pairings and plans on disk.

Owns who belongs to whom, with its history, and each home's own plan. Nothing is deleted from the
pairings: what has ended has an end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from lovebell.domain.codec import plan_to_json
from lovebell.domain.model import Books, Link, Pairing
from lovebell.domain.plan import MAX_STEPS, BadPlanError, parse_step
from lovebell.store import schema
from lovebell.store.books import home_of, load_books, noun_of, raise_revision
from lovebell.store.errors import BooksError
from lovebell.store.roster import check_targets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from lovebell.domain.model import Step

_LINKS: Final = {
    ("button", "home"): Link.BUTTON_HOME,
    ("chime", "responder"): Link.CHIME_RESPONDER,
    ("responder", "home"): Link.RESPONDER_HOME,
}


def link_of(books: Books, a: str, b: str) -> Pairing:
    """What pairing the two ids could have, given in either order; of rank 1.

    Raises BooksError (unknown_id, not_a_pair).
    """
    for thing in (a, b):
        if not noun_of(books, thing):
            raise BooksError("unknown_id", id=thing)
    for subject, object_ in ((a, b), (b, a)):
        link = _LINKS.get((noun_of(books, subject), noun_of(books, object_)))
        if link is not None:
            return Pairing(link, subject, object_)
    nouns = {"a_noun": noun_of(books, a), "b_noun": noun_of(books, b)}
    raise BooksError("not_a_pair", a=a, b=b, **nouns)


def pair(connection: Connection, a: str, b: str, rank: int | None, at_ms: int) -> Pairing:
    """Pair two ids from now on, or give a home's responder another rank; return the pairing.

    A rank not given is 1, or what it was. Raises BooksError (unknown_id, not_a_pair, bad_rank,
    rank_pointless, already_paired, taken_by).
    """
    books = load_books(connection)
    wish = link_of(books, a, b)
    if rank is not None and wish.link is not Link.RESPONDER_HOME:
        raise BooksError("rank_pointless")
    if rank is not None and not 1 <= rank <= 99:
        raise BooksError("bad_rank", rank=rank)
    wish = Pairing(wish.link, wish.subject, wish.object, rank or 1)
    for old in books.pairings:
        if (old.link, old.subject) != (wish.link, wish.subject):
            continue
        if old.object == wish.object:
            if rank is None or old.rank == rank:
                raise BooksError("already_paired", a=wish.subject, b=wish.object)
            _end(connection, old, at_ms)
        elif wish.link is not Link.RESPONDER_HOME:  # a device is in one place only
            raise BooksError("taken_by", a=wish.subject, b=old.object)
    connection.execute(
        insert(schema.pairing),
        {
            "link": wish.link.value,
            "subject": wish.subject,
            "object": wish.object,
            "rank": wish.rank,
            "since_ms": at_ms,
        },
    )
    raise_revision(connection)
    return wish


def unpair(connection: Connection, a: str, b: str, at_ms: int) -> Pairing:
    """End the pairing of two ids; its history stays. Return what it was.

    Raises BooksError (unknown_id, not_a_pair, not_paired).
    """
    books = load_books(connection)
    wish = link_of(books, a, b)
    for old in books.pairings:
        if (old.link, old.subject, old.object) == (wish.link, wish.subject, wish.object):
            _end(connection, old, at_ms)
            raise_revision(connection)
            return old
    noun = "responder" if wish.link is Link.RESPONDER_HOME else "device"
    raise BooksError("not_paired", a=wish.subject, b=wish.object, noun=noun)


def history(connection: Connection, thing: str) -> list[tuple[Pairing, int, int | None]]:
    """Every pairing this id has had, with its beginning and its end (None: it lasts), in ms; of
    "" all that anything has had. What is no longer in the books has its history too.
    """
    wanted = select(schema.pairing).order_by(schema.pairing.c.n)
    if thing:
        its = (schema.pairing.c.subject == thing) | (schema.pairing.c.object == thing)
        wanted = wanted.where(its)
    rows = connection.execute(wanted)
    return [
        (Pairing(Link(row.link), row.subject, row.object, row.rank), row.since_ms, row.until_ms)
        for row in rows
    ]


def _end(connection: Connection, pairing: Pairing, at_ms: int) -> None:
    table = schema.pairing
    connection.execute(
        update(table)
        .where(
            table.c.link == pairing.link.value,
            table.c.subject == pairing.subject,
            table.c.object == pairing.object,
            table.c.until_ms.is_(None),
        )
        .values(until_ms=at_ms)
    )


# -- plans -----------------------------------------------------------------------------------


def read_steps(texts: Iterable[str]) -> tuple[Step, ...]:
    """The plan that an operator wrote, a step a text. Raises BooksError (bad_step, step_count)."""
    steps: list[Step] = []
    for n, text in enumerate(texts, 1):
        try:
            steps.append(parse_step(text))
        except BadPlanError:
            raise BooksError("bad_step", n=n, text=text) from None
    if not 1 <= len(steps) <= MAX_STEPS:
        raise BooksError("step_count", n=len(steps), max=MAX_STEPS)
    return tuple(steps)


def set_plan(connection: Connection, home: str, steps: tuple[Step, ...]) -> None:
    """Give a home a plan of its own. Raises BooksError (unknown_home, unknown_target)."""
    books = load_books(connection)
    home_of(books, home)
    check_targets(books, steps)
    statement = upsert(schema.plan).values(home=home, steps=plan_to_json(steps))
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["home"], set_={"steps": statement.excluded.steps}
        )
    )
    raise_revision(connection)


def reset_plan(connection: Connection, home: str) -> None:
    """Let a home follow the default plan. Raises BooksError (unknown_home)."""
    home_of(load_books(connection), home)
    connection.execute(delete(schema.plan).where(schema.plan.c.home == home))
    raise_revision(connection)
