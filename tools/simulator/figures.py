"""Measures real firmware on a real broker over TLS: `python -m simulator.figures [--json]`.

Owns what is measured and how it is told: how soon a closed contact is on the wire, and how soon
a board recovers from each fault. All in real time; a loaded machine makes it slower.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from simulator import ending
from simulator.board import choose
from simulator.numbers import argument
from simulator.street import Street

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from simulator.board import VirtualBoard

DEBOUNCE_MS = 8  # bell.debounce.PRESS_MS: so long a contact must be closed to be a press
PATIENCE_S = 120
FROZEN_S = 6
GOOD_S = 22  # bell.link.GOOD_MS and a little: after such a connection the next try comes soon


class Stage(NamedTuple):
    """A street and its button."""

    street: Street
    button: VirtualBoard

    def presses(self) -> int:
        """How many the gateway has heard, repetitions included."""
        return len(self.street.far_end.heard("press"))

    async def press_until_heard(self) -> float:
        """Seconds from a press until the gateway has heard it."""
        before = self.presses()
        pressed = time.monotonic()
        self.button.press()
        return (await self.street.far_end.hears("press", before + 1, PATIENCE_S)).at - pressed

    async def up(self) -> float:
        """Seconds until the button has a connection."""
        began = time.monotonic()
        await self.button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
        return time.monotonic() - began

    async def down(self) -> float:
        """Seconds until the button has noticed that it has none."""
        began = time.monotonic()
        await self.button.wait_for(lambda board: not board.broker_is_up, PATIENCE_S)
        return time.monotonic() - began

    async def received(self) -> None:
        """Wait until nothing is under way."""
        await self.button.wait_for(lambda board: board.lamp in ("received", "idle"), PATIENCE_S)


async def broker_restarted(stage: Stage) -> float:
    stage.street.broker.kill()
    await stage.down()
    await asyncio.sleep(2)
    stage.street.broker.start()
    return await stage.up()


async def frozen_broker_found(stage: Stage) -> float:
    stage.street.broker.freeze()
    stage.button.press()
    try:
        return await stage.down()
    finally:
        stage.street.broker.thaw()
        await stage.up()


async def broker_thawed(stage: Stage) -> float:
    before = stage.presses()
    stage.street.broker.freeze()
    stage.button.press()
    await asyncio.sleep(FROZEN_S)
    stage.street.broker.thaw()
    thawed = time.monotonic()
    return max(0.0, (await stage.street.far_end.hears("press", before + 1)).at - thawed)


async def half_open(stage: Stage) -> float:
    stage.street.proxy.half_open()
    return await stage.press_until_heard()


async def half_open_unpressed(stage: Stage) -> float:
    stage.street.proxy.half_open()
    return await stage.down()


async def reset_by_the_line(stage: Stage) -> float:
    await asyncio.sleep(GOOD_S)
    return await reset_at_once(stage)


async def reset_at_once(stage: Stage) -> float:
    stage.street.proxy.cut()
    await stage.down()
    return await stage.up()


async def wifi_back(stage: Stage) -> float:
    stage.button.wifi(False)
    await stage.down()
    await asyncio.sleep(20)
    stage.button.wifi(True)
    return await stage.up()


async def wifi_back_with_a_press(stage: Stage) -> float:
    before = stage.presses()
    stage.button.wifi(False)
    await stage.down()
    stage.button.press()
    await asyncio.sleep(20)
    stage.button.wifi(True)
    began = time.monotonic()
    return (await stage.street.far_end.hears("press", before + 1, PATIENCE_S)).at - began


async def another_address(stage: Stage) -> float:
    began = time.monotonic()
    stage.button.address(f"192.168.1.{random.randrange(2, 250)}")  # noqa: S311
    await stage.down()
    await stage.up()
    return time.monotonic() - began


async def power_to_broker(stage: Stage) -> float:
    await stage.button.power_cut()
    began = time.monotonic()
    await stage.button.start()
    await stage.up()
    return time.monotonic() - began


RECOVERIES: dict[str, Callable[[Stage], Awaitable[float]]] = {
    "broker killed and restarted: to connected": broker_restarted,
    "broker frozen: press to found dead": frozen_broker_found,
    f"broker frozen for {FROZEN_S} s with a press: thaw to delivered": broker_thawed,
    "half-open connection: press to delivered on a new one": half_open,
    "half-open connection, nobody presses: to found dead": half_open_unpressed,
    "good connection reset: to connected": reset_by_the_line,
    "connection reset again and again: to connected": reset_at_once,
    "Wi-Fi gone for 20 s: back to connected": wifi_back,
    "Wi-Fi gone for 20 s with a press: back to delivered": wifi_back_with_a_press,
    "another address from the router: to connected": another_address,
    "power to connected, interpreter's start included": power_to_broker,
}


async def pin_to_wire(stage: Stage, presses: int) -> list[float]:
    """Milliseconds from the contact's edge to the PUBLISH on the stream, both by the board."""
    found: list[float] = []
    for _ in range(presses):
        before = stage.button.outputs.get("wire 0")
        stage.button.press(60)
        await stage.button.wait_for(
            lambda board, before=before: board.outputs.get("wire 0") != before, PATIENCE_S
        )
        edges = [value for name, value in stage.button.outputs.items() if name.startswith("edge")]
        found.append((stage.button.outputs["wire 0"][0] - edges[0][0]) / 1000)
        await stage.received()
        await asyncio.sleep(random.uniform(0.2, 0.5))  # noqa: S311 - any phase of the loop
    return found


async def plain_board(street: Street) -> VirtualBoard:
    """A button without TLS. With it a poll on this PC's interpreter takes a millisecond more,
    which a chip's does not."""
    broker = [{"host": "127.0.0.1", "port": street.broker.port}]
    board = await street.board("b-02", "button", config={"broker": broker}, trace=True)
    await board.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
    return board


def share(sample: list[float], percent: int) -> float:
    """The value below which so many percent of the sample lie."""
    ordered = sorted(sample)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


async def measure(directory: Path, presses: int, runs: int) -> dict[str, dict[str, float]]:
    """Everything, by name."""
    figures: dict[str, dict[str, float]] = {}
    async with Street(directory) as street:
        stage = Stage(street, await street.board("b-01", "button", trace=True))
        await stage.up()
        for line, board in (("TCP", await plain_board(street)), ("TLS", stage.button)):
            sample = await pin_to_wire(Stage(street, board), presses)
            rest = [ms - DEBOUNCE_MS for ms in sample]
            for name, values in (
                (f"pin to wire, {line}", sample),
                (f"pin to wire, {line}, without the debounce's {DEBOUNCE_MS} ms", rest),
            ):
                figures[name] = {"p50_ms": share(values, 50), "p95_ms": share(values, 95)}
        for name, recover in RECOVERIES.items():
            seconds: list[float] = []
            for _ in range(runs):
                await stage.up()
                await stage.received()
                await asyncio.sleep(random.uniform(0, 1))  # noqa: S311 - any phase of the loop
                seconds.append(await recover(stage))
            if seconds:
                figures[name] = {"p50_s": statistics.median(seconds), "worst_s": max(seconds)}
    return figures


def main(words: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--presses", type=argument(1), default=100, help="for pin to wire")
    parser.add_argument("--runs", type=argument(0), default=5, help="of each fault")
    arguments = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as name:
        figures = ending.run(measure(Path(name), arguments.presses, arguments.runs))
    if arguments.json:
        print(json.dumps({"interpreter": choose().name, "figures": figures}, indent=2))
        return
    print(choose().why)
    for name, values in figures.items():
        told = ", ".join(f"{key.replace('_', ' ')} {value:.2f}" for key, value in values.items())
        print(f"{name:62} {told}")


if __name__ == "__main__":
    main()
