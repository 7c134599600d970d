"""With years on record, what operators read comes from an index and not from a whole table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event
from town import Town

from lovebell.store import export, figures, privacy, record
from lovebell.store.access import OperatorStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

#: One real episode a hundred thousand times.
COPY_EPISODES = """
WITH RECURSIVE s(value) AS (SELECT 2 UNION ALL SELECT value + 1 FROM s WHERE value < 100000)
INSERT INTO episode (id, kind, button, home, state, begun_ms, ended_ms, outcome, body, call_plan)
SELECT 'b-1.x-' || value, kind, button, 'h-' || (value % 1000), 'resolved',
  begun_ms - value * 100000, ended_ms - value * 100000, outcome, body, call_plan
FROM episode, s WHERE n = 1
"""
#: The lines of every tenth of them.
COPY_LINES = """
INSERT INTO event (at_ms, episode, what, who, detail)
SELECT e.begun_ms + v.at_ms - 1800000000000, e.id, v.what, v.who, v.detail
FROM episode e, event v WHERE e.n % 10 = 0 AND e.n > 1 AND v.episode = 'b-1.p-1'
"""


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorStore]:
    """A hundred thousand episodes, and no statistics: SQLite has to plan without them."""
    town = Town(tmp_path_factory.mktemp("years") / "lovebell.db")
    town.furnish()
    town.power_up()
    town.press(press_id="p-1")
    town.answer("c-paired")
    town.type("episode", "resolve", "1", "--outcome", "helped")
    town.forward(60)
    town.press(press_id="p-2")  # one is open
    town.close()
    store = OperatorStore(town.path)
    with store.writing() as connection:
        connection.exec_driver_sql(COPY_EPISODES)
        connection.exec_driver_sql(COPY_LINES)
    yield store
    store.close()


def plans(connection: Connection, read: Callable[[Connection], Any]) -> list[str]:
    """How SQLite goes about what `read` asks."""
    asked: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", keep)
    read(connection)
    event.remove(connection, "before_cursor_execute", keep)
    assert asked
    found: list[str] = []
    for statement, parameters in asked:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        found += [row[3] for row in rows]
    return found


SINCE, UNTIL = 1_799_000_000_000, 1_799_100_000_000
READS: dict[str, tuple[Callable[[Connection], Any], str]] = {
    "the latest episodes": (record.episodes, "SCAN episode"),  # by number, twenty and no more
    "the open episodes": (lambda c: record.episodes(c, only_open=True), "episode_live"),
    "a home's episodes": (lambda c: record.episodes(c, home="h-7"), "episode_home"),
    "an episode by its id": (lambda c: record.find_episode(c, "b-1.x-77777"), "autoindex_episode"),
    "an episode's lines": (lambda c: record.lines(c, episode="b-1.p-1"), "event_episode"),
    "the latest lines": (lambda c: record.lines(c, limit=20), "PRIMARY KEY"),
    "a month's figures": (
        lambda c: list(figures.call_times(c, SINCE, UNTIL)),
        "episode_begun",
    ),
    "the export of a day": (lambda c: list(export.episodes(c, SINCE, UNTIL)), "episode_begun"),
    "what is old": (lambda c: privacy.count(c, privacy.Scope(before_ms=SINCE)), "episode_begun"),
    "one home's past": (lambda c: privacy.count(c, privacy.Scope(home="h-7")), "episode_home"),
}


@pytest.mark.parametrize("name", READS)
def test_it_is_read_by_an_index(years: OperatorStore, name: str) -> None:
    read, index = READS[name]
    with years.reading() as connection:
        found = plans(connection, read)
    assert any(index in step for step in found), found
    for step in found:
        # A scan is allowed where a limit ends it, and over the homes, which are few.
        if step.startswith("SCAN") and name != "the latest episodes":
            assert "USING" in step, found


def test_a_months_figures_look_up_every_line_by_its_episode(years: OperatorStore) -> None:
    with years.reading() as connection:
        found = plans(connection, lambda c: list(figures.call_times(c, SINCE, UNTIL)))
    text = "\n".join(found)
    assert text.count("event_episode") == 2
    assert text.count("receipt_episode") == 2
    assert "TEMP B-TREE" not in text


def test_the_open_episode_is_found_among_all(years: OperatorStore) -> None:
    with years.reading() as connection:
        assert [one.id for _, one in record.episodes(connection, only_open=True)] == ["b-1.p-2"]
        assert len(record.episodes(connection, home="h-7", limit=500)) == 100
