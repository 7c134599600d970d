"""The result of a benchmark: its file and its table. Measures nothing."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from pydantic import BaseModel
from rich.table import Table

from bench.rounds import Round, Sizes  # noqa: TC001  (pydantic reads them at run time)

if TYPE_CHECKING:
    from collections.abc import Callable


class Result(BaseModel):
    """Everything that was measured, and on what. This is the JSON file's shape."""

    version: str
    machine: dict[str, str | int | float]
    sizes: Sizes
    rounds: list[Round]


def _row(result: Result, name: str, unit: str, figure: Callable[[Round], float]) -> list[str]:
    values = [figure(one) for one in result.rounds]
    digits = 2 if max(values) < 100 else 0
    return [
        name,
        f"{statistics.median(values):,.{digits}f} {unit}",
        f"{min(values):,.{digits}f} – {max(values):,.{digits}f}",
    ]


def table(result: Result) -> Table:
    """Medians over the rounds, and the smallest and greatest of them."""
    count, sizes = len(result.rounds), result.sizes
    shown = Table(
        title=f"{count} rounds of {sizes.single} single and 2 × {sizes.saturated} presses",
        title_justify="left",
    )
    shown.add_column("")
    shown.add_column("median", justify="right")
    shown.add_column("spread", justify="right")
    shown.add_row(
        *_row(result, "echo: press → ring, p50", "ms", lambda r: r.echo.single.ring.p50_us / 1e3)
    )
    return shown
