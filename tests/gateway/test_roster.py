"""Communities, groups, rotas, holidays and absences on disk: a refusal changes nothing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from lovebell.domain.model import Away, Community, Group, Home, Rota, Step
from lovebell.domain.rota import parse_shift
from lovebell.store import books, pairs, roster
from lovebell.store.access import OperatorStore
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection
    from town import Town

NOW = 1_800_000_000_000
NIGHT = parse_shift("daily 20:00-08:00 r-neighbour,g-1")
ROTA = Rota("rota-1", "夜班", "c-1", (NIGHT,))
DESK = (Step(("desk",), 60_000),)


@pytest.fixture
def store(town: Town) -> Iterator[OperatorStore]:
    """The furnished street, with a community, a group and a rota of it."""
    made = OperatorStore(town.path)
    with made.writing() as connection:
        roster.add_community(connection, Community("c-1", "示例社区"))
        roster.set_group(connection, Group("g-1", "夜间组", ("r-paired",)))
        roster.set_rota(connection, ROTA)
    yield made
    made.close()


def everything(store: OperatorStore) -> list[Any]:
    with store.reading() as connection:
        revision = connection.exec_driver_sql("SELECT n FROM revision").scalar_one()
        return [books.load_books(connection), revision]


def refusal(store: OperatorStore, edit: Callable[[Connection], object]) -> BooksError:
    """The edit is refused, and nothing has changed."""
    before = everything(store)
    with pytest.raises(BooksError) as caught, store.writing() as connection:
        edit(connection)
    assert everything(store) == before
    return caught.value


def group(thing: str, *members: str) -> Callable[[Connection], object]:
    return lambda c: roster.set_group(c, Group(thing, "x", members))


REFUSED: list[tuple[str, Callable[[Connection], object]]] = [
    ("bad_id", lambda c: roster.add_community(c, Community("C", "x"))),
    ("reserved_id", lambda c: roster.add_community(c, Community("grid", "x"))),
    ("taken_id", lambda c: roster.add_community(c, Community("h-1", "x"))),
    ("taken_id", lambda c: books.add_home(c, Home("rota-1", "x"))),
    ("bad_text", lambda c: roster.add_community(c, Community("c-2", ""))),
    ("bad_zone", lambda c: roster.add_community(c, Community("c-2", "x", "Mars/Olympus"))),
    ("bad_zone", lambda c: roster.add_community(c, Community("c-2", "x", "../etc/passwd"))),
    ("bad_zone", lambda c: roster.edit_community(c, "c-1", None, "Europe")),
    ("no_change", lambda c: roster.edit_community(c, "c-1", None, None)),
    ("unknown_community", lambda c: roster.edit_community(c, "c-9", "x", None)),
    ("unknown_community", lambda c: roster.remove_community(c, "c-9")),
    ("unknown_community", lambda c: roster.set_community_plan(c, "c-9", DESK)),
    ("unknown_community", lambda c: books.edit_home(c, "h-1", community="c-9")),
    ("unknown_target", lambda c: roster.set_community_plan(c, "c-1", (Step(("x",), 9_000),))),
    ("community_used", lambda c: roster.remove_community(c, "c-1")),
    ("bad_id", group("G", "r-paired")),
    ("reserved_id", group("desk", "r-paired")),
    ("taken_id", group("rota-1", "r-paired")),
    ("unknown_member", group("g-2", "r-9")),
    ("unknown_member", group("g-2", "rota-1")),
    ("member_count", group("g-2")),
    ("group_loop", group("g-1", "r-paired", "g-1")),
    ("unknown_group", lambda c: roster.remove_group(c, "g-9")),
    ("in_use", lambda c: roster.remove_group(c, "g-1")),
    ("taken_id", lambda c: roster.set_rota(c, Rota("g-1", "x", "c-1", (NIGHT,)))),
    ("unknown_community", lambda c: roster.set_rota(c, Rota("x", "x", "c-9", (NIGHT,)))),
    (
        "unknown_member",
        lambda c: roster.set_rota(c, Rota("x", "x", "c-1", (parse_shift("mon 1:00-2:00 r-9"),))),
    ),
    ("unknown_rota", lambda c: roster.remove_rota(c, "g-1")),
    ("bad_shift", lambda _: roster.read_shifts(["mon-fri r-paired"])),
    ("empty_shift", lambda _: roster.read_shifts(["mon 08:00-08:00 r-paired"])),
    ("shift_count", lambda _: roster.read_shifts([])),
    ("shift_count", lambda _: roster.read_shifts(["mon 08:00-09:00 r-paired"] * 65)),
    ("unknown_community", lambda c: roster.add_holidays(c, "c-9", {date(2027, 2, 17): ""})),
    ("bad_text", lambda c: roster.add_holidays(c, "", {date(2027, 2, 17): "a\nb"})),
    ("unknown_holiday", lambda c: roster.remove_holiday(c, "", date(2027, 2, 17))),
    ("unknown_responder", lambda c: roster.add_away(c, "r-9", 1, 2, "")),
    ("empty_away", lambda c: roster.add_away(c, "r-paired", NOW, NOW, "")),
    ("bad_text", lambda c: roster.add_away(c, "r-paired", NOW, NOW + 1, "x" * 201)),
    ("unknown_away", lambda c: roster.remove_away(c, 9)),
]


@pytest.mark.parametrize(("code", "edit"), REFUSED)
def test_a_refused_edit_changes_nothing(
    store: OperatorStore, code: str, edit: Callable[[Connection], object]
) -> None:
    assert refusal(store, edit).code == code


EDITS: list[Callable[[Connection], object]] = [
    lambda c: roster.add_community(c, Community("c-2", "x", "Europe/Berlin")),
    lambda c: roster.edit_community(c, "c-1", None, "Europe/Berlin"),
    lambda c: roster.set_community_plan(c, "c-1", (Step(("rota-1", "g-1"), 60_000),)),
    group("g-1", "r-neighbour"),
    lambda c: roster.set_rota(c, Rota("rota-1", "x", "c-1", (NIGHT,))),
    lambda c: roster.remove_rota(c, "rota-1"),
    lambda c: roster.add_holidays(c, "", {date(2027, 2, 17): "春节"}),
    lambda c: roster.add_away(c, "r-paired", NOW, NOW + 1, ""),
]


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_raises_the_revision_so_that_the_gateway_takes_it_up(
    store: OperatorStore, edit: Callable[[Connection], object]
) -> None:
    before = everything(store)[1]
    with store.writing() as connection:
        edit(connection)
    assert everything(store)[1] == before + 1


def test_what_was_entered_is_what_is_read(store: OperatorStore) -> None:
    with store.writing() as connection:
        roster.set_community_plan(connection, "c-1", DESK)
        books.edit_home(connection, "h-1", community="c-1")
        roster.add_holidays(connection, "", {date(2027, 10, 1): "国庆"})
        roster.add_holidays(connection, "c-1", {date(2027, 2, 17): "x"})
        roster.add_holidays(connection, "c-1", {date(2027, 2, 17): "春节"})
        away = roster.add_away(connection, "r-paired", NOW, NOW + 9, "探亲")
    read = everything(store)[0]
    assert read.communities == {"c-1": Community("c-1", "示例社区", "Asia/Shanghai", DESK)}
    assert read.homes["h-1"].community == "c-1"
    assert read.groups == {"g-1": Group("g-1", "夜间组", ("r-paired",))}
    assert read.rotas == {"rota-1": ROTA}
    assert read.holidays == {"": {date(2027, 10, 1): "国庆"}, "c-1": {date(2027, 2, 17): "春节"}}
    assert read.away == (away,) == (Away(1, "r-paired", NOW, NOW + 9, "探亲"),)
    with store.writing() as connection:
        roster.remove_away(connection, away.n)
        roster.remove_holiday(connection, "c-1", date(2027, 2, 17))
        roster.set_community_plan(connection, "c-1", ())
    read = everything(store)[0]
    assert (read.away, read.communities["c-1"].plan) == ((), ())
    assert read.holidays == {"": {date(2027, 10, 1): "国庆"}}


def test_a_loop_of_groups_is_named(store: OperatorStore) -> None:
    with store.writing() as connection:
        roster.set_group(connection, Group("g-2", "x", ("g-1",)))
        roster.set_group(connection, Group("g-3", "x", ("r-desk", "g-2")))
    error = refusal(store, group("g-1", "r-paired", "g-3"))
    assert error.code == "group_loop"
    assert "g-1 > g-3 > g-2 > g-1" in str(error)


def test_whoever_is_named_somewhere_cannot_be_removed_and_it_says_where(
    store: OperatorStore,
) -> None:
    def alone(connection: Connection, person: str, other: str) -> None:
        pairs.unpair(connection, person, other, NOW)
        pairs.unpair(connection, person, "h-1", NOW)

    with store.writing() as connection:
        alone(connection, "r-paired", "c-paired")
        alone(connection, "r-neighbour", "c-neighbour")
        roster.set_community_plan(connection, "c-1", (Step(("rota-1",), 60_000),))
    in_group = refusal(store, lambda c: books.remove_responder(c, "r-paired"))
    assert in_group.needs == {"id": "r-paired", "noun": "group", "first": "g-1", "places": "g-1"}
    in_rota = refusal(store, lambda c: books.remove_responder(c, "r-neighbour"))
    assert in_rota.needs["first"] == "rota-1"
    in_community = refusal(store, lambda c: roster.remove_rota(c, "rota-1"))
    assert in_community.needs["noun"] == "community"
    with store.writing() as connection:
        pairs.set_plan(connection, "h-1", (Step(("g-1", "rota-1"), 60_000),))
    assert refusal(store, lambda c: roster.remove_group(c, "g-1")).code == "in_plan"


def test_a_responder_who_goes_takes_the_absences_along(store: OperatorStore) -> None:
    with store.writing() as connection:
        roster.set_rota(
            connection, Rota("rota-1", "x", "c-1", (parse_shift("mon 1:00-2:00 r-desk"),))
        )
        roster.add_away(connection, "r-neighbour", NOW, NOW + 9, "")
        pairs.unpair(connection, "r-neighbour", "c-neighbour", NOW)
        pairs.unpair(connection, "r-neighbour", "h-1", NOW)
        books.remove_responder(connection, "r-neighbour")
    assert everything(store)[0].away == ()
