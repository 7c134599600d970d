"""The real chain: a broker, a gateway, boards of two homes and of the desk, a proxy at each.

Owns the processes and who is down on purpose; writes down what is seen. What goes wrong with them
stands in `troubles`, when in `schedule`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from bench.gateway import set_up
from chaos.board import ToldBoard
from chaos.facts import GATEWAY, Ended, Health, Heard, Said, Story
from chaos.host import Host
from chaos.proxy import Proxy
from chaos.record import Book
from chaos.schedule import BROKER, BUTTONS, CHIMES, HOMES
from simulator.build import compiled
from simulator.gateway import GatewayProcess
from simulator.interpreter import choose, find_firmware
from simulator.mosquitto import Mosquitto, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

    from chaos.packets import Publish
    from chaos.proxy import Way

#: Steps and waits short enough that all of them happen within minutes.
SETTINGS: Final = {
    "LOVEBELL_DEFAULT_PLAN": "paired 15s; desk 20s",
    "LOVEBELL_ACKNOWLEDGE_S": "60",
    "LOVEBELL_TEST_S": "10",
}
LOOK_S: Final = 0.2
ASK_S: Final = 3.0


def _fields(payload: bytes) -> dict[str, Any]:
    """What a message says; nothing if it is of a flood."""
    try:
        said: object = json.loads(payload)
    except ValueError:
        return {}
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}


def _firmware(folder: Path) -> Path:
    """What the boards carry: compiled, as a technician copies it, where that can run."""
    if choose().name != "micropython":
        return find_firmware()
    compiled(find_firmware(), folder / "firmware")
    return folder / "firmware"


class World:
    """All of it, in `folder`. Use it with `async with`; what is seen goes into `story`."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Raises CompilerMissingError, BrokerMissingError."""
        self.folder = folder
        self.story = Story()
        self.host = Host(folder)
        self.broker = Mosquitto(folder / BROKER)
        ends = (GATEWAY, *BUTTONS, *CHIMES)
        self.proxies = {
            end: Proxy(self.broker.port, self._witness(end), f"{seed}-{end}") for end in ends
        }
        self._firmware = _firmware(folder)
        self.boards: dict[str, ToldBoard] = {}
        self.down: Counter[str] = Counter()  # how many want it to be down
        self.starting = asyncio.Lock()  # of gateways: one at a time
        self._health_port = free_port()
        self._broker_runs = False
        self._broker_changes = asyncio.Lock()
        self._resets: Counter[str] = Counter()
        self._stack = AsyncExitStack()
        self.gateway: GatewayProcess
        self.book: Book

    @property
    def settings(self) -> dict[str, str]:
        """What the gateway is told, besides its database and its broker."""
        port = {"LOVEBELL_HEALTH_PORT": str(self._health_port)}
        return SETTINGS | port | self.host.environment

    async def __aenter__(self) -> World:
        async with AsyncExitStack() as stack:
            self.broker.start()  # at once: whoever is cancelled while it starts would leave it
            self._broker_runs = True
            stack.push_async_callback(asyncio.to_thread, self.broker.stop)
            for proxy in self.proxies.values():
                await stack.enter_async_context(proxy)
            port = self.proxies[GATEWAY].port
            self.gateway = GatewayProcess(self.folder, port, self.settings)
            set_up(self.gateway.database, HOMES)
            self.book = Book(self.gateway.database)
            stack.callback(self.book.close)
            stack.callback(self.gateway.kill)
            await self.gateway.start()
            for name in (*BUTTONS, *CHIMES):
                self.boards[name] = await self._board(name, stack)
            watch = asyncio.create_task(self._watch())
            stack.callback(watch.cancel)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _board(self, name: str, stack: AsyncExitStack) -> ToldBoard:
        is_button = name in BUTTONS
        hears = tuple(b for b in BUTTONS if not is_button and b[1:] == name[1:])
        role, port = ("button" if is_button else "chime"), self.proxies[name].port
        folder = self.folder / name
        board = ToldBoard(self.story, folder, role, port, hears, self._firmware)
        await board.start()
        stack.push_async_callback(board.stop)
        return board

    # -- seeing ---------------------------------------------------------------------------

    def _witness(self, link: str) -> Callable[[Way, Publish], None]:
        def passes(way: Way, message: Publish) -> None:
            self._pass(link, way, message)

        return passes

    def _pass(self, link: str, way: Way, message: Publish) -> None:
        parts = message.topic.split("/")
        if parts[:2] != ["lovebell", "v1"] or len(parts) != 4 or parts[3] == "heartbeat":
            return
        device, leaf = parts[2:]
        fields = _fields(message.payload)
        if not fields:
            return
        if way == "down":
            self.story.add(Heard(time.time(), link, device, leaf, fields))
            return
        proven = link != GATEWAY or self.book.proves(device, leaf, fields)
        self.story.add(Said(time.time(), link, device, leaf, fields, proven))

    async def ask(self) -> None:
        """Ask the gateway for its health, and write down what it says."""
        self.story.add(Health(time.time(), await self._health()))

    async def _health(self) -> tuple[str, ...] | None:
        try:
            async with asyncio.timeout(ASK_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._health_port)
                writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _, _, body = (await reader.read()).partition(b"\r\n\r\n")
                writer.close()
                return tuple(one["code"] for one in json.loads(body)["findings"])
        except (OSError, ValueError):  # TimeoutError is an OSError
            return None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            await self._look()

    async def _look(self) -> None:
        now = time.time()
        if not self.down[GATEWAY] and not self.gateway.is_alive:
            self.story.add(Ended(now, GATEWAY, self.gateway.words()[-600:]))
            self.gateway.spawn()
        for name, board in self.boards.items():
            words = " | ".join(list(board.log)[-5:])
            if board.resets > self._resets[name]:
                self._resets[name] = board.resets
                self.story.add(Ended(now, name, words))
            elif not self.down[name] and not board.alive:
                self.story.add(Ended(now, name, words))
                await board.start()

    # -- downs and ups --------------------------------------------------------------------

    @asynccontextmanager
    async def gateway_down(self) -> AsyncGenerator[None]:
        """Without the gateway: kill -9, and started again."""
        self.down[GATEWAY] += 1
        async with self.starting:
            self.gateway.kill()
        yield
        async with self.starting:
            self.down[GATEWAY] -= 1
            if not self.down[GATEWAY] and not self.gateway.is_alive:
                self.gateway.spawn()

    async def end_gateway(self) -> None:
        """End it for good, as an operator would. Raises GatewayError."""
        self.down[GATEWAY] += 1
        await self.gateway.stop()

    @asynccontextmanager
    async def broker_down(self, *, forgets: bool, in_order: bool) -> AsyncGenerator[None]:
        """Without the broker: killed, or ended `in_order`; it may lose what it has on its disk."""
        self.down[BROKER] += 1
        async with self._broker_changes:
            if self._broker_runs:
                self._broker_runs = False
                await asyncio.to_thread(self.broker.stop if in_order else self.broker.kill)
            if forgets:
                for file in self.broker.directory.glob("mosquitto.db*"):
                    file.unlink()
        yield
        async with self._broker_changes:
            self.down[BROKER] -= 1
            if not self.down[BROKER] and not self._broker_runs:
                await asyncio.to_thread(self.broker.start)
                self._broker_runs = True

    @asynccontextmanager
    async def board_down(self, name: str) -> AsyncGenerator[None]:
        """Without power at a board."""
        self.down[name] += 1
        await self.boards[name].power_cut()
        yield
        if self.down[name] == 1:
            await self.boards[name].start()
        self.down[name] -= 1

    @asynccontextmanager
    async def frozen(self, name: str) -> AsyncGenerator[None]:
        """While a process stands still."""
        if name == BROKER:
            process = self.broker if self._broker_runs else None
        else:
            process = self.gateway if name == GATEWAY else self.boards[name]
        if process is not None:
            process.freeze()
        yield
        if name != BROKER or self._broker_runs:
            (process or self.broker).thaw()

    @property
    def is_whole(self) -> bool:
        """Whether everybody runs and every board is on line."""
        boards = all(board.alive and board.broker_is_up for board in self.boards.values())
        return boards and self.gateway.is_alive and self._broker_runs
