"""What a gateway costs as its books and its history grow, and how it comes up after a long night.

Owns the databases of each size, made in SQL, and the measurements on them.
"""

from __future__ import annotations

import json
import sqlite3
import time
from typing import TYPE_CHECKING

from pydantic import BaseModel

from bench.gateway import Gateway, set_up
from bench.load import LoadError, Tools, press, running
from bench.stopping import held
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from pathlib import Path

PRESSES = 300
PAUSE_MS = 5
#: The lines of the record of an old episode.
_LINES = ("pressed", "step", "rung", "reached", "resolved")
#: Written and committed so many episodes at a time, or the journal takes as much as the rest.
CHUNK = 250_000
_DAY_MS = 86_400_000
_STEP_S = 20
DISPATCH_S = 60


class Grown(BaseModel):
    """One size. `start_s` is until it holds its session at the broker."""

    homes: int
    episodes: int
    database_mb: float
    start_s: float
    memory_mb: float
    ring_p50_us: float
    ring_p99_us: float
    receipt_p50_us: float


class Overdue(BaseModel):
    """Deadlines that passed while the gateway was down. Both times count from the start of its
    process: until it holds its session, and until the last ring of the next step was heard."""

    episodes: int
    heard: int
    start_s: float
    heard_s: float


class _Heard(BaseModel):
    heard: int
    last_ms: int


def _body() -> str:
    """An episode as it lies on disk, with `{home}` where its home's number goes."""
    fields = {
        "id": "b-{home}.old-1-{n}",
        "kind": "call",
        "button": "b-{home}",
        "home": "h-{home}",
        "label": "示例奶奶 示例路",
        "limits": [600_000, 30_000, 30_000],
        "begun_ms": 0,
        "first_at_ms": 0,
        "last_at_ms": 0,
        "state": "resolved",
        "step": 0,
        "until_ms": None,
        "calls": [["c-{home}", "r-{home}", "quiet", 0, 1, None, 0]],
        "presses": 1,
        "coming": [["r-{home}", "示例大姐", ["c-{home}"]]],
        "arrived": ["r-{home}"],
        "outcome": "helped",
        "ended_ms": 0,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


_PLAN = '[["paired",45000,[["r-{home}","示例大姐",["c-{home}"]]]],["desk",60000,[]]]'


def fill(database: Path, homes: int, episodes: int) -> None:
    """Years of history: so many resolved episodes with their receipts and record."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=OFF")  # nobody's life hangs on these
        connection.execute("PRAGMA cache_size=-500000")  # the indexes are written in any order
        now_ms = int(time.time() * 1000)
        for first in range(0, episodes, CHUNK):
            last = min(first + CHUNK, episodes) - 1
            _fill_some(connection, homes, (first, last), now_ms - 3 * 365 * _DAY_MS, episodes)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _fill_some(
    connection: sqlite3.Connection,
    homes: int,
    numbers: tuple[int, int],
    begin_ms: int,
    episodes: int,
) -> None:
    """Spread over the last three years, but the last month."""
    every_ms = (3 * 365 - 30) * _DAY_MS // max(episodes, 1)
    connection.execute("BEGIN")
    connection.execute("DROP TABLE IF EXISTS temp.some")
    connection.execute(
        "CREATE TEMP TABLE some AS WITH RECURSIVE count(n) AS (SELECT ? UNION ALL"
        " SELECT n + 1 FROM count WHERE n < ?) SELECT n, printf('%05d', 1 + n % ?) AS home,"
        " printf('b-%05d.old-1-%d', 1 + n % ?, n) AS id, ? + n * ? AS at FROM count",
        (*numbers, homes, homes, begin_ms, every_ms),
    )
    connection.execute(
        'INSERT INTO episode (id, kind, button, home, state, begun_ms, ended_ms, outcome, "body",'
        " call_plan) SELECT id, 'call', 'b-' || home, 'h-' || home, 'resolved', at, at + 900000,"
        " 'helped', replace(replace(?, '{home}', home), '{n}', n), replace(?, '{home}', home)"
        " FROM some ORDER BY n",
        (_body(), _PLAN),
    )
    connection.execute(
        "INSERT INTO receipt (device, id, kind, episode, at_ms, received_ms)"
        " SELECT 'b-' || home, 'old-1-' || n, 'call', id, at, at FROM some"
    )
    connection.execute(
        "INSERT INTO event (at_ms, episode, what, who, detail)"
        " SELECT some.at + line.key * 1000, some.id, line.value, '', '{}'"
        " FROM some, json_each(?) AS line ORDER BY some.n, line.key",
        (json.dumps(_LINES),),
    )
    connection.execute("COMMIT")


def measure(tools: Tools, folder: Path, homes: int, episodes: int) -> Grown:
    """Start on a database of this size and press, one at a time."""
    database = folder / "lovebell.db"
    set_up(database, homes)
    if episodes:
        fill(database, homes, episodes)
    broker = Mosquitto(folder / "broker")
    gateway = Gateway(folder, broker.port)
    try:
        with held():
            broker.start()
        gateway.start()
        start_s = gateway.wait_until_connected()
        gateway.settle()
        press(tools, broker.port, 20)
        load = press(tools, broker.port, PRESSES, "--first=21", f"--pause-ms={PAUSE_MS}")
        grown = Grown(
            homes=homes,
            episodes=episodes,
            database_mb=round(database.stat().st_size / 1e6, 1),
            start_s=round(start_s, 2),
            memory_mb=gateway.peak_mb(),
            ring_p50_us=load.ring.p50_us,
            ring_p99_us=load.ring.p99_us,
            receipt_p50_us=load.receipt.p50_us if load.receipt else 0,
        )
        gateway.stop()
    finally:
        gateway.kill()
        broker.kill()
        database.unlink(missing_ok=True)
    return grown


def overdue(tools: Tools, folder: Path, episodes: int, step_s: int = _STEP_S) -> Overdue:
    """Press everywhere, stop the gateway until every deadline has passed, and start it again."""
    database = folder / "lovebell.db"
    set_up(database, episodes)
    broker = Mosquitto(folder / "broker")
    gateway = Gateway(folder, broker.port, f"paired {step_s}s; desk 60s")
    try:
        with held():
            broker.start()
        gateway.start()
        gateway.wait_until_connected()
        press(tools, broker.port, episodes, window=500)
        gateway.stop()
        _wait_until_overdue(database)
        command = [str(tools.hear), str(broker.port), str(episodes), str(DISPATCH_S)]
        with running(command) as desk:
            if desk.stdout is None or desk.stdout.readline() != b"ready\n":
                raise LoadError("the desk does not hear: is the broker there?")
            begin_ms = time.time() * 1000
            gateway.start()
            start_s = gateway.wait_until_connected()
            heard = _Heard.model_validate_json(desk.communicate()[0])
        gateway.stop()
    finally:
        gateway.kill()
        broker.kill()
    return Overdue(
        episodes=episodes,
        heard=heard.heard,
        start_s=round(start_s, 2),
        heard_s=round((heard.last_ms - begin_ms) / 1000, 2),
    )


def _wait_until_overdue(database: Path) -> None:
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        (last_ms,) = connection.execute("SELECT max(deadline_ms) FROM episode").fetchone()
    finally:
        connection.close()
    time.sleep(max(last_ms / 1000 - time.time(), 0) + 0.1)
