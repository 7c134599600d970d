"""The monthly tests as they lie in the record, and the attempts that people note."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from lovebell.domain.drill import EVERY_MS, Drill, judge
from lovebell.domain.episode import TEST_FAILED, TEST_PASSED, Kind, What
from lovebell.store import schema
from lovebell.store.books import check_text, home_of, load_books

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection


def drills(connection: Connection, now: int, day: Callable[[int], str]) -> list[Drill]:
    """How every home in the books stands, by id. `day` names the local day of a time."""
    table, attempt = schema.episode.c, schema.attempt.c
    its_test = table.kind == Kind.TEST.value
    passed = (
        select(table.home, func.max(table.begun_ms).label("at_ms"))
        .where(its_test, table.outcome == TEST_PASSED)
        .group_by(table.home)
    )
    last: dict[str, int] = {row.home: row.at_ms for row in connection.execute(passed)}
    tried: defaultdict[str, list[int]] = defaultdict(list)
    since = now - EVERY_MS
    failed = select(table.home, table.begun_ms).where(
        table.begun_ms > since, its_test, table.outcome == TEST_FAILED
    )
    noted = select(attempt.home, attempt.at_ms).where(attempt.at_ms > since)
    for query in (failed, noted):
        for home, at_ms in connection.execute(query):
            tried[home].append(at_ms)
    homes = connection.execute(select(schema.home.c.id).order_by(schema.home.c.id)).scalars()
    return [judge(home, last.get(home), tried[home], now, day) for home in homes]


def note_attempt(connection: Connection, home: str, by: str, at_ms: int) -> None:
    """Somebody asked the home for a test, and none came; it stands in the record too.

    Raises BooksError (unknown_home, bad_text).
    """
    check_text("by", by, least=1, most=64)
    home_of(load_books(connection), home)
    connection.execute(insert(schema.attempt), {"home": home, "at_ms": at_ms, "by": by})
    line = {"at_ms": at_ms, "what": What.TEST_TRIED.value, "who": by, "detail": {"home": home}}
    connection.execute(insert(schema.event), line)
