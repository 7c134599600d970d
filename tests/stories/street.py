"""A street in a test: the whole gateway on a real database, homes and chimes by hand, and a
clock that moves only when it is told to.

Only the edges are played: the broker (`Air`) and the devices. Nothing sleeps.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, insert, select, text

from lovebell.domain.habits import Habits
from lovebell.domain.model import Device, DeviceKind, Home, Responder, ResponderKind
from lovebell.domain.records import Batch, DiskError
from lovebell.domain.supervision import Rules
from lovebell.engine import Engine
from lovebell.operators import Operators
from lovebell.reception import Reception
from lovebell.store import books, pairs
from lovebell.store.live import LiveStore
from lovebell.store.schema import command as command_table
from lovebell.store.sqlite import create_or_upgrade
from lovebell.throttle import Throttle
from lovebell.tutor import Tutor
from lovebell.warden import Warden

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

START = 1_800_000_000_000


class Air:
    """Stands for the broker: hands messages to the devices at once, and keeps a log."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self.is_up = True
        self.log: list[str] = []
        self.settled: list[int] = []
        self.retained: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, dict[str, Any]] = {}
        self.expires_s: dict[str, int | None] = {}

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        urgent: bool = False,
        then: Callable[[], None] | None = None,
        expires_s: int | None = None,
    ) -> bool:
        if not self.is_up:
            return False
        device, leaf = topic.split("/")[2:]
        fields = json.loads(payload)
        self.log.append(f"{leaf} {device}")
        if retain:
            (self.settings if leaf == "settings" else self.retained)[device] = fields
            self.expires_s[f"{leaf} {device}"] = expires_s
        self._street.hear(device, leaf, fields)
        if then:
            then()
        return True

    def settle(self, token: int) -> None:
        if token:
            self.settled.append(token)
            self.log.append("puback")


class FailingStore(LiveStore):
    """A real database whose disk can be made to fail."""

    broken = False

    async def save(self, batch: Batch) -> None:
        if self.broken:
            raise DiskError("database or disk is full")
        await super().save(batch)


class Street:
    """One home, its paired volunteer, a neighbour, and the desk. The fixture `street` opens it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = START
        self.set_by = 0  # what the wall clock was moved by, past time itself
        self.rules = Rules()
        self.minute = 12 * 60
        self.dead: set[str] = set()
        self.ringing: dict[str, set[str]] = {}
        self.receipts: set[str] = set()
        self.inbox: list[tuple[str, bytes]] = []
        self._ids = itertools.count(1)
        self._tokens = itertools.count(1)
        self.air = Air(self)

    async def power_up(self) -> None:
        """Start a gateway on the database, as after a power cut."""
        self.store = FailingStore(self.path)
        self.engine = Engine(self.store, self.air)
        self.tutor = Tutor(self.air, Habits())
        self.throttle = Throttle(self.engine, self.steady)
        self.warden = Warden(
            *(self.engine, self.rules, lambda: self.air.is_up, self.steady),
            self.throttle.remembers,
        )
        self.reception = Reception(
            self.engine, self._state_changed, self.warden.heard, self.throttle
        )
        self.operators = Operators(self.engine)
        await self.engine.load(self.now)
        self.reception.known = self.store.seen()
        self.warden.start(self.store.faults(), self.reception.known, self.now)
        await self.broker_back()

    async def broker_back(self) -> None:
        """The broker is there (again)."""
        self.engine.up(self.now)
        self.warden.tick(self.now)
        while self.engine.restate(self.now):
            await self.settle()
        await self.settle()

    async def power_cut(self) -> None:
        """kill -9: what is not on disk is gone, and the lock with it."""
        await self.store.close()

    def steady(self) -> int:
        """Time as it passes, whatever the wall clock shows."""
        return self.now - self.set_by

    def _state_changed(self, device: str, online: bool) -> None:
        if online:
            self.tutor.meet(device, self.minute)
        else:
            self.tutor.part(device)

    # -- what devices do -----------------------------------------------------------------

    def send(self, device: str, leaf: str, **fields: Any) -> int:
        """A message arrives at the gateway and is decided; nothing is on disk yet."""
        token = next(self._tokens)
        body = json.dumps(fields).encode()
        self.reception.receive(f"lovebell/v1/{device}/{leaf}", body, token, self.now)
        return token

    async def press(self, button: str = "b-1", kind: str = "call", press_id: str = "") -> str:
        """Press, and let everything happen that follows at once. Returns the press id."""
        press_id = press_id or f"p-{next(self._ids)}"
        self.send(button, "press", id=press_id, kind=kind, age_ms=0)
        await self.settle()
        return press_id

    async def answer(self, chime: str, ack_id: str = "") -> None:
        """Press the chime that has rung longest."""
        episode = sorted(self.ringing[chime])[0]
        self.ringing[chime].discard(episode)
        ack_id = ack_id or f"a-{next(self._ids)}"
        self.send(chime, "acknowledge", id=ack_id, episode=episode, age_ms=0)
        await self.settle()

    def hear(self, device: str, leaf: str, fields: dict[str, Any]) -> None:
        """A device hears the gateway; its answers wait in `inbox` for `settle`."""
        if device in self.dead:
            return
        rung = self.ringing.setdefault(device, set())
        if leaf == "receipt":
            self.receipts.add(fields["id"])
        elif leaf == "ring":
            if fields["kind"] == "call":
                rung.add(fields["episode"])
            self._reply(device, "ringing", fields["episode"])
        elif leaf == "hush":
            rung.discard(fields["episode"])
            self._reply(device, "hushed", fields["episode"])

    def _reply(self, device: str, leaf: str, episode: str) -> None:
        body = json.dumps({"episode": episode}).encode()
        self.inbox.append((f"lovebell/v1/{device}/{leaf}", body))

    # -- time and disk -------------------------------------------------------------------

    async def settle(self) -> None:
        """Deliver and write until nothing moves any more."""
        while True:
            await self.engine.writer.drain()
            if not self.inbox:
                return
            waiting, self.inbox = self.inbox, []
            for topic, body in waiting:
                self.reception.receive(topic, body, next(self._tokens), self.now)

    async def forward(self, seconds: float) -> None:
        """Move the clock, stopping at every deadline on the way."""
        end = self.now + round(seconds * 1000)
        while True:
            upcoming = self.engine.due(self.now)
            await self.settle()
            upcoming = self.engine.due(self.now)
            if upcoming is None or upcoming > end:
                break
            self.now = max(self.now, upcoming)
        self.now = end

    def edit(self, *edits: Callable[[Connection], object]) -> None:
        """An operator changes the books."""
        engine = create_engine(f"sqlite:///{self.path}")
        with engine.begin() as connection:
            for edit in edits:
                edit(connection)
        engine.dispose()

    # -- what can be seen ----------------------------------------------------------------

    @property
    def sounding(self) -> set[str]:
        """The chimes that ring."""
        return {chime for chime, episodes in self.ringing.items() if episodes}

    def lamp(self, button: str = "b-1") -> str:
        """What the gateway last told the button."""
        return self.air.retained.get(button, {}).get("state", "")

    def record(self, episode: str = "") -> list[str]:
        """The record, as it lies on disk: what happened, in order."""
        query = "SELECT what FROM event WHERE episode = :e OR :e = '' ORDER BY n"
        return [row[0] for row in self.rows(query, e=episode)]

    def rows(self, query: str, **parameters: Any) -> list[Any]:
        """Look into the database, past the gateway."""
        engine = create_engine(f"sqlite:///{self.path}")
        with engine.connect() as connection:
            found = connection.execute(text(query), parameters).all()
        engine.dispose()
        return list(found)

    async def command(self, verb: str, episode: str, responder: str = "", **more: str) -> str:
        """An operator's command; returns the gateway's answer."""
        engine = create_engine(f"sqlite:///{self.path}")
        with engine.begin() as connection:
            row = {"at_ms": self.now, "by": "desk", "verb": verb, "episode": episode}
            put = insert(command_table).values(**row, responder=responder, **more)
            number = connection.execute(put).inserted_primary_key
        self.operators.take_all(self.now)
        await self.settle()
        with engine.connect() as connection:
            query = select(command_table.c.answer).where(command_table.c.n == number[0])
            answer = connection.execute(query).scalar_one()
        engine.dispose()
        return answer


HOME = Home("h-1", "示例奶奶", "示例路 1 号", grid="g-1")
PEOPLE = (
    Responder("r-paired", "示例大姐"),
    Responder("r-neighbour", "示例大哥"),
    Responder("r-desk", "示例值班台", ResponderKind.DESK),
)
CHIMES = {"c-paired": "r-paired", "c-neighbour": "r-neighbour", "c-desk": "r-desk"}
DEVICES = (
    Device("b-1", DeviceKind.BUTTON),
    Device("b-lost", DeviceKind.BUTTON),
    *(Device(chime, DeviceKind.CHIME) for chime in CHIMES),
)
PAIRS = (("b-1", "h-1"), *CHIMES.items(), ("r-paired", "h-1"))


async def until(happened: Callable[[], object]) -> None:
    """Wait for what happens by itself, as what writes beside a test does."""
    async with asyncio.timeout(60):
        while not happened():
            await asyncio.sleep(0)


def furnish(street: Street) -> None:
    """Enter the street in the books: the neighbour comes second."""
    create_or_upgrade(street.path)

    def enter(connection: Connection) -> None:
        books.add_home(connection, HOME)
        for person in PEOPLE:
            books.add_responder(connection, person)
        for device in DEVICES:
            books.add_device(connection, device)
        for one, other in PAIRS:
            pairs.pair(connection, one, other, None, START)
        pairs.pair(connection, "r-neighbour", "h-1", 2, START)

    street.edit(enter)
