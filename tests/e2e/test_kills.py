"""kill -9 of the real gateway at random moments while people press, answer, resolve and are
written to: nothing is lost, nothing is stuck, nothing happens twice.

`LOVEBELL_KILLS=1000 pytest tests/e2e/test_kills.py` is the long form. The seed is printed with a
failure; `LOVEBELL_KILL_SEED` plays it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sqlite3
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from e2e.crowd import Crowd
from notify.servers import Asked, HttpService, Says, http_service

from bench.gateway import set_up
from lovebell.domain.model import Channel
from lovebell.domain.records import Command
from lovebell.store import channels, record, schema
from lovebell.store.access import OperatorStore
from simulator.gateway import GatewayProcess
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from pathlib import Path

KILLS = int(os.environ.get("LOVEBELL_KILLS", "30"))
SEED = int(os.environ.get("LOVEBELL_KILL_SEED", str(random.randrange(10**6))))
HOMES = 50 + 5 * KILLS
SETTLE_S = 300
KEY = "bG92ZWJlbGxTRUNSRVQtaG9vay1vZi10aGUtdGVzdHM="
#: What the record says of an answer, in time or not.
ANSWERED = ("acknowledged", "also_acknowledged", "late_acknowledged", "stale_acknowledged")


class Town:
    """A broker, a gateway that is killed, a service for messages, and many homes."""

    def __init__(self, folder: Path, service: HttpService) -> None:
        self.chance = random.Random(SEED)
        self.broker = Mosquitto(folder / "broker")
        self.broker.start()
        settings = {"LOVEBELL_MESSAGES_FROM_STEP": "1", "HOOK_KEY": KEY}
        self.gateway = GatewayProcess(folder, self.broker.port, settings)
        set_up(self.gateway.database, HOMES)
        self.service = service
        service.behaviour = self.serve
        self.called: Counter[str] = Counter()
        self.wished: list[int] = []
        hook = Channel("hook", "webhook", {"url": f"{service.url}/hook", "secret": "env:HOOK_KEY"})
        self.store = OperatorStore(self.gateway.database)
        with self.store.writing() as connection:
            channels.add_channel(connection, hook)
            contacts = [{"responder": f"r-{n:05d}", "channel": "hook"} for n in range(1, HOMES + 1)]
            connection.execute(schema.contact.insert(), contacts)

    def serve(self, asked: Asked) -> Says:
        """The service fails now and then."""
        if self.chance.random() < 0.05:
            return Says(status=503)
        said = json.loads(asked.body)
        if said["type"] == "lovebell.call":
            self.called[said["data"]["fields"]["home"]] += 1
        return Says()

    async def kill(self) -> None:
        """Kill it so often, in its work or while it starts, and start it again."""
        for _ in range(KILLS):
            within_s = self.chance.uniform(0, 0.6)
            if self.chance.random() < 0.7:
                await self.gateway.start()
                await asyncio.sleep(within_s)
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.gateway.start(), within_s)
            self.gateway.kill()
        await self.gateway.start()

    async def press(self, crowd: Crowd) -> None:
        """A press from every home, in bursts and lulls, for as long as it lasts."""
        for n in range(1, HOMES + 1):
            crowd.press(f"b-{n:05d}", f"5eed-1-{n}")
            if self.chance.random() < 0.7:
                await asyncio.sleep(self.chance.uniform(0, 0.6))
            crowd.repeat()

    async def resolve(self, crowd: Crowd) -> None:
        """An operator sees to two calls of three."""
        seen: set[str] = set()
        while True:
            await asyncio.sleep(0.5)
            known = {name for name in list(crowd.receipts) if name in crowd.pressed} - seen
            seen |= known
            chosen = sorted(name for name in known if number(name) % 3)
            self.wished += await asyncio.to_thread(self._wish, crowd, chosen)

    def _wish(self, crowd: Crowd, presses: list[str]) -> list[int]:
        with self.store.writing() as connection:
            return [
                record.put_command(
                    connection,
                    Command(0, "desk", "resolve", f"{crowd.pressed[name]}.{name}", "", "helped"),
                    int(time.time() * 1000),
                )
                for name in presses
            ]

    def rows(self, query: str) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.gateway.database)) as connection:
            return connection.execute(query).fetchall()

    def close(self) -> None:
        self.gateway.kill()
        self.broker.stop()
        self.store.close()


def number(press_id: str) -> int:
    return int(press_id.rpartition("-")[2])


def answers(press_id: str) -> str:
    """Three calls of four are answered."""
    n = number(press_id)
    return f"a55e-1-{n}" if n % 4 else ""


async def test_kills_at_random_lose_nothing_and_leave_nothing_stuck(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    async with http_service() as service:
        town = Town(tmp_path, service)
        try:
            with Crowd(town.broker.port, answers) as crowd:
                busy = [asyncio.create_task(work(crowd)) for work in (town.press, town.resolve)]
                await town.kill()
                await end(busy)
                await settle(town, crowd)
                await nothing_is_stuck(town)
            await town.gateway.stop()
            assert town.gateway.log.read_text().count("serving") > KILLS // 3
            check_that_nothing_is_lost(town, crowd)
        finally:
            town.close()


async def end(tasks: list[asyncio.Task[None]]) -> None:
    """Stop them; whoever has failed meanwhile fails the test."""
    for task in tasks:
        task.cancel()
    for why in await asyncio.gather(*tasks, return_exceptions=True):
        if why is not None and not isinstance(why, asyncio.CancelledError):
            raise why


async def settle(town: Town, crowd: Crowd) -> None:
    """Until every press, answer, wish and message has come to its end."""
    wishes = "SELECT count(*) FROM command WHERE answer IS NULL"
    messages = "SELECT count(*) FROM message"
    async with asyncio.timeout(SETTLE_S):
        while crowd.waiting or crowd.unrung or any(town.rows(f"{wishes} UNION {messages}")[-1]):
            crowd.repeat()
            await asyncio.sleep(0.1)


async def nothing_is_stuck(town: Town) -> None:
    """Every open episode has a deadline that lies ahead, as soon as the disk has taken it."""
    stuck = "deadline_ms IS NULL OR deadline_ms < "
    late = f"SELECT id FROM episode WHERE state != 'resolved' AND ({stuck}"  # noqa: S608
    async with asyncio.timeout(SETTLE_S):
        while town.rows(f"{late}{time.time() * 1000:.0f} - 5000)"):
            await asyncio.sleep(0.1)


def check_that_nothing_is_lost(town: Town, crowd: Crowd) -> None:
    """Look at the file itself, and at what was heard on the wire: the engine is not asked."""
    named = {press_id: f"{button}.{press_id}" for press_id, button in crowd.pressed.items()}
    kept = dict(town.rows("SELECT id, episode FROM receipt WHERE kind = 'call'"))
    assert kept == named  # every press is on disk, with its episode
    answered = {name: named[press_id] for name, press_id in crowd.answered.items()}
    kept = dict(town.rows("SELECT id, episode FROM receipt WHERE kind = 'acknowledge'"))
    assert kept == answered  # and every answer
    assert crowd.receipts.keys() == named.keys() | answered.keys()
    assert crowd.rings.keys() == named.keys()  # every press rang, and nothing else did

    states = dict(town.rows("SELECT id, state FROM episode"))
    assert states.keys() == set(named.values())
    told: dict[str, Counter[str]] = {name: Counter() for name in states}
    for episode, what in town.rows("SELECT episode, what FROM event WHERE episode != ''"):
        told[episode][what] += 1
    assert all(told[name]["pressed"] == 1 and told[name]["rung"] for name in states)
    for name in answered.values():  # said once, however often it was heard
        assert sum(told[name][what] for what in ANSWERED) == 1

    wishes = town.rows("SELECT n, episode, answer FROM command")
    assert {n for n, _, _ in wishes} >= set(town.wished)
    assert {answer for _, _, answer in wishes} == {"ok"}
    assert all(states[name] == "resolved" and told[name]["resolved"] == 1 for _, name, _ in wishes)

    for press_id, episode in named.items():  # every message left, or the record says why not
        home = f"示例路 {number(press_id):05d} 号 示例奶奶"
        needless = told[episode]["acknowledged"] or told[episode]["message_given_up"]
        assert town.called[home] or needless, episode
    assert len(town.called) > KILLS // 3
