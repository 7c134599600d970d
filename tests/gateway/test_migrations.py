"""The migrations lead to the tables as `schema` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from lovebell.domain.model import Home
from lovebell.store import boards, migrate, schema
from lovebell.store.books import load_books
from lovebell.store.sqlite import create_or_upgrade, open_engine

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = migrate.__file__.replace("migrate.py", "migrations")


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", SCRIPTS)
    return made


def test_the_migrations_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "lovebell.db"
    create_or_upgrade(path)
    engine = open_engine(path)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_the_migrations_are_one_line() -> None:
    scripts = ScriptDirectory.from_config(config())
    assert len(scripts.get_heads()) == 1
    assert [s.revision for s in scripts.walk_revisions()] == sorted(
        (s.revision for s in scripts.walk_revisions()), reverse=True
    )


def test_a_home_entered_before_there_were_communities_is_still_there(tmp_path: Path) -> None:
    path = tmp_path / "lovebell.db"
    engine = open_engine(path)
    with engine.begin() as connection:
        old = config()
        old.attributes["connection"] = connection
        command.upgrade(old, "0005")
        connection.exec_driver_sql(
            "INSERT INTO home (id, name, grid) VALUES ('h-1', '示例', 'g-1')"
        )
    engine.dispose()
    create_or_upgrade(path)
    engine = open_engine(path)
    with engine.connect() as connection:
        assert load_books(connection).homes == {"h-1": Home("h-1", "示例", grid="g-1")}
    engine.dispose()


def test_what_was_still_to_be_sent_is_still_to_be_sent(tmp_path: Path) -> None:
    path = tmp_path / "lovebell.db"
    engine = open_engine(path)
    row = ("episode:b-1", "episode", "b-1", '{"state":"ringing"}', 7)
    with engine.begin() as connection:
        old = config()
        old.attributes["connection"] = connection
        command.upgrade(old, "0009")
        marks = "INSERT INTO outbox (key, kind, target, body, created_ms) VALUES (?, ?, ?, ?, ?)"
        connection.exec_driver_sql(marks, row)
    engine.dispose()
    create_or_upgrade(path)
    engine = open_engine(path)
    with engine.connect() as connection:
        assert [tuple(kept) for kept in connection.execute(schema.outbox.select())] == [row]
        made = "SELECT sql FROM sqlite_master WHERE name = 'outbox'"
        assert "WITHOUT ROWID" in connection.exec_driver_sql(made).scalar_one()
    engine.dispose()


def test_a_token_goes_on_counting_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "lovebell.db"
    engine = open_engine(path)
    with engine.begin() as connection:
        old = config()
        old.attributes["connection"] = connection
        command.upgrade(old, "0010")
        for n in (1, 2):
            connection.exec_driver_sql(
                "INSERT INTO technician_token VALUES (?, ?, '示例', '[]', 9, 0, '[]', 0, 9, NULL)",
                (n, str(n)),
            )
        for n in range(3):
            connection.exec_driver_sql(
                "INSERT INTO board (mac, device, role, token, at_ms) VALUES (?, 'b', 'x', 2, 0)",
                (str(n),),
            )
    engine.dispose()
    create_or_upgrade(path)
    engine = open_engine(path)
    with engine.connect() as connection:
        assert [boards.used(connection, n) for n in (1, 2)] == [0, 3]
    engine.dispose()
