"""The benchmark of a restart runs, in small, and finds every call rung."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.restart import restart

if TYPE_CHECKING:
    from pathlib import Path


def test_every_overdue_call_is_rung_after_the_start(tmp_path: Path) -> None:
    found = restart(tmp_path, calls=30, past=20)  # raises if one of them is not
    assert found["first ring, s"] <= found["last ring, s"]
