"""Books that cannot be read hold up nothing but themselves, and no longer than that."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lovebell.domain.records import DamagedError, DiskError
from lovebell.store.access import OperatorStore
from lovebell.store.books import load_books
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Generator

    from town import Town

#: Where a bit can rot so that only whoever reads the text finds it.
ROTTEN = (
    ("home", "name", b"\xff"),
    ("responder", "kind", b"desl"),
    ("device", "kind", b"chimf"),
    ("plan", "steps", b"["),
    ("community", "steps", b"["),
    ("rota", "shifts", b'["dail"]'),
    ("holiday", "day", b"2027-1x-01"),
)


@pytest.mark.parametrize(("table", "column", "rot"), ROTTEN, ids=[one[0] for one in ROTTEN])
def test_books_that_were_mended_are_read_and_till_then_the_log_of_the_disk_does_not_grow(
    town: Town, table: str, column: str, rot: bytes
) -> None:
    for line in (
        ("community", "add", "q-9", "--name", "示例", "--zone", "Asia/Shanghai"),
        ("plan", "set", "h-1", "desk 60s"),
        ("rota", "set", "o-9", "daily 00:00-24:00 r-desk"),
        ("holiday", "add", "2027-10-01", "--name", "示例节"),
    ):
        assert town.type(*line).exit_code == 0
    town.power_up()
    first = f"(SELECT min(rowid) FROM {table})"  # noqa: S608
    change = f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE rowid = {first}"  # noqa: S608
    with closing(sqlite3.connect(town.path, isolation_level=None)) as disk:
        look = f"SELECT CAST({column} AS BLOB) FROM {table} WHERE rowid = {first}"  # noqa: S608
        ((well,),) = disk.execute(look).fetchall()
        for _ in range(2):
            disk.execute(change, (rot,))
            disk.execute("UPDATE revision SET n = n + 1")
            with pytest.raises(DamagedError) as told:
                town.go_on()
            town.street.engine.unread = told.value  # kept, as by a gateway, until it reads again
        assert disk.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        disk.execute(change, (well,))
        disk.execute("UPDATE revision SET n = n + 1")
    town.go_on()
    town.press()
    assert town.street.sounding == {"c-desk"}


@contextmanager
def unplugged(path: Path) -> Generator[None]:
    """Whoever has this file open cannot read it: in its place there is a folder."""
    files = [int(one.name) for one in Path("/proc/self/fd").iterdir() if one.resolve() == path]
    kept = {file: os.dup(file) for file in files}
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        for file in files:
            os.dup2(folder, file)
        yield
    finally:
        for file, copy in kept.items():
            os.dup2(copy, file)
            os.close(copy)
        os.close(folder)


def test_a_disk_that_cannot_be_read_for_a_moment_is_not_called_damaged(town: Town) -> None:
    """Or somebody would restore a backup, by which boards enrolled since are cut off."""
    town.power_up()
    with closing(OperatorStore(town.path)) as store:

        def homes() -> int:
            with store.reading() as connection:
                return len(load_books(connection).homes)

        assert homes() == 1
        with closing(sqlite3.connect(town.path, isolation_level=None)) as disk:
            disk.execute("UPDATE revision SET n = n + 1")  # what they remember of the file is void
            disk.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with unplugged(town.path):
                with pytest.raises(BooksError) as told:
                    homes()
                with pytest.raises(DiskError) as found:
                    asyncio.run(town.street.store.books())
        assert (told.value.code, type(found.value)) == ("disk", DiskError)
        assert homes() == 1
    town.go_on()
    town.press()
    assert town.street.sounding == {"c-paired"}


def test_who_comes_can_be_noted_though_the_books_cannot_be_read(town: Town) -> None:
    town.power_up()
    town.press()
    town.power_cut()
    with closing(sqlite3.connect(town.path, isolation_level=None)) as disk:
        disk.execute("INSERT INTO plan (home, steps) VALUES ('h-1', '[')")
    assert town.type("home", "list").exit_code == 1
    comes = ("episode", "acknowledge", "1", "--by")
    nobody = town.type(*comes, "h-1")
    assert nobody.exit_code == 1
    assert "responder: there is no 'h-1'" in nobody.output
    assert town.type(*comes, "r-desk").exit_code == 0
    assert [tuple(row) for row in town.street.rows("SELECT responder FROM command")] == [
        ("r-desk",)
    ]
