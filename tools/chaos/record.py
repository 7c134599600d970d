"""Reads the record: the gateway's database, as anybody can.

Owns the SQL. Knows the tables, and nothing of the code that writes them.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

from chaos.facts import Kept, Line, Receipt, Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: What the record must hold before the gateway may tell a button so.
_LINES: Final = {
    "coming": ("acknowledged", "arrived"),
    "arrived": ("arrived",),
    "resolved": ("resolved",),
}


class Book:
    """The database, open for reading."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(database, timeout=5, isolation_level=None)

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()

    def read(self) -> Record:
        """All of it, as of one moment."""
        rows = self._connection.execute
        rows("BEGIN")
        try:
            receipts = rows("SELECT device, id, kind, episode, at_ms, received_ms FROM receipt")
            episodes = rows(
                "SELECT n, id, kind, button, state, outcome, deadline_ms FROM episode ORDER BY n"
            )
            lines = rows("SELECT n, at_ms, episode, what, who FROM event ORDER BY n")
            return Record(
                tuple(Receipt(*row) for row in receipts),
                tuple(Kept(*row) for row in episodes),
                tuple(Line(*row) for row in lines),
            )
        finally:
            rows("COMMIT")

    def proves(self, device: str, leaf: str, fields: Mapping[str, Any]) -> bool:
        """Whether the record holds what the gateway tells that device of it."""
        if leaf == "receipt":
            found = self._has(
                "SELECT 1 FROM receipt WHERE device = ? AND id = ?", device, fields["id"]
            )
        elif leaf == "episode" and fields["state"] in _LINES:
            found = any(
                self._has(
                    "SELECT 1 FROM event WHERE episode = ? AND what = ?", fields["episode"], what
                )
                for what in _LINES[fields["state"]]
            )
        else:
            found = True
        return found

    def _has(self, query: str, *values: str) -> bool:
        return self._connection.execute(query, values).fetchone() is not None
