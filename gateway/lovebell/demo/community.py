"""The community of the demo: a private Mosquitto, the gateway, one button and three chimes.

Owns starting and ending them and the questions one can ask of them. Every part is the real one:
the devices run the firmware of `firmware/`, each in a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lovebell.clock import SystemClock
from lovebell.domain.model import Device, DeviceKind, Home, Responder, ResponderKind
from lovebell.domain.records import Command
from lovebell.store import books, pairs, record
from lovebell.store.access import OperatorStore
from simulator.board import VirtualBoard
from simulator.gateway import GatewayProcess
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from lovebell.domain.episode import Episode
    from lovebell.domain.records import Line
    from lovebell.store.record import Numbered

BUTTON: Final = "b-01"
CHIMES: Final = ("c-01", "c-02", "c-desk")
HOME: Final = Home(
    "home-01", "示例奶奶", "示例路 3 号楼 201", phone="000-0000-0000", grid="grid-01"
)
PEOPLE: Final = (
    Responder("volunteer-01", "示例大姐"),
    Responder("neighbour-01", "示例大哥"),
    Responder("desk-01", "示例值班台", ResponderKind.DESK),
)
#: Short steps: who watches a demo does not wait 45 seconds.
PLAN: Final = ("paired 8s", "neighbours 10s", "desk 20s")


@dataclass(frozen=True, slots=True)
class Moment:
    """What the database says just now: the latest episode, and the end of the record."""

    number: int = 0
    episode: Episode | None = None
    lines: tuple[Numbered, ...] = ()


class Community:
    """Start it, play, and `stop` it whatever happens."""

    def __init__(self, directory: Path) -> None:
        """Everything it writes lies below `directory`."""
        self._directory = directory
        self.broker = Mosquitto(directory / "broker")
        self.gateway = GatewayProcess(directory, self.broker.port)
        self.button = self._board(BUTTON, "button")
        self.chimes = tuple(self._board(chime, "chime") for chime in CHIMES)
        self._store: OperatorStore | None = None
        self._clock = SystemClock()

    @property
    def boards(self) -> tuple[VirtualBoard, ...]:
        """The button, then the chimes."""
        return (self.button, *self.chimes)

    async def start(self) -> None:
        """Return when all are up. Raises BrokerMissingError, RuntimeError, GatewayError."""
        self.broker.start()
        self._store = OperatorStore(self.gateway.database)
        with self._store.writing() as connection:
            _furnish(connection, self._clock.now())
        await asyncio.gather(self.gateway.start(), *(board.start() for board in self.boards))

    async def stop(self) -> None:
        """End every process; nothing happens to those that do not run."""
        for board in self.boards:
            with contextlib.suppress(ProcessLookupError):
                await board.stop()
        try:
            await self.gateway.stop()
        finally:
            self.gateway.kill()
            self.broker.stop()
            if self._store is not None:
                self._store.close()

    def look(self, lines: int = 12) -> Moment:
        """Read the latest episode and the last lines of the record."""
        assert self._store is not None  # noqa: S101 - only after `start`
        with self._store.reading() as connection:
            found = record.episodes(connection, limit=1)
            latest = record.lines(connection, limit=lines)
        number, episode = found[0] if found else (0, None)
        return Moment(number, episode, tuple(latest))

    def story(self, episode: str) -> list[Line]:
        """Every line of an episode's record, oldest first."""
        assert self._store is not None  # noqa: S101 - only after `start`
        with self._store.reading() as connection:
            return [numbered.line for numbered in record.lines(connection, episode=episode)]

    def names(self) -> Callable[[str], str]:
        """Ids as a human knows them."""
        names = {person.id: person.name for person in PEOPLE} | {BUTTON: f"{BUTTON} {HOME.name}"}
        return lambda thing: names.get(thing, thing)

    def command(self, verb: str, episode: str, responder: str = "", outcome: str = "") -> None:
        """Put in an operator's command, as `lovebell episode …` does."""
        assert self._store is not None  # noqa: S101 - only after `start`
        wish = Command(0, "demo", verb, episode, responder, outcome)
        with self._store.writing() as connection:
            record.put_command(connection, wish, self._clock.now())

    def _board(self, name: str, role: str) -> VirtualBoard:
        config: dict[str, object] = {
            "device": name,
            "role": role,
            "wifi": [{"ssid": "demo", "password": "demo-demo"}],
            "broker": [{"host": "127.0.0.1", "port": self.broker.port}],
            "heartbeat_s": 10,
            # The paired chime also hears the button itself, and rings if the gateway does not.
            "hears": [BUTTON] if name == CHIMES[0] else [],
        }
        return VirtualBoard(self._directory / name, config)


def _furnish(connection: Connection, now: int) -> None:
    """Enter the community in the books."""
    books.add_home(connection, HOME)
    books.add_device(connection, Device(BUTTON, DeviceKind.BUTTON))
    pairs.pair(connection, BUTTON, HOME.id, None, now)
    for rank, (person, chime) in enumerate(zip(PEOPLE, CHIMES, strict=True), 1):
        books.add_responder(connection, person)
        books.add_device(connection, Device(chime, DeviceKind.CHIME))
        pairs.pair(connection, chime, person.id, None, now)
        if person.kind is ResponderKind.VOLUNTEER:
            pairs.pair(connection, person.id, HOME.id, rank, now)
    pairs.set_plan(connection, HOME.id, pairs.read_steps(PLAN))
