"""A batch of any size is on disk as it was handed over."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from lovebell.domain.records import Batch, Letter, Line, Receipt
from lovebell.domain.rollcall import Absent
from lovebell.store.live import LiveStore

if TYPE_CHECKING:
    from pathlib import Path


def letter(n: int, body: str) -> Letter:
    return Letter(f"episode:b-{n}", "episode", f"b-{n}", body, n)


@pytest.mark.parametrize("rows", [1, 3, 16, 85, 150])
async def test_every_row_of_a_batch_is_written_once_and_in_order(tmp_path: Path, rows: int) -> None:
    store = LiveStore(tmp_path / "lovebell.db")
    batch = Batch()
    for n in range(rows):
        batch.lines.append(Line(n, f"b-{n}.p", "pressed", "示例", {"count": n}))
        batch.receipts += [Receipt(f"b-{n}", "p", "call", f"b-{n}.p", n, n)] * 2
        batch.letters[f"episode:b-{n}"] = letter(n, '{"state":"ringing"}')
    await store.save(batch)
    replaced = letter(0, '{"state":"coming"}')
    sent = [letter(n, '{"state":"ringing"}') for n in range(rows)]
    await store.save(Batch(sent=sent, letters={replaced.key: replaced}))
    await store.close()
    connection = sqlite3.connect(tmp_path / "lovebell.db")
    lines = connection.execute("SELECT at_ms, who, detail FROM event ORDER BY n").fetchall()
    assert lines == [(n, "示例", f'{{"count":{n}}}') for n in range(rows)]
    assert connection.execute("SELECT count(*) FROM receipt").fetchone() == (rows,)
    kept = connection.execute("SELECT key, body FROM outbox").fetchall()
    assert kept == [(replaced.key, replaced.body)]
    connection.close()


async def test_whoever_is_missed_back_and_missed_again_while_the_disk_fails_is_missing(
    tmp_path: Path,
) -> None:
    store = LiveStore(tmp_path / "lovebell.db")
    await store.save(Batch(absent=[Absent("h-1", 1, "silent")]))
    batch = Batch()
    for later in (
        Batch(present=["h-1"]),
        Batch(absent=[Absent("h-1", 2, "silent"), Absent("h-2", 2, "silent")]),
        Batch(present=["h-2"]),
    ):
        batch.add(later)
    await store.save(batch)
    await store.close()
    connection = sqlite3.connect(tmp_path / "lovebell.db")
    assert connection.execute("SELECT home, since_ms FROM absent").fetchall() == [("h-1", 2)]
    connection.close()


async def test_a_letter_is_still_to_be_sent_though_one_that_said_the_same_has_left(
    tmp_path: Path,
) -> None:
    store = LiveStore(tmp_path / "lovebell.db")
    left, again = letter(0, '{"state":"ringing"}'), letter(0, '{"state":"ringing"}')
    await store.save(Batch(letters={left.key: left}))
    await store.save(Batch(sent=[left], letters={again.key: again}))
    assert [one.key for one in store.letters()] == [again.key]
    await store.save(Batch(sent=[again]))
    assert store.letters() == []
    await store.close()
