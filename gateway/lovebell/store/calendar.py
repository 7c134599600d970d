"""Communities, groups, rotas, holidays and absences on disk, as they are read; and where an id is
named. They are edited in `roster`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypedDict

from sqlalchemy import select

from lovebell.domain.codec import plan_from_json
from lovebell.domain.model import Away, Community, Group, Rota
from lovebell.domain.rota import parse_shift
from lovebell.store import schema
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from lovebell.domain.model import Books
    from lovebell.domain.rota import Shift


class Calendar(TypedDict):
    """The part of the books that is read here."""

    communities: dict[str, Community]
    groups: dict[str, Group]
    rotas: dict[str, Rota]
    holidays: dict[str, dict[date, str]]
    away: tuple[Away, ...]


def load(connection: Connection) -> Calendar:
    """All of it, as it stands in this transaction."""
    # No cursor stays half-read: see `books`.
    communities = connection.execute(select(schema.community).order_by(schema.community.c.id)).all()
    groups = connection.execute(select(schema.group).order_by(schema.group.c.id)).all()
    rotas = connection.execute(select(schema.rota).order_by(schema.rota.c.id)).all()
    away = connection.execute(
        select(schema.away).order_by(schema.away.c.from_ms, schema.away.c.n)
    ).all()
    holidays: dict[str, dict[date, str]] = {}
    days = connection.execute(select(schema.holiday).order_by(schema.holiday.c.day)).all()
    for row in days:
        holidays.setdefault(row.community, {})[date.fromisoformat(row.day)] = row.name
    return {
        "communities": {
            row.id: Community(
                row.id, row.name, row.zone, plan_from_json(row.steps) if row.steps else ()
            )
            for row in communities
        },
        "groups": {row.id: Group(row.id, row.name, tuple(row.members)) for row in groups},
        "rotas": {
            row.id: Rota(
                row.id, row.name, row.community, tuple(_shift(text) for text in row.shifts)
            )
            for row in rotas
        },
        "holidays": holidays,
        "away": tuple(Away(r.n, r.responder, r.from_ms, r.to_ms, r.note) for r in away),
    }


def _shift(text: str) -> Shift:
    """Raises ValueError: what cannot be read here was readable when it was entered."""
    try:
        return parse_shift(text)
    except ValueError as why:
        raise ValueError(f"no shift: {text!r}") from why


def check_unused(books: Books, thing: str) -> None:
    """Raises BooksError (in_plan, in_use) when a plan, a group or a rota names this id."""
    homes = [home for home, steps in sorted(books.plans.items()) if any(thing in s.targets for s in steps)]  # fmt: skip  # noqa: E501
    if homes:
        raise BooksError("in_plan", id=thing, homes=", ".join(homes), first=homes[0])
    places = list(_places(books, thing))
    if places:
        noun, first = places[0]
        others = ", ".join(place for _, place in places)
        raise BooksError("in_use", id=thing, noun=noun, first=first, places=others)


def _places(books: Books, thing: str) -> Iterator[tuple[str, str]]:
    for community in books.communities.values():
        if any(thing in step.targets for step in community.plan):
            yield "community", community.id
    for group in books.groups.values():
        if thing in group.members:
            yield "group", group.id
    for rota in books.rotas.values():
        if any(thing in shift.members for shift in rota.shifts):
            yield "rota", rota.id
