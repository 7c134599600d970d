"""Books that cannot be read hold up nothing but themselves, and no longer than that."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from lovebell.domain.records import DamagedError

if TYPE_CHECKING:
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
