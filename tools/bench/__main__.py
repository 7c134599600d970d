"""`python -m bench`: how fast is the gateway, beside a bare echo in C at the same broker?

Composes the parts and reads the options; measures nothing itself.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
from pathlib import Path
from typing import NoReturn

import click
from lovebell import __version__
from rich.console import Console
from simulator.mosquitto import BrokerMissingError

from bench import machine, report
from bench.build import CompileError, CompilerMissingError
from bench.load import LoadError, Tools
from bench.rounds import WARM_UP, Sizes, play_round

# On the repository's own disk: /tmp is often memory, where keeping a press costs nothing.
FOLDER = Path(__file__).parents[2] / "build" / "bench"
KNOWN = (BrokerMissingError, CompilerMissingError, CompileError, LoadError)


def _end(*_: object) -> NoReturn:
    raise SystemExit(143)  # so that every process and folder is cleared away on the way out


def run(sizes: Sizes, rounds: int, console: Console) -> report.Result:
    """Build, measure `rounds` times, and clear everything away again."""
    tools = Tools.compile(FOLDER)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=FOLDER))
    try:
        result = report.Result(
            version=__version__, machine=machine.describe(folder), sizes=sizes, rounds=[]
        )
        with console.status("") as status:
            for number in range(1, rounds + 1):
                result.rounds.append(
                    play_round(
                        tools,
                        folder / str(number),
                        sizes,
                        lambda what, n=number: status.update(f"round {n} of {rounds}: {what}"),
                    )
                )
        return result
    finally:
        shutil.rmtree(folder)


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 100))
@click.option(
    "--presses",
    default=1000,
    show_default=True,
    type=click.IntRange(10, 100_000),
    help="Presses one at a time, each round.",
)
@click.option(
    "--homes",
    default=9050,
    show_default=True,
    type=click.IntRange(100, 99_999),
    help="Homes to set up; those that the single presses leave are pressed with 50 and "
    "with 500 unanswered.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every figure to this file.",
)
@click.option("--quick", is_flag=True, help="One short round: does it run? Its figures are noise.")
def main(rounds: int, presses: int, homes: int, json_file: Path | None, quick: bool) -> None:
    """Measure press → ring and press → receipt, against a bare echo in the same run."""
    signal.signal(signal.SIGTERM, _end)
    if quick:
        rounds, presses, homes = 1, 100, 1150
    saturated = (homes - WARM_UP - presses) // 2
    if saturated < 1:
        raise click.UsageError(f"--presses {presses} needs --homes {presses + WARM_UP + 2} or more")
    console = Console()
    try:
        result = run(Sizes(single=presses, saturated=saturated), rounds, console)
    except KNOWN as why:
        raise click.ClickException(str(why)) from why
    for name, value in result.machine.items():
        console.print(f"{name.replace('_', ' ')}: {value}", highlight=False)
    console.print(report.table(result))
    if json_file:
        json_file.write_text(result.model_dump_json(indent=1) + "\n")


if __name__ == "__main__":
    main()
