"""How short a press the firmware still sees: `python -m simulator.detection`.

Owns a contact that bounces and a chip that finds time for its interrupts or does not. What is
asked is the firmware's own code: its latch and its debounce, and, with `--board`, the whole
firmware on a virtual board. Prints the part of presses seen, by their length.

A length is the time from the first touch to the last; the contact bounces at both ends of it, for
a third of it each, at most 5 ms. `awake`: nothing blocks, the loop samples every 2 ms, late by up
to 3. `late`: it is late by up to 40. `blind`: one call blocks the interpreter for 300 ms around
the press; the chip runs the handlers at its end, at most eight, and they see the level of then.
`poll`: what looking at the pin every 50 ms would see, for comparison.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import itertools
import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table

from simulator.board import VirtualBoard, find_firmware
from simulator.numbers import argument

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTHS: Final = (*range(1, 21), 25, 30, 40, 50)
BOARD_LENGTHS: Final = (2, 5, 20, 30, 50)
WAYS: Final = ("awake", "late", "blind", "poll")
PRESSES: Final = 200
SAMPLE_US: Final = 2_000
LATE_US: Final = {"awake": 3_000, "late": 40_000, "blind": 3_000}
BLOCK_US: Final = 300_000
QUEUE: Final = 8  # handlers that an ESP32 keeps for later
POLL_US: Final = 50_000
END_US: Final = 600_000

Edges = list[tuple[int, bool]]


class Count(NamedTuple):
    """Of `presses` so many were `seen`, and so many of those as more than one."""

    presses: int
    seen: int
    doubled: int


def bounce(length_us: int, chance: random.Random) -> Edges:
    """The edges of one press, (microseconds, closed) each, from 0 to `length_us`."""
    edges: Edges = []
    for begin in (True, False):
        at = 0 if begin else length_us
        until = min(5_000, length_us // 3)
        closed = True
        span = 0
        while span < until:
            edges.append((at + span if begin else at - span, closed))
            closed = not closed
            span += chance.randint(50, 900)
        if closed:  # both ends meet in a closed contact
            edges.pop()
    edges.sort()
    return [(at, place % 2 == 0) for place, (at, _) in enumerate(edges)]


class Chip:
    """A pin, its interrupt and a clock, as the firmware's Contact wants them."""

    def __init__(self, start_ticks: int, edges: Edges) -> None:
        contact = importlib.import_module("bell.contact")
        self._period: int = importlib.import_module("bell.ticks").PERIOD
        self._edges = edges
        self._start = start_ticks
        self._handler: Callable[[Chip], None] | None = None
        self.now_us = 0
        self.contact: Any = contact.Contact(self, 3, self.ticks, lambda: None)

    def ticks(self) -> int:
        """The board's milliseconds."""
        return (self._start + self.now_us // 1000) % self._period

    def value(self) -> int:
        """The level at this moment: 0 while the contact is closed."""
        before = [closed for at, closed in self._edges if at <= self.now_us]
        return 0 if before and before[-1] else 1

    def irq(self, handler: Callable[[Chip], None], _trigger: int) -> None:
        """Whom to call at an edge."""
        self._handler = handler

    def interrupt(self) -> None:
        """An edge that the chip has found time for."""
        if self._handler is not None:
            self._handler(self)


def presses_seen(way: str, length_ms: int, chance: random.Random) -> int:
    """How many presses the firmware makes of one of that length."""
    begin = chance.randint(100_000, 150_000)
    edges = [(begin + at, closed) for at, closed in bounce(length_ms * 1000, chance)]
    if way == "poll":
        phase = chance.randrange(POLL_US)
        chip = Chip(0, edges)
        levels: list[int] = []
        for chip.now_us in range(phase, END_US, POLL_US):
            levels.append(chip.value())
        return sum(old and not new for old, new in itertools.pairwise(levels))
    chip = Chip(2**30 - 120, edges)  # the ticks wrap in the middle of many a press
    return _watched(chip, [at for at, _ in edges], way, begin, length_ms, chance)


def _watched(
    chip: Chip, pending: list[int], way: str, begin: int, length_ms: int, chance: random.Random
) -> int:
    """What Board.watch() does, with the interrupts of `pending` in between."""
    block = range(0)
    if way == "blind":
        slack = BLOCK_US - length_ms * 1000
        from_us = begin - chance.randint(1, slack)
        block = range(from_us, from_us + BLOCK_US)
    seen = 0
    sample_us = 0
    while sample_us < END_US:
        blind = sample_us in block
        wake_us = block.stop if blind else sample_us
        late: list[int] = []
        while pending and pending[0] <= wake_us:
            at = pending.pop(0)
            if at in block:
                late.append(at)
            else:
                chip.now_us = at
                chip.interrupt()
        chip.now_us = wake_us
        for _ in late[:QUEUE]:
            chip.interrupt()
        events: list[tuple[str, int]] = chip.contact.sample(chip.ticks(), blind)
        seen += sum(name == "pressed" for name, _ in events)
        if chip.contact.is_settled:  # asleep until the next edge
            next_us = pending[0] if pending else END_US
            if block and wake_us < block.start:
                next_us = min(next_us, block.start)
        else:
            next_us = wake_us + SAMPLE_US
        sample_us = next_us + (0 if next_us in block else chance.randrange(LATE_US[way]))
    return seen


def measured(way: str, length_ms: int, presses: int = PRESSES, seed: int = 1) -> Count:
    """So many presses of that length, in that way."""
    if str(find_firmware()) not in sys.path:
        sys.path.append(str(find_firmware()))
    chance = random.Random(f"{seed} {way} {length_ms}")  # noqa: S311 - no secret
    seen = [presses_seen(way, length_ms, chance) for _ in range(presses)]
    return Count(presses, sum(count > 0 for count in seen), sum(count > 1 for count in seen))


async def on_a_board(length_ms: int, presses: int, directory: Path) -> Count:
    """So many presses on the whole firmware, which has no network."""
    config: dict[str, object] = {
        "device": "b-01",
        "role": "button",
        "wifi": [{"ssid": "air"}],
        "broker": [{"host": "127.0.0.1", "port": 9}],
    }
    board = VirtualBoard(directory, config)
    await board.start()
    try:
        await board.wait_for(lambda board: board.lamp == "idle")
        for _ in range(presses):
            board.press(length_ms)
        seconds = presses * (length_ms + 60) / 1000 + 1
        await board.let_pass(seconds)
        seen = sum(line.startswith("press call") for line in board.log)
        omitted = sum(int(line.split()[1]) for line in board.log if line.startswith("omitted"))
        return Count(presses, min(presses, seen + omitted), max(0, seen + omitted - presses))
    finally:
        await board.stop()


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--presses", type=argument(1), default=PRESSES, help="of each length")
    parser.add_argument("--board", action="store_true", help="also on a virtual board")
    wanted = parser.parse_args()
    table = Table("ms", *WAYS, title=f"presses seen of {wanted.presses}, by length")
    for length_ms in LENGTHS:
        counts = [measured(way, length_ms, wanted.presses) for way in WAYS]
        table.add_row(str(length_ms), *(_shown(count) for count in counts))
    Console().print(table)
    if wanted.board:
        table = Table("ms", "seen", title="on a virtual board, of 20")
        for length_ms in BOARD_LENGTHS:
            with tempfile.TemporaryDirectory() as name:
                count = asyncio.run(on_a_board(length_ms, 20, Path(name)))
            table.add_row(str(length_ms), _shown(count))
        Console().print(table)


def _shown(count: Count) -> str:
    doubled = f" ({count.doubled} twice)" if count.doubled else ""
    return f"{count.seen / count.presses:.1%}{doubled}"


if __name__ == "__main__":
    main()
