"""kill -9 of the real gateway at random moments while people press: nothing is lost.

`LOVEBELL_KILL_PRESSES=5000 pytest tests/e2e/test_kills.py` is the long form. The seed is printed
with a failure; `LOVEBELL_KILL_SEED` plays it again.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from typing import TYPE_CHECKING

from e2e.crowd import Crowd

from bench.gateway import set_up
from simulator.gateway import GatewayProcess
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from pathlib import Path

PRESSES = int(os.environ.get("LOVEBELL_KILL_PRESSES", "500"))
SEED = int(os.environ.get("LOVEBELL_KILL_SEED", str(random.randrange(10**6))))
KILLS_AT_LEAST = 5


async def press(crowd: Crowd, chance: random.Random) -> None:
    """One press from every home, in bursts and lulls."""
    for n in range(1, PRESSES + 1):
        crowd.press(f"b-{n:05d}", f"5eed-1-{n}")
        if chance.random() < 0.7:
            await asyncio.sleep(chance.uniform(0, 0.1))
        crowd.repeat()


async def kill_at_random(gateway: GatewayProcess, chance: random.Random) -> None:
    """kill -9 and start again, for ever."""
    while True:
        await asyncio.sleep(chance.uniform(0, 1.5))
        gateway.kill()
        await gateway.start()


async def test_kills_at_random_lose_no_press_and_every_press_has_led_to_a_ring(
    tmp_path: Path,
) -> None:
    print(f"seed {SEED}")
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    gateway = GatewayProcess(tmp_path, broker.port)
    set_up(gateway.database, PRESSES)
    chance = random.Random(SEED)
    try:
        await gateway.start()
        with Crowd(broker.port) as crowd:
            killing = asyncio.create_task(kill_at_random(gateway, chance))
            await press(crowd, chance)
            killing.cancel()
            await asyncio.gather(killing, return_exceptions=True)
            if not gateway.is_alive:
                await gateway.start()
            async with asyncio.timeout(60):
                while crowd.waiting or crowd.unrung:
                    crowd.repeat()
                    await asyncio.sleep(0.05)
        await gateway.stop()
    finally:
        gateway.kill()
        broker.stop()
    assert gateway.log.read_text().count("serving") > KILLS_AT_LEAST
    check(gateway.database, crowd)


def check(database: Path, crowd: Crowd) -> None:
    """Look at the file itself, and at what was heard on the wire: the engine is not asked."""
    connection = sqlite3.connect(database)
    kept = dict(connection.execute("SELECT id, episode FROM receipt WHERE kind = 'call'"))
    episodes = {row[0] for row in connection.execute("SELECT id FROM episode")}
    rung = {row[0] for row in connection.execute("SELECT episode FROM event WHERE what = 'rung'")}
    connection.close()
    named = {press_id: f"{button}.{press_id}" for press_id, button in crowd.pressed.items()}
    assert kept == named  # every press is on disk, with its episode
    assert episodes == rung == set(named.values())  # and rang, says the record
    assert crowd.rings.keys() == named.keys()  # and rang, and nothing else did, says the wire
    assert crowd.receipts.keys() == named.keys()
