"""`python -m bench`: how fast is the gateway, beside a bare echo in C at the same broker?

Composes the parts and reads the options; measures nothing itself.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import click
from rich.console import Console

from bench import machine, nodered, report, stopping
from bench.build import CompileError, CompilerMissingError
from bench.gateway import GatewayError
from bench.load import LoadError, Tools
from bench.rounds import WARM_UP, Sizes, play_round
from lovebell import __version__
from simulator.mosquitto import BrokerMissingError
from simulator.numbers import Whole

# On the repository's own disk: /tmp is often memory, where keeping a press costs nothing.
FOLDER = Path(__file__).parents[2] / "build" / "bench"
KNOWN = (
    *(BrokerMissingError, CompilerMissingError, CompileError, GatewayError, LoadError),
    nodered.NodeRedError,
)


def run(
    sizes: Sizes, rounds: int, home: Path, console: Console, *, node_red: bool
) -> report.Result:
    """Build in `home`, measure `rounds` times, and clear all but the build away again."""
    tools = Tools.compile(home)
    other = _other(home, console) if node_red else None
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=home))
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
                        other,
                    )
                )
        report.summarise(result)
        return result
    finally:
        shutil.rmtree(folder)


def _other(home: Path, console: Console) -> Path | None:
    """Node-RED's script, if it can be had; the benchmark does without."""
    try:
        with console.status("installing Node-RED, to compare with"):
            return nodered.install(home / "node-red")
    except nodered.NodeRedError as why:
        console.print(f"without Node-RED: {why}", highlight=False)
        return None


@click.command()
@click.option("--rounds", default=3, show_default=True, type=Whole(1, 100))
@click.option(
    "--presses",
    default=1000,
    show_default=True,
    type=Whole(10, 100_000),
    help="Presses one at a time, each round.",
)
@click.option(
    "--homes",
    default=9050,
    show_default=True,
    type=Whole(100, 99_999),
    help="Homes to set up; those that the single presses leave are pressed with 50 and "
    "with 500 unanswered.",
)
@click.option(
    "--pause-ms",
    default=5,
    show_default=True,
    type=Whole(0, 1000),
    help="Quiet before each single press, so that it meets a gateway at rest.",
)
@click.option(
    "--folder",
    default=FOLDER,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to build, and to keep the databases meanwhile: the disk that is measured.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every figure to this file.",
)
@click.option(
    "--svg",
    "svg_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the most important figures into this file.",
)
@click.option(
    "--node-red/--no-node-red",
    default=nodered.is_possible,
    help="Measure Node-RED with SQLite too; it is installed by npm into the folder. "
    "Otherwise where npm is there.",
)
@click.option("--quick", is_flag=True, help="One short round: does it run? Its figures are noise.")
def main(
    rounds: int,
    presses: int,
    homes: int,
    pause_ms: int,
    folder: Path,
    json_file: Path | None,
    svg_file: Path | None,
    node_red: bool,
    quick: bool,
) -> None:
    """Measure press → ring and press → receipt, against a bare echo in the same run."""
    stopping.catch()
    if quick:
        rounds, presses, homes = 1, 100, 1150
    saturated = (homes - WARM_UP - presses) // 2
    if saturated < 1:
        least = presses + WARM_UP + 2
        raise click.UsageError(
            f"--presses {presses} needs --homes {least} or more. "
            f"--presses {presses} 需要 --homes 不少于 {least}。"
        )
    console = Console()
    try:
        sizes = Sizes(single=presses, saturated=saturated, pause_ms=pause_ms)
        result = run(sizes, rounds, folder.absolute(), console, node_red=node_red)
    except KNOWN as why:
        raise click.ClickException(str(why)) from why
    for name, value in result.machine.items():
        console.print(f"{name.replace('_', ' ')}: {value}", highlight=False)
    console.print(report.table(result))
    if json_file:
        json_file.write_text(result.model_dump_json(indent=1) + "\n")
    if svg_file:
        svg_file.write_text(report.picture(result), encoding="utf-8")
    if result.faults:
        raise click.ClickException(f"{result.faults} presses were lost or not answered")


if __name__ == "__main__":
    main()
