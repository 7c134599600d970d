"""One run: phase after phase of faults and hands, each followed by peace and a judgement."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from chaos.checker import Verdict, judge
from chaos.facts import Fault, Hand, Operator
from chaos.schedule import WILD, kills, phase
from chaos.troubles import befall
from chaos.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from chaos.facts import Kept, Story
    from chaos.schedule import Act, Phase

#: In peace everything has come to its end by then: a board waits half a minute between two tries,
#: a press 20 s for its repetition, a test 10 s for its end.
PATIENCE_S: Final = 120.0
LOOK_S: Final = 0.5
_SLOWER: Final = 10  # than the PC that this was written on, at most
#: How long the hand is at the service key, and at a button to take a call back.
_KEY_MS: Final = 1_500
_HOLD_MS: Final = 3_600


class Limit(NamedTuple):
    """For how long, or, of kills and nothing else, how many. A PC on which so many `kinds` of
    faults have not come by then, or not all rules of `tried` been judged, is given more time.
    """

    seconds: float = 0
    kills: int = 0
    kinds: int = 0
    tried: tuple[str, ...] = ()


class Run(NamedTuple):
    """What came of it."""

    phases: int
    verdict: Verdict
    story: Story
    done: dict[str, int]


async def run(folder: Path, seed: int, limit: Limit, say: Callable[[str], None]) -> Run:
    """Begin phases until the limit is reached, or until one of them has broken a rule.

    `say` is told of each phase. Raises CompilerMissingError, BrokerMissingError, GatewayError.
    """
    end = time.monotonic() + limit.seconds
    at_last = time.monotonic() + limit.seconds * _SLOWER
    number = 0
    async with World(folder, seed) as world:

        def is_over() -> bool:
            if limit.kills:
                return len(world.story.of(Fault)) >= limit.kills
            is_tried = all(verdict.judged[rule] for rule in limit.tried)
            is_tried &= len({fault.kind for fault in world.story.of(Fault)}) >= limit.kinds
            return time.monotonic() >= (end if is_tried else at_last)

        verdict = await settle(world)
        while not is_over() and not verdict.violations:
            what = kills(seed, number) if limit.kills else phase(seed, number)
            began = time.monotonic()
            await _happen(world, what)
            verdict = await settle(world)
            if not verdict.violations:
                await _wrap_up(world, what)
                verdict = await settle(world)
            counted = Counter(act.kind for act in what.faults)
            kinds = ", ".join(f"{n} {kind}" if n > 1 else kind for kind, n in counted.items())
            say(f"{number:4d}  {time.monotonic() - began:5.1f} s  {kinds}")
            number += 1
        if not verdict.violations:
            await world.end_gateway()
        done: dict[str, int] = {}
        for proxy in world.proxies.values():
            for kind, count in proxy.done.items():
                done[kind] = done.get(kind, 0) + count
        return Run(number, verdict, world.story, done)


async def settle(world: World) -> Verdict:
    """Judge again and again until nothing is wrong any more, or patience is at its end."""
    end = time.monotonic() + PATIENCE_S
    while True:
        await asyncio.sleep(LOOK_S)
        await world.ask()
        verdict = judge(world.story, world.book.read())
        if time.monotonic() > end or (world.is_whole and not verdict.violations):
            return verdict


async def _happen(world: World, what: Phase) -> None:
    begin = time.monotonic()

    async def wait(act: Act) -> None:
        await asyncio.sleep(max(0.0, begin + act.at_s - time.monotonic()))

    async def fault(act: Act) -> None:
        await wait(act)
        await befall(world, act)

    async def hand(act: Act) -> None:
        await wait(act)
        await touch(world, act.on, act.kind)

    async with asyncio.TaskGroup() as tasks:
        for act in what.faults:
            tasks.create_task(fault(act))
        for act in what.hands:
            tasks.create_task(hand(act))


async def touch(world: World, device: str, kind: str) -> None:
    """A hand at a device; without power it does nothing."""
    board = world.boards[device]
    if not board.alive:
        return
    world.story.add(Hand(time.time(), device, kind))
    if kind == "test":
        board.key(_KEY_MS)
        await asyncio.sleep(0.4)
    if board.alive:
        board.press()
    if kind == "cancel":
        await asyncio.sleep(0.6)
        if board.alive:
            board.hold(_HOLD_MS)
            await asyncio.sleep(_HOLD_MS / 1000)


async def _wrap_up(world: World, what: Phase) -> None:
    """Chimes are answered, operators see to what was; the rest is there in the next phase too."""
    for chime in what.answers:
        if world.boards[chime].ringing:
            await touch(world, chime, "answer")
    await settle(world)
    episodes = world.book.read().episodes
    open_now = [one for one in episodes if one.state != "resolved" and one.kind == "call"]
    chosen = [
        one
        for one in open_now
        if one.button == WILD or (what.resolves and one.state == "acknowledged")
    ]
    await _resolve(world, chosen)


async def _resolve(world: World, chosen: Iterable[Kept]) -> None:
    ours = {k: v for k, v in os.environ.items() if not k.upper().startswith("LOVEBELL_")}
    for kept in chosen:
        world.story.add(Operator(time.time(), kept.id))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lovebell", "episode", "resolve", str(kept.n)),
            *("--outcome", "helped"),
            env=ours | {"LOVEBELL_DATABASE": str(world.gateway.database)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        await process.wait()
