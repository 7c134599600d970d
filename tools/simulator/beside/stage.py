"""Our button and other people's on one broker, through one bad line: what is done to one of them
is done to all, at the same moment.

Owns who stands there and how long is waited for them. Knows nothing of what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, NamedTuple

from lovebell import __version__
from simulator.beside.library import MQTT_AS, UMQTT, BesideError, made_ready
from simulator.board import VirtualBoard
from simulator.far_end import FarEnd
from simulator.figures import GOOD_S
from simulator.mosquitto import Mosquitto
from simulator.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from simulator.beside.library import Library
    from simulator.proxy import Way

OURS = "lovebell"
#: The same patience as ours: an answer is waited for 5 s, a silent broker is found in 12 s.
TUNED: dict[str, dict[str, object]] = {
    MQTT_AS: {"response_time": 5, "max_repubs": 0, "keepalive": 12},
    UMQTT: {"timeout_s": 5},
}
STARTS = 2  # a client that starts anew so often before it is connected never will be
LATE_S = 40  # for what is still under way from the fault before


class Patience(NamedTuple):
    """How long is waited, in seconds: for what a run is to show; for a connection to count as a
    good one; after a power cut for a press that was kept, from the connection on; at least between
    the broker's end and its start, and between a press and the power cut after it."""

    run_s: float = 120
    good_s: float = GOOD_S
    kept_s: float = 30
    away_s: float = 2


class Side:
    """One of those who are compared: a button, and the presses that came from it."""

    def __init__(self, name: str, title: str, board: VirtualBoard) -> None:
        self.name = name
        self.title = title
        self.board = board
        self.expected = 0  # presses that the gateway has had or should still get


class Program(NamedTuple):
    """What is compared: its name on the wire, whose it is, which version, its folder, its settings
    if they are not those it comes with."""

    name: str
    library: str
    version: str
    folder: Path | None  # None for our firmware as it is
    settings: dict[str, object]

    def title(self, *, chinese: bool = False) -> str:
        """The head of its column."""
        tuned = "，调过" if chinese else ", tuned"
        return self.library + (tuned if self.settings else "")


def programs(libraries: list[Library], directory: Path) -> list[Program]:
    """Ours, and each client as it comes and tuned, compiled into `directory`. Raises
    BesideError."""
    made = [Program(OURS, OURS, __version__, None, {})]
    for library in libraries:
        folder = made_ready(library, directory / library.name)
        for name, settings in (
            (library.name, {}),
            (f"{library.name}-tuned", TUNED[library.name]),
        ):
            made.append(Program(name, library.name, library.version, folder, settings))
    return made


class Stage:
    """A broker, a line, a gateway of one page and the sides. Use it with `async with`."""

    def __init__(
        self, directory: Path, compared: list[Program], patience: Patience | None = None
    ) -> None:
        self.patience = patience or Patience()
        self.broker = Mosquitto(directory / "broker")
        self.proxy = Proxy(self.broker.port)
        self.proxy.tap = self._tap
        self.sides = [self._side(directory, program) for program in compared]
        self._far_end: FarEnd | None = None
        self._stream = bytearray()
        self._sent = asyncio.Event()
        self.sent_at = 0.0

    def _side(self, directory: Path, program: Program) -> Side:
        config: dict[str, object] = {"device": program.name, "role": "button"}
        config["wifi"] = [{"ssid": "air"}]
        config["client"] = program.settings
        board = VirtualBoard(
            directory / program.name,
            config,
            interpreter="micropython",
            firmware=program.folder,
            trace=True,
        )
        return Side(program.name, f"{program.title()} {program.version}", board)

    async def __aenter__(self) -> Stage:
        try:
            self.broker.start()
            await self.proxy.__aenter__()
            self._far_end = FarEnd(self.broker.port, answers=True)
            await self._far_end.ready()
        except BaseException:  # also when it is cancelled: `async with` leaves what it has entered
            await self.__aexit__()
            raise
        for side in self.sides:
            if side.board.config is not None:
                side.board.config["broker"] = [{"host": "127.0.0.1", "port": self.proxy.port}]
        return self

    async def __aexit__(self, *_: object) -> None:
        for side in self.sides:
            await side.board.stop()
        if self._far_end is not None:
            self._far_end.close()
        await self.proxy.__aexit__()
        self.broker.stop()

    @property
    def far_end(self) -> FarEnd:
        """The gateway. Raises RuntimeError outside `async with`."""
        if self._far_end is None:
            raise RuntimeError("nobody stands here")
        return self._far_end

    def heard(self, side: Side) -> dict[str, float]:
        """The presses of that side, repetitions left out, and when each came first."""
        first: dict[str, float] = {}
        for message in self.far_end.heard("press"):
            if message.device == side.name:
                first.setdefault(str(message.fields.get("id")), message.at)
        return first

    async def hears(self, side: Side, count: int) -> float:
        """When the `count`-th press of that side came, by time.monotonic()."""
        while len(self.heard(side)) < count:
            await asyncio.sleep(0.01)
        return list(self.heard(side).values())[count - 1]

    def press(self, side: Side, ms: int = 200) -> float:
        """Press its button; while it starts again nobody sees that. When it was, by
        time.monotonic()."""
        side.expected += 1
        if side.board.alive:
            side.board.press(ms)
        return time.monotonic()

    async def each(self, measure: Callable[[Side], Awaitable[float]]) -> dict[str, float | None]:
        """What `measure` gives for each side, all at once; None for who takes longer than the
        patience."""

        async def one(side: Side) -> float | None:
            try:
                async with asyncio.timeout(self.patience.run_s):
                    return await measure(side)
            except TimeoutError:
                return None

        found = await asyncio.gather(*(one(side) for side in self.sides))
        return {side.name: value for side, value in zip(self.sides, found, strict=True)}

    async def start(self, side: Side) -> None:
        """Give it power and wait until it is connected. Raises BesideError if it never is."""
        await side.board.start()
        began = side.board.resets
        with contextlib.suppress(TimeoutError):
            await side.board.wait_for(
                lambda board: board.broker_is_up or board.resets >= began + STARTS,
                max(self.patience.run_s, LATE_S),
            )
        if not side.board.broker_is_up:
            self._never(side)

    def _never(self, side: Side) -> None:
        lines = [line for line in side.board.log if line.strip()]
        last = ([line for line in lines if "Error" in line] or lines or [""])[-1]
        raise BesideError(
            f"{side.title} does not connect in this interpreter; its last words: {last!r}. "
            f"Put a version there that docs/proof.md names. "
            f"{side.title} 在这个解释器里连不上；它最后说的是 {last!r}。"
            f"请换成 docs/proof.zh.md 写明的版本。"
        )

    async def settle(self, found: dict[str, float | None]) -> None:
        """After a fault: all connected, and nothing under way. Who was not seen in time, or is
        not connected again, loses its power and gets it back."""
        count = len(self.far_end.heard("echo"))
        self.far_end.say("gateway", "echo", {})
        await self.far_end.hears("echo", count + 1)
        for side in self.sides:
            if found[side.name] is None:
                await side.board.power_cut()
                side.expected = len(self.heard(side))
        await asyncio.gather(*(self._back(side) for side in self.sides))

    async def _back(self, side: Side) -> None:
        try:
            async with asyncio.timeout(LATE_S):
                if side.board.alive:
                    await side.board.wait_for(lambda board: board.broker_is_up, LATE_S)
                    if side.expected:
                        await self.hears(side, side.expected)
        except TimeoutError:
            await side.board.power_cut()
        if not side.board.alive:
            await self.start(side)
        side.expected = len(self.heard(side))

    async def sent(self) -> float:
        """When the next press is whole on the line, by time.monotonic()."""
        self._stream.clear()
        self._sent.clear()
        await self._sent.wait()
        return self.sent_at

    def _tap(self, way: Way, data: bytes) -> None:
        if way == "down" or self._sent.is_set():
            return
        self._stream += data
        # All publish an object of JSON to their topic `press`, in one block or in several.
        if b"/press" in self._stream and self._stream.endswith(b"}"):
            self.sent_at = time.monotonic()
            self._sent.set()
