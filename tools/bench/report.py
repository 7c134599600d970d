"""The result of a benchmark: its file and its table. Measures nothing."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel
from rich.table import Table

from bench.plot import Bar, Panel, svg
from bench.rounds import OtherLoads, Round, Sizes  # noqa: TC001  (pydantic reads them at run time)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.load import Answers


class Figure(BaseModel):
    """One figure over all rounds."""

    median: float
    least: float
    greatest: float


class Result(BaseModel):
    """Everything that was measured, and on what. This is the JSON file's shape."""

    version: str
    machine: dict[str, str | int | float]
    sizes: Sizes
    rounds: list[Round]
    figures: dict[str, Figure] = {}

    @property
    def faults(self) -> int:
        """Presses that were lost or never answered; there must be none, however fast the rest."""
        return sum(
            one.gateway.lost + load.missing
            for one in self.rounds
            for load in (one.gateway.single, one.gateway.window_50, one.gateway.window_500)
        )


def _receipt(one: Round) -> Answers:
    receipt = one.gateway.single.receipt
    if receipt is None:
        raise ValueError("the gateway was measured without receipts")
    return receipt


def _other(one: Round) -> OtherLoads:
    if one.node_red is None:
        raise ValueError("Node-RED was not measured")
    return one.node_red


#: Every figure: what it is, its unit, and how a round yields it. A ratio is of the same round.
FIGURES: Final[Mapping[str, tuple[str, Callable[[Round], float]]]] = {
    "echo: press → ring, p50": ("ms", lambda r: r.echo.single.ring.p50_us / 1000),
    "echo: press → ring, p99": ("ms", lambda r: r.echo.single.ring.p99_us / 1000),
    "press → ring, p50": ("ms", lambda r: r.gateway.single.ring.p50_us / 1000),
    "press → ring, p99": ("ms", lambda r: r.gateway.single.ring.p99_us / 1000),
    "press → receipt, p50": ("ms", lambda r: _receipt(r).p50_us / 1000),
    "press → receipt, p99": ("ms", lambda r: _receipt(r).p99_us / 1000),
    "press → ring against the echo, p50": (
        "×",
        lambda r: r.gateway.single.ring.p50_us / r.echo.single.ring.p50_us,
    ),
    "press → receipt against the echo, p50": (
        "×",
        lambda r: _receipt(r).p50_us / r.echo.single.ring.p50_us,
    ),
    "echo, 50 unanswered": ("presses/s", lambda r: r.echo.window_50.presses_per_s),
    "echo, 500 unanswered": ("presses/s", lambda r: r.echo.window_500.presses_per_s),
    "50 unanswered": ("presses/s", lambda r: r.gateway.window_50.presses_per_s),
    "500 unanswered": ("presses/s", lambda r: r.gateway.window_500.presses_per_s),
    "press → ring with 500 unanswered, p50": (
        "ms",
        lambda r: r.gateway.window_500.ring.p50_us / 1000,
    ),
    "processor time a press, 500 unanswered": ("µs", lambda r: r.gateway.cpu_us_per_press),
    "memory at most": ("MB", lambda r: r.gateway.peak_mb),
    "presses lost": ("", lambda r: r.gateway.lost),
}
#: The same where Node-RED was measured too.
OTHER: Final[Mapping[str, tuple[str, Callable[[Round], float]]]] = {
    "Node-RED: press → ring, p50": ("ms", lambda r: _other(r).single.ring.p50_us / 1000),
    "Node-RED: 500 unanswered": ("presses/s", lambda r: _other(r).window_500.presses_per_s),
    "Node-RED: press → ring with 500 unanswered, p50": (
        "ms",
        lambda r: _other(r).window_500.ring.p50_us / 1000,
    ),
    "Node-RED: presses not on its disk": ("", lambda r: _other(r).lost),
    "press → ring against Node-RED, p50": (
        "×",
        lambda r: r.gateway.single.ring.p50_us / _other(r).single.ring.p50_us,
    ),
    "500 unanswered, against Node-RED": (
        "×",
        lambda r: r.gateway.window_500.presses_per_s / _other(r).window_500.presses_per_s,
    ),
}


def summarise(result: Result) -> None:
    """Fill in the figures from the rounds."""
    has_other = all(one.node_red is not None for one in result.rounds)
    for name, (_, figure) in {**FIGURES, **(OTHER if has_other else {})}.items():
        values = [figure(one) for one in result.rounds]
        result.figures[name] = Figure(
            median=round(statistics.median(values), 4),
            least=round(min(values), 4),
            greatest=round(max(values), 4),
        )


def table(result: Result) -> Table:
    """Medians over the rounds, and the least and the greatest of them."""
    sizes = result.sizes
    shown = Table(
        title=f"{len(result.rounds)} rounds of {sizes.single:,} single presses "
        f"and 2 × {sizes.saturated:,} in a crowd",
        title_justify="left",
        title_style="",
    )
    shown.add_column("")
    shown.add_column("median", justify="right")
    shown.add_column("least – greatest", justify="right")
    for name, figure in result.figures.items():
        unit = unit_of(name)
        digits = digits_of(unit)
        shown.add_row(
            name,
            f"{figure.median:,.{digits}f} {unit}",
            f"{figure.least:,.{digits}f} – {figure.greatest:,.{digits}f}",
        )
    return shown


def unit_of(name: str) -> str:
    """The unit of a figure."""
    return {**FIGURES, **OTHER}[name][0]


def digits_of(unit: str) -> int:
    """How many decimals a figure of this unit deserves."""
    return 2 if unit in ("ms", "×") else 0


def comparison(old: Result, new: Result) -> Table:
    """Every figure that both have: the medians, and the new one against the old one.

    A spread as wide as the difference means that there is none to be seen.
    """
    shown = Table(title=f"{old.version} and {new.version}", title_justify="left", title_style="")
    for heading in ("", "old", "new", "new / old", ""):
        shown.add_column(heading, justify="left" if not heading else "right")
    for name, before in old.figures.items():
        after = new.figures.get(name)
        if after is None:
            continue
        unit = unit_of(name)
        digits = digits_of(unit)
        overlap = before.least <= after.greatest and after.least <= before.greatest
        shown.add_row(
            name,
            f"{before.median:,.{digits}f} {unit}",
            f"{after.median:,.{digits}f} {unit}",
            f"{after.median / before.median:.2f} ×" if before.median else "",
            "within the spread" if overlap else "",
        )
    return shown


def picture(result: Result) -> str:
    """The figures that matter most, as SVG."""
    panels = [
        Panel(title, [_bar(name, result.figures[name]) for name in names if name in result.figures])
        for title, names in _PICTURE.items()
    ]
    return svg(panels)


def _bar(name: str, figure: Figure) -> Bar:
    digits = digits_of(unit_of(name))
    text = f"{figure.median:,.{digits}f}"
    ours = not name.startswith(("echo", "Node-RED"))
    return Bar(name, figure.median, figure.least, figure.greatest, text, ours)


_PICTURE: Final = {
    "One press at a time, ms (p50)": (
        "echo: press → ring, p50",
        "press → ring, p50",
        "press → receipt, p50",
        "Node-RED: press → ring, p50",
    ),
    "Presses a second": (
        "50 unanswered",
        "500 unanswered",
        "Node-RED: 500 unanswered",
    ),
}
