"""A copy of the database for safe keeping, and the way back.

Owns the form of a backup: the SQLite file, gzipped. SQLite has no checksums of its own, so a bit
that rots in a stored name would go unseen; gzip ends with one. A file stands under its name only
when it is whole and on disk.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import sqlite3
import zlib
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from lovebell.domain.records import DamagedError, DiskError
from lovebell.store.damage import last_backup, note_backup, read_or_told, refuse_void
from lovebell.store.errors import BooksError
from lovebell.store.sqlite import create_or_upgrade, lock

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_PLAIN: Final = b"SQLite format 3\x00"
_BUSY_S: Final = 5.0


def backup(database: Path, target: Path) -> int:
    """Copy the database as it stands at one moment, beside a gateway that may be writing.

    Returns the size of the backup in bytes. Raises BooksError (no_database, file_exists,
    bad_database, file): then there is no `target`, or the one that was there is untouched.
    """
    if not database.is_file():
        raise BooksError("no_database", path=str(database))
    if target.exists():
        raise BooksError("file_exists", path=str(target))
    plain, packed = _beside(target, "copy"), _beside(target, "part")
    with _told(target), _gone(plain), _gone(packed):
        plain.touch(mode=0o600, exist_ok=False)
        _copy(database, plain)
        _pack(plain, packed)
        size = packed.stat().st_size
        _publish(packed, target)
    with contextlib.suppress(OSError):  # it is made, all the same
        note_backup(database, target)
    return size


def restore(source: Path, database: Path, stamp: str) -> Path | None:
    """Put a backup, or a plain database file, in the place of the database.

    The old database is kept as `NAME.before-STAMP`, whose path is returned; None when there was
    none. An older backup is upgraded. Raises DatabaseInUseError while a gateway runs,
    NewerDatabaseError, and BooksError (bad_backup, file_exists, file): nothing was changed.
    """
    if not source.is_file():
        raise BooksError("no_backup", path=str(source))
    aside = database.with_name(f"{database.name}.before-{stamp}")
    if aside.exists():
        raise BooksError("file_exists", path=str(aside))
    fresh = _beside(database, "restoring")
    with _told(database), lock(database), _gone(fresh):
        try:
            with read_or_told():
                _unpack(source, fresh)
                _refuse_strange(fresh)
                create_or_upgrade(fresh)
        except DamagedError as why:
            raise BooksError("bad_backup", path=str(source), why=str(why)) from why
        _as_one_file(fresh)
        _sync(fresh)
        return _exchange(fresh, database, aside)


# -- making one ------------------------------------------------------------------------------


def _copy(database: Path, plain: Path) -> None:
    """The whole database at one moment: a reader of a WAL holds no writer up."""
    try:
        with read_or_told():
            refuse_void(database)
            with (
                closing(sqlite3.connect(database, timeout=_BUSY_S)) as old,
                closing(sqlite3.connect(plain)) as new,
            ):
                old.backup(new)
                new.execute("PRAGMA journal_mode=DELETE").fetchall()
                _refuse_broken(new)
            _refuse_strange(plain)
    except DamagedError as why:
        before = last_backup(database)
        raise BooksError("bad_database", path=str(database), why=str(why), backup=before) from why


def _pack(plain: Path, packed: Path) -> None:
    descriptor = os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw, plain.open("rb") as file:
        # No name and no time: the same database makes the same backup.
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) as zipped:
            shutil.copyfileobj(file, zipped)
        raw.flush()
        os.fsync(raw.fileno())


def _publish(packed: Path, target: Path) -> None:
    """Give a finished file its name, never over another file."""
    try:
        os.link(packed, target)
    except FileExistsError:
        raise BooksError("file_exists", path=str(target)) from None
    except OSError:  # a file system without links, such as a USB stick's
        if target.exists():
            raise BooksError("file_exists", path=str(target)) from None
        packed.rename(target)
    _sync(target.parent)


# -- the way back ----------------------------------------------------------------------------


def _unpack(source: Path, fresh: Path) -> None:
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out, source.open("rb") as file:
        is_plain = file.read(len(_PLAIN)) == _PLAIN
        file.seek(0)
        try:
            with contextlib.nullcontext(file) if is_plain else gzip.GzipFile(fileobj=file) as raw:
                shutil.copyfileobj(raw, out)
        except (EOFError, gzip.BadGzipFile, zlib.error) as why:
            raise DamagedError(str(why)) from why
    with closing(sqlite3.connect(fresh)) as connection:
        _refuse_broken(connection)


def _refuse_broken(connection: sqlite3.Connection) -> None:
    """Raises DamagedError, or what SQLite raises, for a database whose pages make no sense."""
    found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if found != "ok":
        raise DamagedError(found.splitlines()[0])


def _refuse_strange(path: Path) -> None:
    """Raises DamagedError for a database that is whole, and another program's."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not {"alembic_version", "episode", "event", "receipt"} <= {row[0] for row in rows}:
            raise DamagedError("no database of lovebell")


def _exchange(fresh: Path, database: Path, aside: Path) -> Path | None:
    """Put `fresh` in place; a power cut leaves the old database or the new, whole."""
    owner = database.parent.stat()
    if database.exists():
        owner = database.stat()
        fresh.chmod(owner.st_mode & 0o777)
        # A database that is broken is kept with its log, for whoever can mend it.
        with contextlib.suppress(sqlite3.DatabaseError):
            _as_one_file(database)
        os.link(database, aside)
        for tail in ("-wal", "-shm"):
            log = database.with_name(database.name + tail)
            if log.exists():
                log.rename(aside.with_name(aside.name + tail))
    # Restored by root, it must still be the gateway's to write.
    with contextlib.suppress(PermissionError):
        os.chown(fresh, owner.st_uid, owner.st_gid)
    fresh.replace(database)
    _sync(database.parent)
    return aside if aside.exists() else None


def _as_one_file(path: Path) -> None:
    """Take what lies in the log into the file. Raises BooksError (disk) when somebody uses it."""
    with closing(sqlite3.connect(path, timeout=_BUSY_S)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
        except sqlite3.OperationalError as why:
            raise BooksError("disk", path=str(path), why=str(why)) from why


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(path: Path, tail: str) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{tail}")


@contextmanager
def _gone(path: Path) -> Generator[None, None, None]:
    """Whatever happens, the scratch file and SQLite's files beside it are gone at the end."""
    try:
        yield
    finally:
        for tail in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + tail).unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Generator[None, None, None]:
    try:
        yield
    except (sqlite3.DatabaseError, DiskError) as why:
        raise BooksError("file", path=str(path), why=str(why)) from why
    except OSError as why:
        raise BooksError("file", path=str(path), why=why.strerror or str(why)) from why
