"""Boards on a broker over TLS, with a bad line between them: the stage of the survival tests and
of the figures.

Owns who is connected with whom. Knows nothing of what is tried on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.board import VirtualBoard
from simulator.chain import Chain
from simulator.far_end import FarEnd
from simulator.mosquitto import Mosquitto, free_port
from simulator.proxy import Proxy

if TYPE_CHECKING:
    from pathlib import Path

WIFI = {"home": "12345678"}


class Street:
    """A broker, whose certificate is for localhost, a far end beside it, and boards that reach
    it through `proxy`. Use it with `async with`."""

    def __init__(self, directory: Path, *, answers: bool = True, seed: int = 0) -> None:
        self.directory = directory
        self.chain = Chain(directory / "chain")
        self.boards: list[VirtualBoard] = []
        self._answers = answers
        self._secure_port = free_port()
        extra = self.chain.listener(self._secure_port)
        self.broker = Mosquitto(directory / "broker", extra=extra)
        self.proxy = Proxy(self._secure_port, seed)
        self._far_end: FarEnd | None = None

    @property
    def far_end(self) -> FarEnd:
        """The gateway of this street. Raises RuntimeError outside `async with`."""
        if self._far_end is None:
            raise RuntimeError("nobody lives in this street")
        return self._far_end

    async def __aenter__(self) -> Street:
        try:
            self.broker.start()
            await self.proxy.__aenter__()
            if self._answers:
                self._far_end = FarEnd(self.broker.port, answers=True)
                await self._far_end.ready()
        except BaseException:  # also when it is cancelled: `async with` leaves what it has entered
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for board in self.boards:
            await board.stop()
        if self._far_end is not None:
            self._far_end.close()
        await self.proxy.__aexit__()
        self.broker.stop()

    async def board(
        self,
        name: str,
        role: str,
        *,
        authority: str = "ca",
        config: dict[str, object] | None = None,
        starts: bool = True,
        **more: Any,
    ) -> VirtualBoard:
        """A board that trusts that authority, with power."""
        settings: dict[str, object] = {
            "device": name,
            "role": role,
            "wifi": [{"ssid": ssid, "password": password} for ssid, password in WIFI.items()],
            "broker": [{"host": "localhost", "port": self.proxy.port, "tls": True}],
            "ca": "ca.der",
            **(config or {}),
        }
        board = VirtualBoard(self.directory / name, settings, **more)
        self.chain.give(board.directory, authority)
        self.boards.append(board)
        if starts:
            await board.start()
        return board

    async def pair(
        self,
        button: str = "b-01",
        chime: str = "c-01",
        **more: Any,
    ) -> tuple[VirtualBoard, VirtualBoard]:
        """(button, chime), both connected, the chime listening for the button's presses."""
        if self._far_end is not None:
            self._far_end.pairs[button] = chime
        boards = (
            await self.board(button, "button", **more),
            await self.board(chime, "chime", config={"hears": [button]}, **more),
        )
        for board in boards:
            await board.wait_for(lambda board: board.broker_is_up, 60)
        return boards
