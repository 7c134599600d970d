"""The street in which the stories play."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from stories.street import Street, furnish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    """A street whose gateway runs."""
    made = Street(tmp_path / "lovebell.db")
    furnish(made)
    await made.power_up()
    yield made
    await made.power_cut()
