"""The books on disk: what may be entered, and that a refusal changes nothing."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

import pytest

from lovebell import words
from lovebell.domain.model import (
    Device,
    DeviceKind,
    Home,
    Link,
    Pairing,
    Responder,
    ResponderKind,
    Step,
)
from lovebell.store import books, errors, pairs, record
from lovebell.store.access import OperatorStore
from lovebell.store.errors import BooksError
from lovebell.words.errors import BOOKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection
    from town import Town

NOW = 1_800_000_000_000


@pytest.fixture
def store(town: Town) -> Iterator[OperatorStore]:
    """The furnished street's books: h-1 with b-1, r-paired, r-neighbour; b-lost is unpaired."""
    made = OperatorStore(town.path)
    yield made
    made.close()


def everything(store: OperatorStore) -> list[Any]:
    with store.reading() as connection:
        revision = connection.exec_driver_sql("SELECT n FROM revision").scalar_one()
        history = connection.exec_driver_sql("SELECT * FROM pairing ORDER BY n").all()
        commands = connection.exec_driver_sql("SELECT * FROM command").all()
        return [books.load_books(connection), revision, history, commands]


def refusal(store: OperatorStore, edit: Callable[[Connection], object]) -> BooksError:
    """The edit is refused, and nothing has changed."""
    before = everything(store)
    with pytest.raises(BooksError) as caught, store.writing() as connection:
        edit(connection)
    assert everything(store) == before
    return caught.value


REFUSED: list[tuple[str, Callable[[Connection], object]]] = [
    ("bad_id", lambda c: books.add_home(c, Home("H 1", "x"))),
    ("bad_id", lambda c: books.add_responder(c, Responder("-r", "x"))),
    ("bad_id", lambda c: books.add_device(c, Device("b" * 25, DeviceKind.BUTTON))),
    ("bad_id", lambda c: books.add_device(c, Device("b-9\n", DeviceKind.BUTTON))),
    ("reserved_id", lambda c: books.add_responder(c, Responder("desk", "x"))),
    ("taken_id", lambda c: books.add_home(c, Home("h-1", "x"))),
    ("taken_id", lambda c: books.add_home(c, Home("r-desk", "x"))),
    ("taken_id", lambda c: books.add_responder(c, Responder("c-desk", "x"))),
    ("taken_id", lambda c: books.add_device(c, Device("h-1", DeviceKind.CHIME))),
    ("bad_text", lambda c: books.add_home(c, Home("h-2", " "))),
    ("bad_text", lambda c: books.add_home(c, Home("h-2", "x", address="a\nb"))),
    ("bad_text", lambda c: books.add_home(c, Home("h-2", "x", phone="1" * 201))),
    ("bad_text", lambda c: books.add_responder(c, Responder("r-2", "\x07"))),
    ("bad_text", lambda c: books.add_device(c, Device("c-2", DeviceKind.CHIME, "x" * 201))),
    ("bad_text", lambda c: books.edit_home(c, "h-1", notes="x" * 1001)),
    ("bad_level", lambda c: books.add_home(c, Home("h-2", "x", care_level=0))),
    ("bad_level", lambda c: books.edit_home(c, "h-1", care_level=6)),
    ("bad_grid", lambda c: books.edit_home(c, "h-1", grid="Grid")),
    ("grid_needed", lambda c: books.add_responder(c, Responder("r-2", "x", ResponderKind.GRID))),
    ("grid_needed", lambda c: books.edit_responder(c, "r-paired", kind=ResponderKind.GRID)),
    ("no_change", lambda c: books.edit_home(c, "h-1", name=None)),
    ("unknown_home", lambda c: books.edit_home(c, "h-9", name="x")),
    ("unknown_home", lambda c: books.remove_home(c, "r-desk")),
    ("unknown_responder", lambda c: books.edit_responder(c, "r-9", name="x")),
    ("unknown_responder", lambda c: books.remove_responder(c, "h-1")),
    ("unknown_device", lambda c: books.remove_device(c, "b-9")),
    ("still_paired", lambda c: books.remove_home(c, "h-1")),
    ("still_paired", lambda c: books.remove_responder(c, "r-desk")),
    ("still_paired", lambda c: books.remove_device(c, "b-1")),
    ("unknown_id", lambda c: pairs.pair(c, "b-9", "h-1", None, NOW)),
    ("not_a_pair", lambda c: pairs.pair(c, "b-1", "c-desk", None, NOW)),
    ("not_a_pair", lambda c: pairs.pair(c, "b-1", "r-desk", None, NOW)),
    ("not_a_pair", lambda c: pairs.pair(c, "c-desk", "h-1", None, NOW)),
    ("not_a_pair", lambda c: pairs.unpair(c, "h-1", "h-1", NOW)),
    ("already_paired", lambda c: pairs.pair(c, "b-1", "h-1", None, NOW)),
    ("already_paired", lambda c: pairs.pair(c, "h-1", "r-neighbour", 2, NOW)),
    ("taken_by", lambda c: pairs.pair(c, "c-desk", "r-paired", None, NOW)),
    ("bad_rank", lambda c: pairs.pair(c, "r-desk", "h-1", 0, NOW)),
    ("bad_rank", lambda c: pairs.pair(c, "r-desk", "h-1", 100, NOW)),
    ("rank_pointless", lambda c: pairs.pair(c, "b-lost", "h-1", 1, NOW)),
    ("not_paired", lambda c: pairs.unpair(c, "b-lost", "h-1", NOW)),
    ("not_paired", lambda c: pairs.unpair(c, "r-desk", "h-1", NOW)),
    ("unknown_home", lambda c: pairs.set_plan(c, "h-9", (Step(("desk",), 60_000),))),
    ("unknown_home", lambda c: pairs.reset_plan(c, "h-9")),
    ("unknown_target", lambda c: pairs.set_plan(c, "h-1", (Step(("r-9",), 60_000),))),
    ("bad_step", lambda _: pairs.read_steps(["desk 60s", "desk"])),
    ("bad_step", lambda _: pairs.read_steps(["desk 1s"])),
    ("bad_step", lambda _: pairs.read_steps([",".join(f"r-{n}" for n in range(200))])),
    ("bad_step", lambda _: pairs.read_steps(["desk " + "9" * 5000 + "s"])),
    ("step_count", lambda _: pairs.read_steps([])),
    ("step_count", lambda _: pairs.read_steps(["desk 60s"] * 17)),
    ("unknown_episode", lambda c: record.find_episode(c, "7")),
    ("unknown_episode", lambda c: record.find_episode(c, "")),
    ("unknown_episode", lambda c: record.find_episode(c, "9" * 30)),
]


@pytest.mark.parametrize(("code", "edit"), REFUSED)
def test_a_wrong_edit_is_refused_in_both_languages_and_changes_nothing(
    store: OperatorStore, code: str, edit: Callable[[Connection], object]
) -> None:
    error = refusal(store, edit)
    assert error.code == code
    for language in ("zh", "en"):
        assert "{" not in words.of_books(language, error)


def test_every_error_has_both_languages_and_the_same_needs() -> None:
    assert set(BOOKS) == set(errors.MESSAGES)
    for code, english in errors.MESSAGES.items():
        chinese = {field.removesuffix("_zh") for field in fields(BOOKS[code])}
        assert chinese == fields(english), code


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(
    "edit",
    [
        lambda c: books.add_home(c, Home("h-2", "示例爷爷")),
        lambda c: books.edit_home(c, "h-1", phone="000-0000-0009"),
        lambda c: books.add_responder(c, Responder("r-2", "示", ResponderKind.GRID, grid="g-1")),
        lambda c: books.edit_responder(c, "r-paired", name="示例大婶"),
        lambda c: books.add_device(c, Device("b-2", DeviceKind.BUTTON)),
        lambda c: books.remove_device(c, "b-lost"),
        lambda c: pairs.pair(c, "r-desk", "h-1", 3, NOW),
        lambda c: pairs.pair(c, "r-neighbour", "h-1", 5, NOW),
        lambda c: pairs.unpair(c, "c-paired", "r-paired", NOW),
        lambda c: pairs.set_plan(c, "h-1", (Step(("desk",), 60_000),)),
        lambda c: pairs.reset_plan(c, "h-1"),
    ],
)  # fmt: skip
def test_every_edit_raises_the_revision_so_that_the_gateway_takes_it_up(
    store: OperatorStore, edit: Callable[[Connection], object]
) -> None:
    before = everything(store)[1]
    with store.writing() as connection:
        edit(connection)
    assert everything(store)[1] == before + 1


def test_what_was_entered_is_what_is_read(store: OperatorStore) -> None:
    home = Home("h-2", "示例爷爷", "示例路 2 号", "000-0000-0002", "钥匙在物业", 3, "g-2")
    leader = Responder("r-2", "示例网格员", ResponderKind.GRID, "000-0000-0003", "g-2")
    chime = Device("c-2", DeviceKind.CHIME, "客厅")
    steps = (Step(("paired", "r-2"), 45_000), Step(("desk",), 60_000))
    with store.writing() as connection:
        books.add_home(connection, home)
        books.add_responder(connection, leader)
        books.add_device(connection, chime)
        pairs.pair(connection, "c-2", "r-2", None, NOW)
        pairs.pair(connection, "h-2", "r-2", 7, NOW)
        pairs.set_plan(connection, "h-2", steps)
    read = everything(store)[0]
    assert read.homes["h-2"] == home
    assert read.responders["r-2"] == leader
    assert read.devices["c-2"] == chime
    assert read.plans == {"h-2": steps}
    assert read.pairings[-2:] == (
        Pairing(Link.CHIME_RESPONDER, "c-2", "r-2"),
        Pairing(Link.RESPONDER_HOME, "r-2", "h-2", 7),
    )


def test_pairing_has_a_history(store: OperatorStore) -> None:
    with store.writing() as connection:
        pairs.unpair(connection, "b-1", "h-1", NOW + 5)
        pairs.pair(connection, "h-1", "b-1", None, NOW + 9)
        past = pairs.history(connection, "b-1")
    assert [(since, until) for _, since, until in past] == [(NOW, NOW + 5), (NOW + 9, None)]


def test_a_new_rank_ends_the_old_pairing_and_begins_another(store: OperatorStore) -> None:
    with store.writing() as connection:
        pairs.pair(connection, "r-neighbour", "h-1", 5, NOW + 5)
        ranks = [(p.rank, until) for p, _, until in pairs.history(connection, "r-neighbour")][1:]
    assert ranks == [(2, NOW + 5), (5, None)]


def test_a_home_with_an_open_episode_cannot_be_removed(town: Town, store: OperatorStore) -> None:
    town.power_up()
    town.press()
    error = refusal(store, lambda c: books.remove_home(c, "h-1"))
    assert error.code == "home_calls"
    assert "`lovebell episode resolve 1 --outcome WORD`" in str(error)


def test_a_responder_named_in_a_plan_cannot_be_removed(store: OperatorStore) -> None:
    with store.writing() as connection:
        books.add_responder(connection, Responder("r-2", "示例亲属", ResponderKind.RELATIVE))
        pairs.set_plan(connection, "h-1", (Step(("r-2",), 60_000),))
    error = refusal(store, lambda c: books.remove_responder(c, "r-2"))
    assert error.code == "in_plan"
    assert "h-1" in str(error)


def test_removing_a_home_takes_its_plan_with_it(store: OperatorStore) -> None:
    with store.writing() as connection:
        books.add_home(connection, Home("h-2", "示例爷爷"))
        pairs.set_plan(connection, "h-2", (Step(("desk",), 60_000),))
        books.remove_home(connection, "h-2")
    assert everything(store)[0].plans == {}


def test_an_episode_is_found_by_number_by_id_and_by_a_beginning_that_is_its_own(
    town: Town, store: OperatorStore
) -> None:
    town.power_up()
    town.press(press_id="aa-1")
    town.press("b-lost", press_id="aa-2")
    with store.reading() as connection:
        for key in ("1", "b-1.aa-1", "b-1."):
            assert record.find_episode(connection, key)[0] == 1
        assert record.find_episode(connection, "b-l")[0] == 2
    error = refusal(store, lambda c: record.find_episode(c, "b-"))
    assert error.code == "ambiguous_episode"
    assert "b-1.aa-1, b-lost.aa-2" in str(error)


def test_an_id_that_begins_another_is_still_found(town: Town, store: OperatorStore) -> None:
    town.power_up()
    town.press(press_id="a")
    assert town.type("episode", "resolve", "1", "--outcome", "helped").exit_code == 0
    town.press(press_id="ab")
    with store.reading() as connection:
        assert record.find_episode(connection, "b-1.a")[0] == 1
        assert record.find_episode(connection, "b-1.ab")[0] == 2


def test_a_reader_holds_up_no_writer_and_sees_one_moment(store: OperatorStore) -> None:
    with store.reading() as reader:
        before = books.load_books(reader)
        with store.writing() as connection:
            books.edit_home(connection, "h-1", name="示例婆婆")
        assert books.load_books(reader) == before
    assert everything(store)[0].homes["h-1"].name == "示例婆婆"


def test_a_database_that_cannot_be_opened_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(BooksError) as caught:
        OperatorStore(tmp_path / "file" / "lovebell.db")
    assert caught.value.code == "disk"
    assert str(tmp_path) in str(caught.value)


def test_a_file_that_is_no_database_is_told_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "lovebell.db"
    path.write_text("this is a shopping list, and long enough to be one " * 50)
    with pytest.raises(BooksError) as caught:
        OperatorStore(path)
    assert caught.value.code == "damaged"
