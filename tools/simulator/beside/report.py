"""What was found, as a table to read and as one object for machines.

Owns the words of a verdict. Measures nothing.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.beside.trials import TRIALS
from simulator.figures import share

if TYPE_CHECKING:
    from simulator.beside.stage import Program

PIN = ("closed contact → whole PUBLISH on the wire, {} ms", "触点闭合 → PUBLISH 全部上线，{} 毫秒")
HEAP = ("heap besides an empty program's, .mpy, kB", "比空程序多用的堆，.mpy，kB")
NEVER = "–"


class Found(NamedTuple):
    """Everything by the name of its side: milliseconds of each press; seconds of each run of
    each trial, None for not within the patience; kB of heap."""

    pin_ms: dict[str, list[float]]
    trials: dict[str, dict[str, list[float | None]]]
    heap_kb: dict[str, int]


class Row(NamedTuple):
    """One row of the table: its two names, and a cell for each side."""

    english: str
    chinese: str
    cells: list[str]


def rows(found: Found, compared: list[Program], patience_s: float) -> list[Row]:
    """The table's rows; a trial that was not run, or a heap that was not measured, has none."""
    names = [program.name for program in compared]
    made: list[Row] = []
    for percent in (50, 95) if found.pin_ms else ():
        cells = [_pin(found.pin_ms[name], percent) for name in names]
        made.append(Row(PIN[0].format(f"p{percent}"), PIN[1].format(f"p{percent}"), cells))
    for key, values in found.trials.items():
        trial = TRIALS[key]
        tell = kept if key == "power_cut" else verdict
        cells = [tell(values[name], patience_s) for name in names]
        made.append(Row(trial.english, trial.chinese, cells))
    if found.heap_kb:
        made.append(Row(*HEAP, [str(found.heap_kb[name]) for name in names]))
    return made


def _pin(sample: list[float], percent: int) -> str:
    return f"{share(sample, percent):.1f}" if sample else NEVER


def verdict(seconds: list[float | None], patience_s: float) -> str:
    """Median and worst in seconds; where a run did not come through in time, how many did not."""
    good = [value for value in seconds if value is not None]
    missing = len(seconds) - len(good)
    if not seconds:
        return NEVER
    told = f"{statistics.median(good):.1f} s ({max(good):.1f})" if good else ""
    if not missing:
        return told
    never = f"> {patience_s:g} s: {missing}/{len(seconds)}"
    return f"{told}, {never}" if told else never


def kept(seconds: list[float | None], _patience_s: float) -> str:
    """In how many runs the press came."""
    return f"{sum(value is not None for value in seconds)}/{len(seconds)}"


def markdown(made: list[Row], compared: list[Program], *, chinese: bool = False) -> str:
    """The table for a page."""
    head = ["", *(program.title(chinese=chinese) for program in compared)]
    lines = [head, ["---"] * len(head)]
    lines += [[row.chinese if chinese else row.english, *row.cells] for row in made]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def record(
    found: Found, compared: list[Program], runs: int, patience_s: float, interpreter: str
) -> dict[str, Any]:
    """Every value that was measured; a run without one is null."""
    return {
        "interpreter": interpreter,
        "runs": runs,
        "patience_s": patience_s,
        "sides": {
            program.name: {"version": program.version, "settings": program.settings}
            for program in compared
        },
        "pin_to_wire_ms": found.pin_ms,
        "seconds": found.trials,
        "heap_kb": found.heap_kb,
    }
