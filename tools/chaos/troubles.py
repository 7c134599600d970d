"""What each kind of fault does to the world, and how it is over again.

Owns the doing. Each is well again when its coroutine returns.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from chaos.facts import GATEWAY, Fault, Flooded, Stepped, Twin
from chaos.proxy import Trouble
from chaos.schedule import WILD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chaos.schedule import Act
    from chaos.world import World

    Doing = Callable[[World, Act], Awaitable[None]]

#: Messages of a flood, a second.
_FLOOD_A_S: Final = 100
_TWIN_S: Final = 90  # a busy PC needs half of them to start it
_SECOND_S: Final = 1.0


async def befall(world: World, act: Act) -> None:
    """Let it happen, and write down that it did."""
    begin = time.time()
    await doing(act.kind)(world, act)
    world.story.add(Fault(begin, time.time(), act.kind, act.on))


def doing(kind: str) -> Doing:
    """What makes a fault of that kind. Raises KeyError."""
    what = kind.rpartition("_")[0]
    return _LINES[what] if what in _LINES else _MACHINES[kind]


# -- machines --------------------------------------------------------------------------------


async def _gateway_killed(world: World, act: Act) -> None:
    async with world.gateway_down():
        await asyncio.sleep(act.for_s)


async def _frozen(world: World, act: Act) -> None:
    async with world.frozen(act.on):
        await asyncio.sleep(act.for_s)


def _broker(*, forgets: bool = False, in_order: bool = False) -> Doing:
    async def do(world: World, act: Act) -> None:
        async with world.broker_down(forgets=forgets, in_order=in_order):
            await asyncio.sleep(act.for_s)

    return do


async def _power_cut(world: World, act: Act) -> None:
    async with world.board_down(act.on):
        await asyncio.sleep(act.for_s)


async def _disk_full(world: World, act: Act) -> None:
    world.host.fill(True)
    await _asking(world, act.for_s)
    world.host.fill(False)


async def _database_locked(world: World, act: Act) -> None:
    def lock() -> sqlite3.Connection:
        connection = sqlite3.connect(
            world.gateway.database, timeout=5, isolation_level=None, check_same_thread=False
        )
        connection.execute("BEGIN IMMEDIATE")
        return connection

    try:
        held = await asyncio.to_thread(lock)
    except sqlite3.OperationalError:
        return  # somebody else has it
    with closing(held):
        await _asking(world, act.for_s)


async def _asking(world: World, for_s: float) -> None:
    end = time.monotonic() + for_s
    while time.monotonic() < end:
        await asyncio.sleep(_SECOND_S)
        await world.ask()


async def _clock_set(world: World, act: Act) -> None:
    for offset_s in (int(act.amount), 0):
        world.story.add(Stepped(time.time(), offset_s))
        world.host.step(offset_s)
        if offset_s:
            await asyncio.sleep(act.for_s)


async def _twin(world: World, act: Act) -> None:
    """Not before the first one has the database: the first come is the gateway."""
    end = time.monotonic() + _TWIN_S
    while "serving" not in world.gateway.words() and time.monotonic() < end:
        await asyncio.sleep(0.1)
    async with world.starting:
        if world.down[GATEWAY] or "serving" not in world.gateway.words():
            return
        ours = {k: v for k, v in os.environ.items() if not k.upper().startswith("LOVEBELL_")}
        settings = {"LOVEBELL_DATABASE": str(world.gateway.database)}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lovebell", "serve"),
            env=ours | world.settings | settings,
            stdin=subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(_TWIN_S):
                words, _ = await process.communicate()
            status = process.returncode
        except TimeoutError:
            process.kill()
            status, words = None, b"nothing"
        world.story.add(Twin(time.time(), status, words.decode(errors="replace")))


async def _flood(world: World, act: Act) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=WILD)
    try:
        client.connect("127.0.0.1", world.broker.port)
    except OSError:
        return  # there is no broker to flood
    client.loop_start()
    chance = random.Random(act.amount)  # noqa: S311
    begin = time.time()
    for n in range(int(act.for_s * _FLOOD_A_S)):
        leaf, payload = _rubbish(chance, f"{int(begin * 1000):x}-{n % 3}")
        if leaf in ("press", "acknowledge") and payload.startswith(b'{"id"'):
            world.story.add(Flooded(time.time(), WILD, json.loads(payload)["id"]))
        client.publish(f"lovebell/v1/{WILD}/{leaf}", payload, qos=1)
        await asyncio.sleep(1 / _FLOOD_A_S)
    client.disconnect()
    client.loop_stop()


def _rubbish(chance: random.Random, press_id: str) -> tuple[str, bytes]:
    """A leaf and a payload, good or not."""
    call = {"id": press_id, "kind": "call", "age_ms": chance.randrange(2000)}
    beat = {"every_s": 1, "up_s": chance.randrange(10**6), "journal": 0}
    state = {"online": chance.random() < 0.5, "role": "button"}
    return chance.choice(
        (
            ("press", json.dumps(call).encode()),
            ("press", chance.randbytes(chance.randrange(900))),
            ("press", b'{"kind":"call","id":'),
            ("heartbeat", json.dumps(beat).encode()),
            ("state", json.dumps(state).encode()),
            ("acknowledge", b'{"id":"x-1","episode":"b-00001.no-such-press"}'),
            ("ring", b"{}"),
        )
    )


# -- lines -----------------------------------------------------------------------------------


def _suffering(make: Callable[[Act], Trouble]) -> Doing:
    async def do(world: World, act: Act) -> None:
        trouble = make(act)
        world.proxies[act.on].suffer(trouble)
        await asyncio.sleep(act.for_s)
        world.proxies[act.on].heal(trouble)

    return do


async def _half_open(world: World, act: Act) -> None:
    world.proxies[act.on].half_open()


async def _resets(world: World, act: Act) -> None:
    end = time.monotonic() + act.for_s
    while time.monotonic() < end:
        world.proxies[act.on].reset()
        await asyncio.sleep(0.2 + act.amount)


def _deaf(act: Act) -> Trouble:
    return Trouble(frozen=frozenset({"up"} if act.amount < 0.5 else {"down"}))


_LINES: Final[dict[str, Doing]] = {
    "cut": _suffering(lambda _: Trouble(refuses=True)),
    "slow": _suffering(lambda act: Trouble(delay_s=0.05 + 1.5 * act.amount)),
    "lossy": _suffering(lambda act: Trouble(loss=0.1 + 0.4 * act.amount)),
    "deaf": _suffering(_deaf),
    "repeated": _suffering(lambda act: Trouble(repeats=0.3 + 0.7 * act.amount)),
    "overtaken": _suffering(lambda act: Trouble(holds=0.3 + 0.5 * act.amount)),
    "half_open": _half_open,
    "resets": _resets,
}
_MACHINES: Final[dict[str, Doing]] = {
    "gateway_killed": _gateway_killed,
    "gateway_frozen": _frozen,
    "broker_killed": _broker(),
    "broker_forgets": _broker(forgets=True),
    "broker_restarted": _broker(in_order=True),
    "broker_frozen": _frozen,
    "power_cut_button": _power_cut,
    "power_cut_chime": _power_cut,
    "button_frozen": _frozen,
    "chime_frozen": _frozen,
    "disk_full": _disk_full,
    "database_locked": _database_locked,
    "clock_set": _clock_set,
    "twin": _twin,
    "flood": _flood,
}
