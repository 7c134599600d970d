"""What the gateway's tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The machine's own settings are nobody's business here."""
    for name in list(os.environ):
        if name.upper().startswith("LOVEBELL_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr("lovebell.config.DEFAULT_CONFIG", tmp_path / "none.toml")


@pytest.fixture
def empty_town(tmp_path: Path) -> Iterator[Town]:
    """Nobody is in the books, and no gateway runs."""
    made = Town(tmp_path / "data" / "lovebell.db")
    yield made
    made.close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """One home, its volunteer, a neighbour and the desk; no gateway runs."""
    made = Town(tmp_path / "lovebell.db")
    made.furnish()
    yield made
    made.close()
