"""A TCP proxy that does to connections what cheap routers and bad lines do to them.

Owns the faults. Knows nothing of what is said. Faults set on the proxy are for all connections
from then on; `cut` and `half_open` are for those that there are now.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK = 4096
Way = Literal["up", "down"]  # from the board to the broker, and back


class Proxy:
    """Between a board and the broker on `target` of this machine. Use it with `async with`.

    `delay_s` is added to every block. `reset_odds` is the probability that a connection is reset
    at some moment of its first `reset_within_s` seconds, drawn from `seed`. While it `refuses`,
    new connections are reset at once. `connections` and `resets` count. `tap` is called with each
    block as it comes.
    """

    def __init__(self, target: int, seed: int = 0) -> None:
        self.port = 0
        self.connections = 0
        self.resets = 0
        self.delay_s = 0.0
        self.reset_odds = 0.0
        self.reset_within_s = 3.0
        self.refuses = False
        self.tap: Callable[[Way, bytes], None] | None = None
        self._target = target
        self._random = random.Random(seed)  # noqa: S311 - faults that can be played again
        self._flows: dict[Way, asyncio.Event] = {"up": asyncio.Event(), "down": asyncio.Event()}
        self._lines: set[_Line] = set()
        self._server: asyncio.Server | None = None
        self.thaw()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        for line in list(self._lines):
            await line.ended()

    def freeze(self, *ways: Way) -> None:
        """Hold back what goes that way, without a `way` both ways."""
        for way in ways or ("up", "down"):
            self._flows[way].clear()

    def thaw(self) -> None:
        """Let everything go on, what was held back first."""
        for flow in self._flows.values():
            flow.set()

    def cut(self) -> None:
        """Reset every connection there is."""
        for line in self._lines:
            line.reset()

    def half_open(self) -> None:
        """Swallow whatever comes on the connections there are, and never say that they ended: a
        router that has forgotten them. New ones are good."""
        for line in self._lines:
            line.is_swallowed = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        line = _Line(writer)
        self._lines.add(line)
        try:
            if not self.refuses:
                await self._carry(line, reader, writer)
        except OSError:
            pass  # an end of it is gone
        finally:
            line.reset()
            self._lines.discard(line)
            line.over.set()

    async def _carry(
        self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        line.ends.append(far_writer)
        works = [
            asyncio.create_task(self._pump(line, "up", reader, far_writer)),
            asyncio.create_task(self._pump(line, "down", far_reader, writer)),
        ]
        if self._random.random() < self.reset_odds:
            after_s = self._random.uniform(0, self.reset_within_s)
            works.append(asyncio.create_task(self._reset_after(after_s)))
        line.works = works
        await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)

    async def _pump(
        self, line: _Line, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            try:
                data = await reader.read(BLOCK)
            except OSError:
                data = b""
            if self.tap is not None:
                self.tap(way, data)
            await self._flows[way].wait()
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if line.is_swallowed:
                if not data:
                    await asyncio.Event().wait()  # the other end must not hear that this one ended
                continue
            if not data:
                return
            writer.write(data)
            await writer.drain()

    async def _reset_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.resets += 1


class _Line:
    """One connection through the proxy: its ends, and what was done to it."""

    def __init__(self, near: asyncio.StreamWriter) -> None:
        self.ends = [near]
        self.works: list[asyncio.Task[None]] = []
        self.is_swallowed = False
        self.over = asyncio.Event()

    def reset(self) -> None:
        for work in self.works:
            work.cancel()
        for end in self.ends:
            with contextlib.suppress(OSError, AttributeError):
                end.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            end.transport.abort()

    async def ended(self) -> None:
        await self.over.wait()
