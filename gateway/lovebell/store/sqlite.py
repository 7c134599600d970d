"""Opening the SQLite file: one writer at a time, readers never in its way.

WAL, so that an operator's list does not hold up a press; synchronous=FULL, because a receipt
says "on disk".
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from lovebell.store.migrate import upgrade

if TYPE_CHECKING:
    from typing import IO

BUSY_MS = 5_000
# An operator's command holds the lock for an instant, to see whether a gateway runs.
LOCK_TRIES = 5
LOCK_PAUSE_S = 0.05


class DatabaseInUseError(RuntimeError):
    """Another gateway already serves this database: stop it first, or use another file."""


class NoDatabaseError(RuntimeError):
    """There is no database here yet: start `lovebell serve` once, or check the key `database`."""


def open_engine(path: Path, *, busy_ms: int = BUSY_MS, shared_connection: bool = False) -> Engine:
    """An engine on the file, which is created if it is not there.

    Every transaction takes the write lock when it begins, so it cannot fail half-way for want
    of it. With `shared_connection` all threads get the same connection: for one thread's use.
    """
    pool = {"poolclass": StaticPool} if shared_connection else {}
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": busy_ms / 1000, "check_same_thread": False},
        **pool,
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.isolation_level = None  # we begin transactions ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # Of 2 MB the pages of a town's homes do not stay: a commit had to read some of them first.
        cursor.execute("PRAGMA cache_size=-16000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def create_or_upgrade(path: Path) -> None:
    """Make the file and its folder if need be, and bring the tables up to date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(path)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


def lock_file(path: Path) -> Path:
    """Where the lock of a database lies: beside the file itself, not beside a link to it."""
    real = Path(os.path.realpath(path))
    return real.with_name(real.name + ".lock")


def lock(path: Path) -> IO[bytes]:
    """Hold the database for one gateway, until the file returned is closed or we die.

    Raises DatabaseInUseError, OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    held = lock_file(path).open("ab")
    for tries_left in range(LOCK_TRIES - 1, -1, -1):
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as why:
            if not tries_left:
                held.close()
                raise DatabaseInUseError(f"{DatabaseInUseError.__doc__} ({path})") from why
            time.sleep(LOCK_PAUSE_S)
        else:
            break
    return held
