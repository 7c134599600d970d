"""An operator's way to the database, beside a gateway that may be running.

Owns opening, reading and writing, and whether a gateway runs. Readers see one moment and hold
nobody up; writers take the write lock at once, wait at most five seconds for it, and change all
or nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from lovebell.domain.records import DamagedError, DiskError
from lovebell.store.books import AHEAD, read_ahead, revision_of
from lovebell.store.damage import damaged, read_or_told
from lovebell.store.errors import BooksError
from lovebell.store.sqlite import create_or_upgrade, is_held, one_moment, open_engine

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from sqlalchemy import Connection, Engine


#: So often the books are read before the lock is taken, while others keep changing them.
READS: Final = 3


class OperatorStore:
    """The database as an operator's command uses it. `close` it."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating or upgrading it.

        Raises BooksError (disk, damaged) when that cannot be, NewerDatabaseError when a later
        release wrote it.
        """
        self.path = path
        with self._told():
            create_or_upgrade(path)
        self._engine: Engine = open_engine(path)

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Generator[Connection, None, None]:
        """A connection on which all reads see the same moment.

        Raises BooksError (disk, damaged).
        """
        with self._told(), one_moment(self._engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[Connection, None, None]:
        """A transaction: committed at the end, undone by any error.

        Raises BooksError (disk, damaged).
        """
        with self._told(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def editing(self) -> Generator[Connection, None, None]:
        """As `writing`, for an edit that is checked against the books: `load_books` finds what was
        read before the write lock was taken, behind which the receipts of presses wait.

        Read once more if they have changed meanwhile; at last behind the lock.
        Raises BooksError (disk, damaged).
        """
        with self._told(), self._engine.connect() as connection:
            for tries_left in range(READS - 1, -1, -1):
                with self.reading() as look:
                    ahead = read_ahead(look)
                connection = connection.execution_options(**ahead)
                with connection.begin() as transaction:
                    if ahead[AHEAD].revision == revision_of(connection) or not tries_left:
                        yield connection
                        return
                    transaction.rollback()

    def gateway_runs(self) -> bool:
        """Whether a gateway serves this database just now."""
        return is_held(self.path)

    @contextmanager
    def _told(self) -> Generator[None, None, None]:
        try:
            with read_or_told():
                yield
        except DamagedError as why:
            raise damaged(self.path, str(why)) from why
        except DiskError as why:
            raise BooksError("disk", path=str(self.path), why=str(why)) from why
