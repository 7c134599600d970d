"""A town of light devices at one broker and one gateway, and what it costs them.

Owns the run of the fleet tool and what is read from the processes meanwhile.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from typing import TYPE_CHECKING

from pydantic import BaseModel

from bench import process
from bench.gateway import Gateway, set_up
from bench.load import LoadError, Tools, running
from bench.stopping import held
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from pathlib import Path

#: Mosquitto says how much it keeps this often.
_SAYING = "sys_interval 1\n"
#: Devices fall silent when each has been heard once, and three missed heartbeats later, with some
#: seconds for good measure, all must be known.
MISSED = 3
SPARE_S = 5


class Life(BaseModel):
    """What the fleet tool saw: `silent` are the devices that died, and their last heartbeat."""

    devices: int
    connections: int
    joined_s: float
    presses: int
    rings: int
    receipts: int
    ring_p50_us: float
    ring_p99_us: float
    ring_max_us: float
    most_stored: int
    retained: int
    silent: dict[str, int]


class Town(BaseModel):
    """A fleet and its cost. Per cent are of one core; detection is from the last heartbeat.
    `mistaken` are those who live and were taken for dead."""

    life: Life
    seconds: float
    gateway_cpu_percent: float
    gateway_mb: float
    broker_cpu_percent: float
    broker_mb: float
    detected: int = 0
    mistaken: int = 0
    detection_median_s: float = 0
    detection_max_s: float = 0

    @property
    def queued(self) -> int:
        """Messages that the broker held at most, its retained ones apart."""
        return max(self.life.most_stored - self.life.retained, 0)


def live(
    tools: Tools,
    folder: Path,
    homes: int,
    *,
    seconds: int = 60,
    every_s: int = 60,
    presses_per_s: int = 5,
    die: int = 0,
    connections: int = 0,
) -> Town:
    """So many homes, each with a button and a chime, for so long. With fewer `connections` than
    devices neighbours share one; 0 is one for each. Raises LoadError."""
    die_at_s = every_s + 1
    if die:
        seconds = max(seconds, die_at_s + (MISSED + 1) * every_s + SPARE_S)
    database = folder / "lovebell.db"
    set_up(database, homes)
    broker = Mosquitto(folder / "broker", extra=_SAYING)
    gateway = Gateway(folder, broker.port)
    try:
        with held():
            broker.start()
        gateway.start()
        gateway.wait_until_connected()
        options = (
            *(f"--port={broker.port}", f"--homes={homes}", f"--seconds={seconds}"),
            *(f"--every-s={every_s}", f"--presses-per-s={presses_per_s}"),
            *(f"--die={die}", f"--die-at-s={die_at_s}", f"--connections={connections}"),
        )
        with running([str(tools.fleet), *options]) as fleet:
            if fleet.stdout is None or fleet.stdout.readline() != b"joined\n":
                raise LoadError(f"the fleet did not come up: {fleet.communicate()[1]!r}")
            begin = time.monotonic(), gateway.cpu_s(), process.cpu_s(broker.pid)
            out, err = fleet.communicate()
            end = time.monotonic(), gateway.cpu_s(), process.cpu_s(broker.pid)
        if fleet.returncode not in (0, 1):
            raise LoadError(f"the fleet failed: {err.decode(errors='replace').strip()}")
        took = end[0] - begin[0]
        town = Town(
            life=Life.model_validate_json(out),
            seconds=round(took, 1),
            gateway_cpu_percent=round(100 * (end[1] - begin[1]) / took, 2),
            gateway_mb=gateway.peak_mb(),
            broker_cpu_percent=round(100 * (end[2] - begin[2]) / took, 2),
            broker_mb=process.peak_mb(broker.pid),
        )
        gateway.stop()
    finally:
        gateway.kill()
        broker.kill()
    return _with_detection(town, database)


def _with_detection(town: Town, database: Path) -> Town:
    """Ask the file itself when each silent device was known to be dead."""
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        query = "SELECT device, opened_ms FROM fault WHERE word = 'offline'"
        opened = dict(connection.execute(query))
    finally:
        connection.close()
    silent = town.life.silent
    took = [(opened[name] - silent[name]) / 1000 for name in silent if name in opened]
    return town.model_copy(
        update={
            "detected": len(took),
            "mistaken": len(opened.keys() - silent.keys()),
            "detection_median_s": round(statistics.median(took), 1) if took else 0,
            "detection_max_s": round(max(took), 1) if took else 0,
        }
    )
