"""How much heap each role needs, measured on this PC's MicroPython.

Owns a day in the life of a button and of a chime: start, connect, press, receipt, ring,
acknowledgement, and a hundred messages at once. The smallest heap in which all of it works is
found by trying. What an empty program needs, with the same stand-ins and the interpreter's own
asyncio, is told besides. Objects of this interpreter are twice as large as a board's.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from simulator.board import VirtualBoard
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

MOST_KB = 256
PATIENCE_S = 20
MANY = 100
SETTLE_S = 2.5  # right after an answer, or a new connection, a chime takes no press for another
EMPTY = """
import gc
gc.threshold(4096)
import asyncio, json, os, random, ssl, time
import machine, network

# What asyncio loads when it is first asked for.
asyncio.StreamReader, asyncio.Event, asyncio.wait_for

async def main():
    print("lamp idle")
    await asyncio.Event().wait()

asyncio.run(main())
"""


class FarEnd:
    """What the gateway would say."""

    def __init__(self, port: int) -> None:
        self._heard: list[dict[str, Any]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gateway")
        self._client.on_connect = self._subscribe
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, device: str, leaf: str, **fields: object) -> None:
        """Publish one message to a device."""
        self._client.publish(f"lovebell/v1/{device}/{leaf}", json.dumps(fields), 1)

    async def hears(self, **fields: object) -> dict[str, Any]:
        """The fields of the first message that has these among them, once. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for message in list(self._heard):
                    if fields.items() <= message.items():
                        self._heard.remove(message)
                        return message
                await asyncio.sleep(0.02)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribe(self, client: paho.Client, *_: object) -> None:
        client.subscribe("lovebell/#", 1)

    def _take(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        leaf = message.topic.rpartition("/")[2]
        self._heard.append({"leaf": leaf, **json.loads(message.payload)})


class Life(NamedTuple):
    """The folder of what runs, the day that it must live through, and its configuration besides."""

    program: Path
    day: Callable[[VirtualBoard, FarEnd], Awaitable[None]] | None
    config: dict[str, object]


async def button_day(board: VirtualBoard, far_end: FarEnd) -> None:
    """A press, its receipt, help on its way, a hundred messages, and a press after them."""
    name = board.directory.name
    board.press()
    press = await far_end.hears(leaf="press", kind="call")
    await _until(board, lambda board: board.lamp == "sensed")
    episode = f"{name}.{press['id']}"
    far_end.say(name, "receipt", id=press["id"], episode=episode)
    await _until(board, lambda board: board.lamp == "received")
    for number in range(MANY):
        who = "示例大姐" if number < MANY - 1 else "last"
        far_end.say(name, "episode", episode=episode, state="coming", who=who)
    await _until(board, lambda board: board.who == "last")
    board.press()
    await far_end.hears(leaf="press", kind="call")


async def chime_day(board: VirtualBoard, far_end: FarEnd) -> None:
    """A ring, its acknowledgement and receipt, a hundred messages, and a ring after them."""
    name = board.directory.name
    ring = {"kind": "call", "button": "b-01", "home": "示例路 3 号楼 201 示例奶奶", "step": 1}
    for number in range(2):
        episode = f"b-01.9c41f00a-7-{number}"
        far_end.say(name, "ring", episode=episode, for_ms=600_000, **ring)
        await far_end.hears(leaf="ringing", episode=episode)
        await _until(board, lambda board: board.lamp == "ringing")
        await asyncio.sleep(SETTLE_S)
        board.press()
        answer = await far_end.hears(leaf="acknowledge", episode=episode)
        far_end.say(name, "receipt", id=answer["id"], episode=episode)
        for more in range(MANY // 2):
            episode = f"b-02.9c41f00a-7-{more % 12}"
            far_end.say(name, "ring", episode=episode, for_ms=600_000, **ring)
            far_end.say(name, "hush", episode=episode, why="acknowledged", who="示例大姐")
        for _ in range(MANY // 2):
            await far_end.hears(leaf="hushed")


async def _until(board: VirtualBoard, predicate: Callable[[VirtualBoard], object]) -> None:
    # A firmware without memory starts again and again; that is no life.
    await board.wait_for(lambda board: not board.alive or predicate(board), PATIENCE_S)
    if not board.alive or board.resets:
        raise TimeoutError


class Bench:
    """Boards in heaps of a given size, beside one broker. `more` are lives besides ours."""

    def __init__(
        self,
        firmware: Path,
        standins: Path,
        directory: Path,
        more: Mapping[str, Life] | None = None,
    ) -> None:
        self.broker = Mosquitto(directory / "broker")
        self._standins = standins
        self._directory = directory
        empty = directory / "empty"
        empty.mkdir()
        (empty / "main.py").write_text(EMPTY)
        self._lives: dict[str, Life] = {
            "empty": Life(empty, None, {}),
            "button": Life(firmware, button_day, {"role": "button", "hears": []}),
            "chime": Life(firmware, chime_day, {"role": "chime", "hears": ["b-01"]}),
            **(more or {}),
        }

    async def smallest(self, name: str) -> int:
        """The smallest heap in kB in which that role, or an `empty` program, lives its day."""
        lowest, highest = 1, MOST_KB
        while highest - lowest > 1:
            middle = (lowest + highest) // 2
            if await self.lives(name, middle):
                highest = middle
            else:
                lowest = middle
        return highest

    async def lives(self, name: str, heap_kb: int) -> bool:
        """Whether it lives its day in a heap of so many kB."""
        life = self._lives[name]
        board = self._board(life, f"{name}-{heap_kb}", heap_kb)
        far_end = FarEnd(self.broker.port)
        await board.start()
        try:
            await _until(board, lambda board: board.lamp == "idle")
            if life.day is not None:
                await _until(board, lambda board: board.broker_is_up)
                await life.day(board, far_end)
        except (TimeoutError, RuntimeError):  # it has no power, because it is starting again
            return False
        finally:
            alive = board.alive
            await board.stop()
            far_end.close()
        return alive and not any("MemoryError" in line for line in board.log)

    def _board(self, life: Life, name: str, heap_kb: int) -> VirtualBoard:
        flash = self._directory / name
        flash.mkdir()
        # Each module keeps its path: there it is as short as on a board.
        (flash / "fw").symlink_to(life.program)
        config: dict[str, object] = {
            "device": name,
            "wifi": [{"ssid": "air"}],
            "broker": [{"host": "127.0.0.1", "port": self.broker.port}],
            **life.config,
        }
        return VirtualBoard(
            flash,
            config,
            interpreter="micropython",
            firmware=Path("fw"),
            standins=self._standins,
            heap=f"{heap_kb}k",
        )


async def measure(firmware: Path, standins: Path) -> dict[str, int]:
    """Print, and give, what each role needs in kB."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(firmware, standins, Path(name))
        bench.broker.start()
        try:
            empty = await bench.smallest("empty")
            print(f"heap of an empty program with the stand-ins: {empty} kB")
            needed = {"empty": empty}
            for role in ("button", "chime"):
                needed[role] = await bench.smallest(role)
                print(f"heap of the {role}: {needed[role] - empty} kB besides, {needed[role]} kB")
            return needed
        finally:
            bench.broker.stop()
