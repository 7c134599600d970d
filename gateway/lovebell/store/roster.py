"""Editing communities, groups, rotas, holidays and absences.

Whatever is saved can be carried out: people exist, groups do not go round in a circle, shifts
have time in them. Every edit raises the revision, so that a running gateway takes it up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from lovebell.domain.codec import plan_to_json
from lovebell.domain.model import Away, Books, Community, Group, Rota, Shift
from lovebell.domain.plan import WORDS
from lovebell.domain.rota import (
    MAX_SHIFTS,
    BadShiftError,
    EmptyShiftError,
    format_shift,
    parse_shift,
)
from lovebell.store import schema
from lovebell.store.books import check_text, load_books, raise_revision, responder_of
from lovebell.store.calendar import check_unused
from lovebell.store.errors import BooksError
from lovebell.store.names import check_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sqlalchemy import Connection, Table

    from lovebell.domain.model import Step

MAX_MEMBERS: Final = 200


# -- communities -----------------------------------------------------------------------------


def community_of(books: Books, community: str) -> Community:
    """The community of this id. Raises BooksError (unknown_community)."""
    if community not in books.communities:
        raise BooksError("unknown_community", id=community)
    return books.communities[community]


def only_community(books: Books) -> str:
    """The id of the community when there is one. Raises BooksError (community_needed)."""
    if len(books.communities) != 1:
        raise BooksError("community_needed")
    return next(iter(books.communities))


def add_community(connection: Connection, community: Community) -> None:
    """Enter a community. Raises BooksError (bad_id, reserved_id, taken_id, bad_text, bad_zone)."""
    check_new(connection, community.id)
    _check_community(community)
    row = {"id": community.id, "name": community.name, "zone": community.zone}
    connection.execute(insert(schema.community), row)
    raise_revision(connection)


def edit_community(
    connection: Connection, community: str, name: str | None, zone: str | None
) -> Community:
    """Change what is given.

    Raises BooksError (unknown_community, no_change, bad_text, bad_zone).
    """
    was = community_of(load_books(connection), community)
    if name is None and zone is None:
        raise BooksError("no_change")
    given = {"name": name, "zone": zone}
    edited = replace(was, **{key: value for key, value in given.items() if value is not None})
    _check_community(edited)
    table = schema.community
    connection.execute(
        update(table).where(table.c.id == community).values(name=edited.name, zone=edited.zone)
    )
    raise_revision(connection)
    return edited


def set_community_plan(connection: Connection, community: str, steps: tuple[Step, ...]) -> None:
    """The plan of its homes that have none of their own; without steps the default.

    Raises BooksError (unknown_community, unknown_target).
    """
    books = load_books(connection)
    community_of(books, community)
    check_targets(books, steps)
    text = plan_to_json(steps) if steps else ""
    table = schema.community
    connection.execute(update(table).where(table.c.id == community).values(steps=text))
    raise_revision(connection)


def remove_community(connection: Connection, community: str) -> None:
    """Take a community out of the books, with its holidays.

    Raises BooksError (unknown_community, community_used).
    """
    books = load_books(connection)
    community_of(books, community)
    users = [one.id for one in books.homes.values() if one.community == community]
    users += [one.id for one in books.rotas.values() if one.community == community]
    if users:
        raise BooksError("community_used", id=community, places=", ".join(users))
    connection.execute(delete(schema.holiday).where(schema.holiday.c.community == community))
    _delete(connection, schema.community, community)


def _check_community(community: Community) -> None:
    check_text("name", community.name, least=1)
    try:
        ZoneInfo(community.zone)
    except (ValueError, OSError, KeyError):
        raise BooksError("bad_zone", zone=community.zone) from None


# -- groups and rotas ------------------------------------------------------------------------


def check_targets(books: Books, steps: Iterable[Step]) -> None:
    """Raises BooksError (unknown_target) for what is nobody to be called."""
    for step in steps:
        for target in step.targets:
            known = (WORDS, books.responders, books.groups, books.rotas)
            if not any(target in things for things in known):
                raise BooksError("unknown_target", id=target)


def set_group(connection: Connection, group: Group) -> None:
    """Enter a group, or give one other members.

    Raises BooksError (bad_id, reserved_id, taken_id, bad_text, unknown_member, member_count,
    group_loop).
    """
    books = load_books(connection)
    if group.id not in books.groups:
        check_new(connection, group.id)
    check_text("name", group.name, least=1)
    _check_members(books, [m for m in group.members if m != group.id])
    if not 1 <= len(group.members) <= MAX_MEMBERS:
        raise BooksError("member_count", n=len(group.members), max=MAX_MEMBERS)
    loop = _loop({**books.groups, group.id: group}, group.id)
    if loop:
        raise BooksError("group_loop", loop=" > ".join(loop))
    row = {"id": group.id, "name": group.name, "members": list(group.members)}
    _put(connection, schema.group, row)


def remove_group(connection: Connection, group: str) -> None:
    """Take a group out of the books. Raises BooksError (unknown_group, in_plan, in_use)."""
    books = load_books(connection)
    if group not in books.groups:
        raise BooksError("unknown_group", id=group)
    check_unused(books, group)
    _delete(connection, schema.group, group)


def read_shifts(texts: Iterable[str]) -> tuple[Shift, ...]:
    """What an operator wrote, a shift a text. Raises BooksError (bad_shift, empty_shift,
    shift_count).
    """
    shifts: list[Shift] = []
    for n, text in enumerate(texts, 1):
        try:
            shifts.append(parse_shift(text))
        except BadShiftError:
            raise BooksError("bad_shift", n=n, text=text) from None
        except EmptyShiftError:
            raise BooksError("empty_shift", n=n, text=text) from None
    if not 1 <= len(shifts) <= MAX_SHIFTS:
        raise BooksError("shift_count", n=len(shifts), max=MAX_SHIFTS)
    return tuple(shifts)


def set_rota(connection: Connection, rota: Rota) -> None:
    """Enter a rota, or give one other shifts.

    Raises BooksError (bad_id, reserved_id, taken_id, bad_text, unknown_community,
    unknown_member).
    """
    books = load_books(connection)
    if rota.id not in books.rotas:
        check_new(connection, rota.id)
    check_text("name", rota.name, least=1)
    community_of(books, rota.community)
    for shift in rota.shifts:
        _check_members(books, shift.members)
    row = {"id": rota.id, "name": rota.name, "community": rota.community}
    _put(connection, schema.rota, row | {"shifts": [format_shift(one) for one in rota.shifts]})


def rota_of(books: Books, rota: str) -> Rota:
    """The rota of this id. Raises BooksError (unknown_rota)."""
    if rota not in books.rotas:
        raise BooksError("unknown_rota", id=rota)
    return books.rotas[rota]


def remove_rota(connection: Connection, rota: str) -> None:
    """Take a rota out of the books. Raises BooksError (unknown_rota, in_plan, in_use)."""
    books = load_books(connection)
    rota_of(books, rota)
    check_unused(books, rota)
    _delete(connection, schema.rota, rota)


def _check_members(books: Books, members: Iterable[str]) -> None:
    for member in members:
        if member not in books.responders and member not in books.groups:
            raise BooksError("unknown_member", id=member)


def _loop(groups: Mapping[str, Group], start: str) -> list[str]:
    """The way from a group back to itself; nothing when there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for member in groups[way[-1]].members:
            if member == start:
                return [*way, member]
            if member in groups and member not in seen:
                seen.add(member)
                ways.append([*way, member])
    return []


# -- holidays and absences -------------------------------------------------------------------


def add_holidays(connection: Connection, community: str, days: Mapping[date, str]) -> None:
    """Enter holidays of a community, or of everybody (""); a day that is there gets the new name.

    Raises BooksError (unknown_community, bad_text).
    """
    if community:
        community_of(load_books(connection), community)
    for day, name in sorted(days.items()):
        check_text("name", name)
        row = {"community": community, "day": day.isoformat(), "name": name}
        statement = upsert(schema.holiday).values(row)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["community", "day"], set_={"name": name}
            )
        )
    raise_revision(connection)


def remove_holiday(connection: Connection, community: str, day: date) -> None:
    """Raises BooksError (unknown_holiday)."""
    table = schema.holiday.c
    its = (table.community == community) & (table.day == day.isoformat())
    if connection.execute(delete(schema.holiday).where(its)).rowcount == 0:
        raise BooksError("unknown_holiday", day=day.isoformat())
    raise_revision(connection)


def add_away(connection: Connection, responder: str, from_ms: int, to_ms: int, note: str) -> Away:
    """A responder is not there for a time. Raises BooksError (unknown_responder, empty_away,
    bad_text).
    """
    responder_of(load_books(connection), responder)
    if from_ms >= to_ms:
        raise BooksError("empty_away")
    check_text("note", note)
    row = {"responder": responder, "from_ms": from_ms, "to_ms": to_ms, "note": note}
    key = connection.execute(insert(schema.away).values(row)).inserted_primary_key
    raise_revision(connection)
    return Away(key[0] if key else 0, responder, from_ms, to_ms, note)


def remove_away(connection: Connection, n: int) -> Away:
    """End an absence before its time, or take back what was planned; return what it was.

    Raises BooksError (unknown_away).
    """
    row = connection.execute(select(schema.away).where(schema.away.c.n == n)).one_or_none()
    if row is None:
        raise BooksError("unknown_away", n=n)
    connection.execute(delete(schema.away).where(schema.away.c.n == n))
    raise_revision(connection)
    return Away(row.n, row.responder, row.from_ms, row.to_ms, row.note)


# -- what is common --------------------------------------------------------------------------


def _put(connection: Connection, table: Table, row: Mapping[str, object]) -> None:
    statement = upsert(table).values(dict(row))
    rest = {key: value for key, value in row.items() if key != "id"}
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=rest))
    raise_revision(connection)


def _delete(connection: Connection, table: Table, thing: str) -> None:
    connection.execute(delete(table).where(table.c.id == thing))
    raise_revision(connection)
