"""Opening the SQLite file: one writer at a time, readers never in its way.

WAL, so that an operator's list does not hold up a press; synchronous=FULL, because a receipt
says "on disk".
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from lovebell.store.damage import read_or_told, refuse_void
from lovebell.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import IO

    from sqlalchemy import Connection
    from sqlalchemy.pool import PoolProxiedConnection

BUSY_MS = 5_000
# An operator's command holds the lock for an instant, to see whether a gateway runs.
LOCK_TRIES = 5
LOCK_PAUSE_S = 0.05
NOTE_BYTES = 512


class DatabaseInUseError(RuntimeError):
    """Another gateway already serves this database: stop it first, or use another file."""


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


@contextlib.contextmanager
def one_moment(engine: Engine) -> Generator[Connection, None, None]:
    """A connection on which all reads see the same moment, and which holds nobody up."""
    with engine.connect() as connection:
        # Not the engine's BEGIN IMMEDIATE: a reader wants no write lock.
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("BEGIN")
        try:
            yield connection
        finally:
            # A disk that fails has ended it (sqlite.org/lang_transaction.html): to end it again is
            # an error that hides the disk's, and looks like damage.
            if driver_of(connection.connection).in_transaction:
                connection.exec_driver_sql("ROLLBACK")


def driver_of(connection: PoolProxiedConnection) -> sqlite3.Connection:
    """The connection itself, past SQLAlchemy."""
    raw = connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - for the type checker
    return raw


def create_or_upgrade(path: Path) -> None:
    """Make the file and its folder if need be, and bring the tables up to date.

    Raises DamagedError, DiskError, NewerDatabaseError.
    """
    with read_or_told():
        _create_or_upgrade(path)


def _create_or_upgrade(path: Path) -> None:
    refuse_void(path)
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

    What it has to say of its disk stands in this file (`tell`). Raises DatabaseInUseError, OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    held = os.fdopen(os.open(lock_file(path), os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0)
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


def is_held(path: Path) -> bool:
    """Whether a gateway serves this database just now."""
    try:
        with lock_file(path).open("rb") as file:
            # Shared, and let go at once: a gateway that starts at this moment must get it.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no such file: no gateway has ever run
        return False
    return False


def tell(held: IO[bytes], trouble: str) -> None:
    """Write into the lock what is wrong with the disk, "" for nothing, for operators' commands to
    see. The same bytes are written over again and again, which works on a disk that is full.
    """
    raw = trouble.encode(errors="replace")[:NOTE_BYTES]
    with contextlib.suppress(OSError):  # a disk that does not even take this is known otherwise
        os.pwrite(held.fileno(), raw.ljust(NOTE_BYTES), 0)


def told(path: Path) -> str:
    """What the gateway that serves this database has told of its disk; "" if none does."""
    if not is_held(path):
        return ""
    try:
        return lock_file(path).read_bytes()[:NOTE_BYTES].decode(errors="ignore").strip()
    except OSError:
        return ""
