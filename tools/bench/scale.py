"""`python -m bench.scale`: towns of many devices, growing books, a long history, a long night.

Composes the parts and reads the options; measures nothing itself.
"""

from __future__ import annotations

import resource
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import BaseModel
from rich.console import Console

from bench import fleet, growth, machine, stopping
from bench.__main__ import FOLDER, KNOWN
from bench.load import Tools
from bench.scale_report import Result, picture, tables
from lovebell import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

#: Every device is a connection, and so a file, of the fleet tool and of the broker.
_OTHER_FILES = 100
_DEAD = 50

DEVICES = (1_000, 10_000, 50_000)
HOMES = (100, 1_000, 10_000, 90_000)
EPISODES = (10_000, 100_000, 1_000_000)
MANY_EPISODES = 10_000_000
OVERDUE = 10_000


def most_connections() -> int:
    """As many as this user may open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - _OTHER_FILES


def measure(folder: Path, say: Callable[[str], None], sizes: Sizes) -> Result:
    """All of it, in `folder`, on its disk."""
    tools = Tools.compile(folder)
    run = Path(tempfile.mkdtemp(prefix="scale-", dir=folder))
    result = Result(version=__version__, machine=machine.describe(run))

    def fresh() -> Path:
        return Path(tempfile.mkdtemp(dir=run))

    try:
        for devices in sizes.devices:
            homes = devices // 2
            say(f"a town of {2 * homes:,} devices")
            town = fleet.live(
                tools,
                fresh(),
                homes,
                seconds=sizes.every_s,
                every_s=sizes.every_s,
                die=min(_DEAD, homes // 4) if devices in sizes.dying else 0,
                connections=min(devices, most_connections()),
            )
            result.towns.append(town)
        for homes in sizes.homes:
            say(f"books of {homes:,} homes")
            result.grown.append(growth.measure(tools, fresh(), homes, 0))
        for episodes in sizes.episodes:
            say(f"a history of {episodes:,} episodes")
            result.grown.append(growth.measure(tools, fresh(), sizes.homes_with_past, episodes))
        say(f"{sizes.overdue:,} deadlines overdue at a start")
        result.overdue = growth.overdue(tools, fresh(), sizes.overdue)
        return result
    finally:
        shutil.rmtree(run)


class Sizes(BaseModel):
    """How large everything is. In the towns of `dying` sizes some devices fall silent."""

    devices: tuple[int, ...] = DEVICES
    dying: tuple[int, ...] = (DEVICES[1],)
    every_s: int = 60
    homes: tuple[int, ...] = HOMES
    homes_with_past: int = 1_000
    episodes: tuple[int, ...] = EPISODES
    overdue: int = OVERDUE

    @classmethod
    def quick(cls) -> Sizes:
        """Does it run? The figures say little."""
        return cls(
            devices=(200,),
            dying=(200,),
            every_s=2,
            homes=(400,),
            homes_with_past=400,
            episodes=(1_000,),
            overdue=400,
        )


@click.command()
@click.option("--quick", is_flag=True, help="Everything small: does it run?")
@click.option("--full", is_flag=True, help="With ten million episodes too: 20 GB, an hour.")
@click.option(
    "--folder",
    default=FOLDER,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to build, and to keep the databases meanwhile.",
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
    help="Draw how the cost grows into this file.",
)
def main(
    quick: bool, full: bool, folder: Path, json_file: Path | None, svg_file: Path | None
) -> None:
    """Measure what devices, homes, episodes and a long night cost. Takes a quarter of an hour."""
    stopping.catch()
    sizes = Sizes.quick() if quick else Sizes()
    if full:
        sizes = sizes.model_copy(update={"episodes": (*sizes.episodes, MANY_EPISODES)})
    console = Console()
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with console.status("") as status:
            result = measure(folder, lambda what: status.update(what), sizes)
    except KNOWN as why:
        raise click.ClickException(str(why)) from why
    for name, value in result.machine.items():
        console.print(f"{name.replace('_', ' ')}: {value}", highlight=False)
    for table in tables(result):
        console.print(table)
    if json_file:
        json_file.write_text(result.model_dump_json(indent=1) + "\n")
    if svg_file:
        svg_file.write_text(picture(result), encoding="utf-8")
    judge(result, is_quick=quick)


def judge(result: Result, *, is_quick: bool = False) -> None:
    """What is lost or not found is no figure. Raises ClickException. In a quick run a heartbeat may
    be late because the machine is busy."""
    for town in result.towns:
        life = town.life
        if (life.rings, life.receipts) != (life.presses, life.presses):
            raise click.ClickException(
                f"{life.devices} devices: of {life.presses} presses {life.rings} rang and "
                f"{life.receipts} had a receipt"
            )
        if town.detected != len(life.silent):
            raise click.ClickException(
                f"of {len(life.silent)} dead devices {town.detected} were found"
            )
        if town.mistaken and not is_quick:
            raise click.ClickException(
                f"of {life.devices} devices {town.mistaken} that lived were taken for dead"
            )
    if result.overdue and result.overdue.heard != result.overdue.episodes:
        raise click.ClickException(f"{result.overdue.heard} overdue episodes rang on")


if __name__ == "__main__":
    main()
