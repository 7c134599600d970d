"""Edits are checked before they take the write lock, behind which the receipts of presses wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from lovebell.domain.model import Home
from lovebell.store import access, books, pairs
from lovebell.store.access import READS, OperatorStore
from lovebell.store.books import load_books
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection
    from town import Town


@pytest.fixture
def store(town: Town) -> Iterator[OperatorStore]:
    made = OperatorStore(town.path)
    yield made
    made.close()


def behind_the_lock(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are carried out while the write lock is held, from now on."""
    seen: list[str] = []
    has_lock = [False]
    make = access.open_engine

    def made(path: Path, **how: Any) -> Any:
        engine = make(path, **how)

        @event.listens_for(engine, "before_cursor_execute")
        def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if has_lock[0]:
                seen.append(statement)
            has_lock[0] = has_lock[0] or statement == "BEGIN IMMEDIATE"

        @event.listens_for(engine, "commit")
        def committed(_: object) -> None:
            has_lock[0] = False

        return engine

    monkeypatch.setattr(access, "open_engine", made)
    return seen


EDITS = (
    ("home", "edit", "h-1", "--phone", "2"),
    ("home", "add", "h-2", "--name", "示例"),
    ("unpair", "c-paired", "r-paired"),
    ("pair", "b-lost", "h-1"),
    ("plan", "set", "h-1", "desk 60s"),
    ("plan", "set", "h-1", "--default"),
    ("responder", "edit", "r-paired", "--phone", "2"),
    ("device", "remove", "b-lost"),
    ("community", "add", "c-9", "--name", "示例", "--zone", "Asia/Shanghai"),
    ("group", "set", "g-9", "r-paired"),
    ("away", "add", "r-paired", "--to", "2030-01-01"),
    ("channel", "add", "hook", "--kind", "wecom", "--set", "token=env:SAMPLE_KEY"),
)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: " ".join(edit[:2]))
def test_an_edit_reads_no_books_behind_the_lock(
    town: Town, monkeypatch: pytest.MonkeyPatch, edit: tuple[str, ...]
) -> None:
    seen = behind_the_lock(monkeypatch)
    done = town.type(*edit)
    assert done.exit_code == 0, done.output
    assert any(one.startswith(("INSERT", "UPDATE", "DELETE")) for one in seen)
    # All homes, all pairings: what a town has thousands of.
    whole = [one for one in seen if "FROM home ORDER BY" in one.replace("\n", "")]
    assert whole == []


def test_a_thousand_devices_are_entered_by_some_statements(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUNDLE_PASSPHRASE", "示例口令示例口令")
    seen = behind_the_lock(monkeypatch)
    where = ("--broker", "bell.example", "--no-tls", "--out", str(tmp_path / "bundle"))
    done = town.type("device", "enrol", "--kind", "chime", "--count", "1000", *where)
    assert done.exit_code == 0, done.output
    assert 0 < len(seen) < 20
    assert len(town.read("device", "list")) == 1_005
    enrolled = town.street.rows("SELECT who, detail FROM event WHERE what = 'enrolled'")
    assert len(enrolled) == 1_000
    assert {detail for _, detail in enrolled} == {'{"by": "bundle"}'}


@pytest.mark.parametrize("changes", range(READS + 2))
def test_books_that_change_while_they_are_read_are_read_again(
    store: OperatorStore, monkeypatch: pytest.MonkeyPatch, town: Town, changes: int
) -> None:
    left = list(range(changes))
    read = access.read_ahead

    def disturbed(connection: Connection) -> dict[str, Any]:
        found = read(connection)
        if left:  # nobody is held up by the reading
            n = left.pop()
            town.street.edit(lambda c: books.add_home(c, Home(f"h-new-{n}", "示例")))
        return found

    monkeypatch.setattr(access, "read_ahead", disturbed)
    with store.editing() as connection:
        found = load_books(connection).homes
        pairs.pair(connection, "b-lost", "h-1", None, 0)
    entered = {f"h-new-{n}" for n in range(changes)} - {f"h-new-{n}" for n in left}
    assert found.keys() == {"h-1", *entered}
    assert ("b-lost",) in [tuple(row) for row in town.street.rows("SELECT subject FROM pairing")]


def test_within_an_edit_the_books_are_as_it_has_made_them(store: OperatorStore) -> None:
    with store.editing() as connection:
        before = load_books(connection)
        assert load_books(connection) is before
        books.edit_home(connection, "h-1", phone="12")
        assert load_books(connection).homes["h-1"].phone == "12"
    with store.editing() as connection:
        assert load_books(connection).homes["h-1"].phone == "12"


def test_an_edit_that_is_refused_changes_nothing_and_lets_go_of_the_lock(
    store: OperatorStore,
) -> None:
    with pytest.raises(BooksError), store.editing() as connection:
        books.edit_home(connection, "h-1", phone="12")
        books.remove_home(connection, "h-1")  # it is paired
    with store.editing() as connection:
        assert load_books(connection).homes["h-1"].phone == ""
        books.edit_home(connection, "h-1", phone="13")
    with store.reading() as connection:
        assert load_books(connection).homes["h-1"].phone == "13"
