"""The result of `make scale`: its file, its tables and its picture. Measures nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel
from rich.table import Table

from bench import fleet, growth  # noqa: TC001  (pydantic reads them at run time)
from bench.plot import Bar, Panel, svg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Result(BaseModel):
    """Everything that was measured, and on what. This is the JSON file's shape."""

    version: str
    machine: dict[str, str | int | float]
    towns: list[fleet.Town] = []
    grown: list[growth.Grown] = []
    overdue: growth.Overdue | None = None


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


#: The rows of a town's table; here a town is a column, for there are few of them.
_TOWN: Final[Mapping[str, Callable[[fleet.Town], str]]] = {
    "connections": lambda town: f"{town.life.connections:,}",
    "gateway, of a core": lambda town: f"{town.gateway_cpu_percent:.1f} %",
    "gateway, memory at most": lambda town: f"{town.gateway_mb:.0f} MB",
    "broker, of a core": lambda town: f"{town.broker_cpu_percent:.1f} %",
    "broker, memory at most": lambda town: f"{town.broker_mb:.0f} MB",
    "waiting at the broker": lambda town: f"{town.queued:,}",
    "press → ring, p50": lambda town: f"{town.life.ring_p50_us / 1000:.2f} ms",
    "press → ring, p99": lambda town: f"{town.life.ring_p99_us / 1000:.2f} ms",
    "dead, and found": lambda town: f"{len(town.life.silent)}, {town.detected}",
    "taken for dead, though alive": lambda town: f"{town.mistaken:,}",
    "found after, median": lambda town: _seconds(town, town.detection_median_s),
    "found after, at most": lambda town: _seconds(town, town.detection_max_s),
}


def _seconds(town: fleet.Town, seconds: float) -> str:
    return f"{seconds:.0f} s" if town.life.silent else "–"


def tables(result: Result) -> list[Table]:
    """Three tables for a person to read."""
    towns = _table(
        "a heartbeat a minute and five presses a second",
        *("", *(f"{one.life.devices:,} devices" for one in result.towns)),
    )
    for name, told in _TOWN.items():
        towns.add_row(name, *(told(one) for one in result.towns))
    grown = _table(
        "books and history",
        *("homes", "episodes", "database", "start", "memory"),
        *("press → ring p50", "p99", "press → receipt p50"),
    )
    for one in result.grown:
        grown.add_row(
            *(f"{one.homes:,}", f"{one.episodes:,}", f"{one.database_mb:,.0f} MB"),
            *(f"{one.start_s:.1f} s", f"{one.memory_mb:.0f} MB"),
            *(f"{one.ring_p50_us / 1000:.2f} ms", f"{one.ring_p99_us / 1000:.2f} ms"),
            f"{one.receipt_p50_us / 1000:.2f} ms",
        )
    night = _table("deadlines overdue at a start", "overdue", "rung", "start", "all rung after")
    if result.overdue:
        over = result.overdue
        times = (f"{over.start_s:.1f} s", f"{over.heard_s:.1f} s")
        night.add_row(f"{over.episodes:,}", f"{over.heard:,}", *times)
    return [towns, grown, night]


def picture(result: Result) -> str:
    """How the cost grows with devices, homes and episodes, as SVG."""
    towns = [(f"{town.life.devices:,} devices", town) for town in result.towns]
    books = [(f"{one.homes:,} homes", one) for one in result.grown if not one.episodes]
    past = [(f"{one.episodes:,} episodes", one) for one in result.grown if one.episodes]
    return svg(
        [
            _panel(
                "Gateway with heartbeats and five presses a second, % of a core",
                [(name, town.gateway_cpu_percent) for name, town in towns],
            ),
            _panel(
                "Press → ring meanwhile, ms (p50)",
                [(name, town.life.ring_p50_us / 1000) for name, town in towns],
            ),
            _panel(
                "Press → ring, ms (p50), one at a time",
                [(name, one.ring_p50_us / 1000) for name, one in (*books, *past)],
            ),
        ]
    )


def _panel(title: str, rows: list[tuple[str, float]]) -> Panel:
    return Panel(title, [Bar(name, value, value, value, f"{value:,.2f}") for name, value in rows])
