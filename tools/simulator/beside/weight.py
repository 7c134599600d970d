"""How much heap each side needs besides an empty program, all of it compiled.

Owns the day that somebody else's client must live through: two presses, each delivered and
acknowledged. What ours must do stands in `simulator.heap`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from simulator import heap
from simulator.beside.stage import OURS
from simulator.board import find_firmware
from simulator.build import compiled, compiled_standins

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.beside.stage import Program
    from simulator.board import VirtualBoard


async def client_day(board: VirtualBoard, far_end: heap.FarEnd) -> None:
    """Two presses, one after the other."""
    for _ in range(2):
        board.press()
        await far_end.hears(leaf="press", kind="call")


def bench(compared: list[Program], directory: Path) -> heap.Bench:
    """Where each of these, by its name, and an `empty` program can be tried in heaps of a size."""
    firmware, standins = directory / "firmware", directory / "standins"
    compiled(find_firmware(), firmware)
    compiled_standins(standins)
    more = {
        program.name: heap.Life(program.folder, client_day, {"client": program.settings})
        for program in compared
        if program.folder is not None
    }
    return heap.Bench(firmware, standins, directory, more)


async def measure(compared: list[Program], say: Callable[[str], None]) -> dict[str, int]:
    """kB of heap by name, besides what an empty program needs."""
    with tempfile.TemporaryDirectory() as name:
        tried = bench(compared, Path(name))
        tried.broker.start()
        try:
            say("heap: empty")
            empty = await tried.smallest("empty")
            needed: dict[str, int] = {}
            for program in compared:
                say(f"heap: {program.title()}")
                life = "button" if program.name == OURS else program.name
                needed[program.name] = await tried.smallest(life) - empty
            return needed
        finally:
            tried.broker.stop()
