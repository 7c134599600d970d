"""A bad line between two ends of MQTT, one packet at a time.

Owns what is done to the packets, and tells what passes. Knows nothing of what is said in them. A
message is repeated as an at-least-once delivery may be, and one that is held back is overtaken by
those of other topics only: the order within a topic is what MQTT promises (3.1.1, section 4.6).
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import random
import socket
import struct
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from chaos import packets

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK: Final = 4096
#: A lost segment is repeated after this, then after twice as long (RFC 6298 and Linux).
LOST_S: Final = 0.2
LONGEST_HELD_S: Final = 1.5

Way = Literal["up", "down"]  # to the broker, and back


@dataclass(eq=False)
class Trouble:
    """What a line suffers from. `refuses`: there is no way through at all."""

    delay_s: float = 0.0
    loss: float = 0.0
    repeats: float = 0.0
    holds: float = 0.0
    refuses: bool = False
    frozen: frozenset[Way] = frozenset()


class Proxy:
    """The line of one end to the broker on `target`. Use it with `async with`.

    `passes(way, publish)` is called for every message of ours: on its way up when it comes in, on
    its way down when it is handed over. `done` counts what was done to packets.
    """

    def __init__(
        self, target: int, passes: Callable[[Way, packets.Publish], None], seed: str
    ) -> None:
        self.port = 0
        self.done: Counter[str] = Counter()
        self._target = target
        self.passes = passes
        self._chance = random.Random(seed)  # noqa: S311 - faults that can be played again
        self._troubles: list[Trouble] = []
        self._lines: set[_Line] = set()
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        self.reset()
        for line in list(self._lines):
            await line.over.wait()

    def suffer(self, trouble: Trouble) -> None:
        """Begin with this; what refuses also ends what there is."""
        self._troubles.append(trouble)
        if trouble.refuses:
            self.reset()
        self._wake()

    def heal(self, trouble: Trouble) -> None:
        """Be rid of that one."""
        self._troubles.remove(trouble)
        self._wake()

    def reset(self) -> None:
        """Reset every connection there is."""
        for line in list(self._lines):
            self.done["reset"] += 1
            line.reset()

    def half_open(self) -> None:
        """Swallow whatever comes on the connections there are, and never say that they ended: a
        router that has forgotten them. New ones are good."""
        for line in self._lines:
            line.is_swallowed = True

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def thawed(self, way: Way) -> None:
        """Wait until packets may go that way."""
        while any(way in trouble.frozen for trouble in self._troubles):
            await self._changed.wait()

    def delay(self) -> float:
        """How long the next packet takes: all that follow it wait with it."""
        delay = sum(trouble.delay_s for trouble in self._troubles)
        loss = max((trouble.loss for trouble in self._troubles), default=0.0)
        lost = LOST_S
        while loss and self._chance.random() < loss:
            self.done["lost"] += 1
            delay += lost
            lost *= 2
        return delay

    def held(self) -> float:
        """How long the next message is held back while others pass it."""
        holds = max((trouble.holds for trouble in self._troubles), default=0.0)
        if not holds or self._chance.random() >= holds:
            return 0.0
        self.done["held"] += 1
        return self._chance.uniform(0.1, LONGEST_HELD_S)

    def repeats(self) -> bool:
        """Whether the next message comes twice."""
        repeats = max((trouble.repeats for trouble in self._troubles), default=0.0)
        if not repeats or self._chance.random() >= repeats:
            return False
        self.done["repeated"] += 1
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(self, writer)
        self._lines.add(line)
        try:
            if not any(trouble.refuses for trouble in self._troubles):
                await line.carry(reader, self._target)
        except OSError:
            pass  # an end of it is gone
        finally:
            line.reset()
            self._lines.discard(line)
            line.over.set()


class _Line:
    """One connection through the proxy, both ways."""

    def __init__(self, proxy: Proxy, near: asyncio.StreamWriter) -> None:
        self.proxy = proxy
        self.is_swallowed = False
        self.version_5 = False
        # How often an acknowledgement is still to be kept from the one who sent the message once.
        self.surplus: dict[Way, Counter[int]] = {"up": Counter(), "down": Counter()}
        self.over = asyncio.Event()
        self._ends = [near]
        self._works: list[asyncio.Task[None]] = []

    async def carry(self, near_reader: asyncio.StreamReader, target: int) -> None:
        """Until one end has ended."""
        far_reader, far = await asyncio.open_connection("127.0.0.1", target)
        near = self._ends[0]
        self._ends.append(far)
        ways = (_OneWay(self, "up", far), _OneWay(self, "down", near))
        for way, reader in zip(ways, (near_reader, far_reader), strict=True):
            self._works.append(asyncio.create_task(way.read(reader)))
            self._works.append(asyncio.create_task(way.write()))
        await asyncio.wait(self._works, return_when=asyncio.FIRST_COMPLETED)
        for work in self._works:
            work.cancel()
        await asyncio.gather(*self._works, return_exceptions=True)
        if not self.is_swallowed:
            for end in self._ends:
                end.close()

    def reset(self) -> None:
        """End it at once."""
        for work in self._works:
            work.cancel()
        for end in self._ends:
            with contextlib.suppress(OSError, AttributeError):
                end.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            end.transport.abort()


class _OneWay:
    """One way of a connection: packets wait here until they are due."""

    def __init__(self, line: _Line, way: Way, into: asyncio.StreamWriter) -> None:
        self._line = line
        self._proxy = line.proxy
        self._way: Way = way
        self._back: Way = "down" if way == "up" else "up"
        self._into = into
        self._due: list[tuple[float, int, bytes, packets.Publish | None]] = []
        self._count = itertools.count()
        self._last = 0.0  # when the last packet is due that nobody overtakes
        self._topics: dict[str, float] = {}
        self._has_more = asyncio.Event()
        self._is_over = False

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Take in what comes; returns only when the line is to end."""
        buffer = bytearray()
        while True:
            try:
                data = await reader.read(BLOCK)
            except OSError:
                data = b""
            if not data:
                break
            buffer += data
            for packet in packets.take(buffer):
                self._take(packet)
        if self._line.is_swallowed:
            await asyncio.Event().wait()  # the other end must not hear that this one ended
        self._is_over = True
        self._has_more.set()
        await asyncio.Event().wait()  # `write` ends the line when all is said

    async def write(self) -> None:
        """Hand over what is due, until all is."""
        while self._due or not self._is_over:
            if not self._due:
                self._has_more.clear()
                await self._has_more.wait()
                continue
            wait_s = self._due[0][0] - time.monotonic()
            if wait_s > 0:
                self._has_more.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._has_more.wait()
                continue
            await self._proxy.thawed(self._way)
            _, _, packet, message = heapq.heappop(self._due)
            if self._line.is_swallowed:
                continue
            self._into.write(packet)
            if message is not None and self._way == "down":
                self._proxy.passes("down", message)
            await self._into.drain()

    def _take(self, packet: bytes) -> None:
        kind = packets.kind(packet)
        if kind == packets.CONNECT:
            self._line.version_5 = packets.is_version_5(packet)
        if kind == packets.PUBACK and self._is_surplus(packets.acknowledged(packet)):
            return
        if kind != packets.PUBLISH:
            self._put(packet, None, 0.0)
            return
        message = packets.publish(packet, version_5=self._line.version_5)
        if self._way == "up":
            self._proxy.passes("up", message)
        self._put(packet, message, self._proxy.held())
        if message.mid and self._proxy.repeats():
            self._line.surplus[self._back][message.mid] += 1
            self._put(packets.repeated(packet), message, self._proxy.held())

    def _is_surplus(self, mid: int) -> bool:
        # The first goes, the last stays: until then the number is not free for another message.
        surplus = self._line.surplus[self._way]
        if not surplus[mid]:
            return False
        surplus[mid] -= 1
        return True

    def _put(self, packet: bytes, message: packets.Publish | None, held_s: float) -> None:
        due = max(self._last, time.monotonic() + self._proxy.delay())
        self._last = due
        if message is not None:
            due = max(due + held_s, self._topics.get(message.topic, 0.0))
            self._topics[message.topic] = due
        heapq.heappush(self._due, (due, next(self._count), packet, message))
        self._has_more.set()
