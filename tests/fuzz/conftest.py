"""What the tests with rubbish share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="package")
def _no_settings_from_outside() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """The machine's own settings are nobody's business here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.upper().startswith("LOVEBELL_"):
                patch.delenv(name)
        patch.setattr("lovebell.config.DEFAULT_CONFIG", Path("/nowhere/none.toml"))
        yield
