"""What is measured of all sides at once, and what each fault does to the line between them.

Owns the faults and what counts as having come through. Each gives a number for every side, or
None for who has not in the patience of the stage.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from simulator.beside.stage import Side, Stage

PRESS_MS = 60
FOREVER_S = 3_600  # the stage's patience ends it
Found = dict[str, "float | None"]


class Trial(NamedTuple):
    """One row of the table."""

    english: str
    chinese: str
    run: Callable[[Stage], Awaitable[Found]]


async def half_open(stage: Stage) -> Found:
    stage.proxy.half_open()
    return await stage.each(lambda side: _delivered(stage, side))


async def frozen(stage: Stage) -> Found:
    stage.broker.freeze()
    try:
        return await stage.each(lambda side: _noticed(stage, side))
    finally:
        stage.broker.thaw()


async def restarted(stage: Stage) -> Found:
    stage.broker.kill()
    lost = await stage.each(_down)
    # At no fixed time, or whoever tries at fixed times would be lucky, or unlucky, in every run.
    await asyncio.sleep(stage.patience.away_s * random.uniform(1, 2))  # noqa: S311
    stage.broker.start()
    found = await stage.each(_up)
    # Who has not noticed has no new connection either.
    return {name: None if lost[name] is None else value for name, value in found.items()}


async def reset(stage: Stage) -> Found:
    await asyncio.sleep(stage.patience.good_s)
    began = time.monotonic()

    async def again(side: Side) -> float:
        await _down(side)
        await _up(side)
        return time.monotonic() - began

    stage.proxy.cut()
    return await stage.each(again)


async def power_cut(stage: Stage) -> Found:
    """Pressed while nobody can be reached; then the power goes, and comes back with the line."""
    stage.proxy.refuses = True
    stage.proxy.cut()
    await stage.each(_down)
    for side in stage.sides:
        stage.press(side)
    await asyncio.sleep(stage.patience.away_s)
    await asyncio.gather(*(side.board.power_cut() for side in stage.sides))
    stage.proxy.refuses = False
    await asyncio.gather(*(stage.start(side) for side in stage.sides))
    began = time.monotonic()

    async def told(side: Side) -> float:
        async with asyncio.timeout(stage.patience.kept_s):
            return max(0.0, await stage.hears(side, side.expected) - began)

    return await stage.each(told)


async def _delivered(stage: Stage, side: Side) -> float:
    pressed = stage.press(side)
    return await stage.hears(side, side.expected) - pressed


async def _noticed(stage: Stage, side: Side) -> float:
    pressed = stage.press(side)
    await _down(side)
    return time.monotonic() - pressed


async def _down(side: Side) -> float:
    began = time.monotonic()
    await side.board.wait_for(lambda board: not board.broker_is_up, FOREVER_S)
    return time.monotonic() - began


async def _up(side: Side) -> float:
    began = time.monotonic()
    await side.board.wait_for(lambda board: board.broker_is_up, FOREVER_S)
    return time.monotonic() - began


#: In seconds. The last one is only about who has a number at all.
TRIALS = {
    "half_open": Trial(
        "half-open connection: press → delivered on a new one",
        "半开连接：按铃 → 经新连接送达",
        half_open,
    ),
    "frozen": Trial(
        "broker silent: press → known not to get through",
        "服务器不出声：按铃 → 得知没有送达",
        frozen,
    ),
    "restarted": Trial(
        "broker killed and started again → connected",
        "服务器被杀又启动 → 连上",
        restarted,
    ),
    "reset": Trial("good connection reset → connected", "正常的连接被重置 → 连上", reset),
    "power_cut": Trial(
        "press without a connection, then a power cut → delivered",
        "没有连接时按铃，接着断电 → 送达",
        power_cut,
    ),
}


async def pin_to_wire(stage: Stage, side: Side, presses: int) -> list[float]:
    """Milliseconds from the contact's edge, by the board, until the whole press is on the line."""
    found: list[float] = []
    for _ in range(presses):
        waiting = asyncio.create_task(stage.sent())
        await asyncio.sleep(0)  # it listens before the finger moves
        stage.press(side, PRESS_MS)
        try:
            async with asyncio.timeout(stage.patience.run_s):
                sent = await waiting
                await stage.hears(side, side.expected)
        except TimeoutError:
            return []
        edges = [value for name, value in side.board.outputs.items() if name.startswith("edge")]
        found.append(sent * 1000 - edges[0][0] / 1000)
        await asyncio.sleep(random.uniform(0.3, 0.6))  # noqa: S311 - any phase of the poll
    return found


async def measure(
    stage: Stage, names: list[str], runs: int, say: Callable[[str], None]
) -> dict[str, dict[str, list[float | None]]]:
    """Each of these trials so often, by name and side, all with power before and after."""
    found: dict[str, dict[str, list[float | None]]] = {}
    for name in names:
        rows = found[name] = {side.name: [] for side in stage.sides}
        for run in range(runs):
            say(f"{TRIALS[name].english}: {run + 1}/{runs}")
            values = await TRIALS[name].run(stage)
            for side, value in values.items():
                rows[side].append(value)
            await stage.settle(values)
            await asyncio.sleep(random.uniform(0, 1))  # noqa: S311 - any phase of the loops
    return found
