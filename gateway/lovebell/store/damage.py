"""Damage: what lies in the database cannot be read, told from a disk that does not serve just now.

Owns how that is known, and where the last backup lies. SQLite finds pages that make no sense; a
bit that has rotted inside a text is found by whoever reads the text. Writes nothing into the
database.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError

from lovebell.domain.records import DamagedError, DiskError
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

#: SQLite's result codes (sqlite.org/rescode.html) for a file that is no whole database. "Error" is
#: among them: our statements are right, so a table or column that is missing was lost.
_DAMAGE: Final = frozenset(
    (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_MISMATCH,
    )
)
#: What reading a value says that makes no sense. Errors of our own that are made of these are
#: about what somebody has typed.
_UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
_OURS: Final = "lovebell"
#: The header of a database (sqlite.org/fileformat2.html, 1.3). A file of 0 bytes, and for SQLite
#: one of 1 byte too, is a new one.
_HEADER_BYTES: Final = 100
#: Where no backup is known of, the sentence says what is to be named there.
UNKNOWN: Final = "FILE"


def disk_error(why: BaseException) -> DiskError:
    """The error of a disk that does not serve, or of what can no longer be read on it."""
    cause = why.orig if isinstance(why, DatabaseError) else why
    if isinstance(cause, sqlite3.DatabaseError):
        # A text that is no UTF-8 is found by Python's module, which gives no code.
        code: int = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        return (DamagedError if code & 0xFF in _DAMAGE else DiskError)(str(cause))
    if isinstance(cause, OSError):
        return DiskError(cause.strerror or str(cause))
    return DamagedError(f"{type(cause).__name__}: {cause}")


@contextmanager
def read_or_told() -> Generator[None, None, None]:
    """Raises DamagedError for what cannot be read, DiskError for a disk that does not serve."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError, OSError) as why:
        raise disk_error(why) from why
    except (CommandError, *_UNREADABLE) as why:
        if type(why).__module__.partition(".")[0] == _OURS:
            raise
        raise disk_error(why) from why


def refuse_void(path: Path) -> None:
    """Raises DamagedError where there was a database and nothing is left of it: SQLite would make
    a new one without a word, and nobody would be in its books.
    """
    if path.exists():
        size = path.stat().st_size
        if size < _HEADER_BYTES:
            raise DamagedError(f"the file has {size} bytes")
    elif _note(path).exists():
        raise DamagedError("the file is gone")


def damaged(path: Path, why: str) -> BooksError:
    """The sentence for whoever is at the keyboard, which names the last backup."""
    return BooksError("damaged", path=str(path), why=why, backup=last_backup(path))


# -- the last backup -------------------------------------------------------------------------


def last_backup(database: Path) -> str:
    """The path of the last backup that was made, as a shell takes it; UNKNOWN where none is known
    of."""
    try:
        path = _note(database).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return UNKNOWN
    return shlex.quote(path) if path else UNKNOWN


def note_backup(database: Path, backup: Path) -> None:
    """Keep in mind, beside the database, where its last backup lies. Raises OSError."""
    note = _note(database)
    fresh = note.with_name(f".{note.name}.{os.getpid()}")
    fresh.write_text(str(backup), encoding="utf-8", errors="surrogateescape")
    fresh.replace(note)


def _note(database: Path) -> Path:
    return database.with_name(database.name + ".last-backup")
