"""Bringing a database file to the schema of this release, by Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy import Engine


class NewerDatabaseError(RuntimeError):
    """The database was written by a newer release: install that one, or restore a backup."""


def upgrade(engine: Engine) -> None:
    """Create or upgrade the tables; nothing happens when they are as they should be.

    Raises NewerDatabaseError for a database of a later release.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")  # a look only
        here = MigrationContext.configure(connection).get_current_revision()
        if here == scripts.get_current_head():
            return
        if here is not None and here not in {
            script.revision for script in scripts.walk_revisions()
        }:
            raise NewerDatabaseError(NewerDatabaseError.__doc__)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
