"""The real gateway under load: its community of homes, its process, and what it kept.

Owns the set-up, the environment and the process. Knows the gateway from outside: its command,
its settings, its tables, and nothing of its engine.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from bench import process
from bench.load import press
from bench.stopping import held
from lovebell.domain.model import DeviceKind, Link, ResponderKind
from lovebell.store import schema
from lovebell.store.access import OperatorStore

if TYPE_CHECKING:
    from pathlib import Path

    from bench.load import Load, Tools

#: The usual four steps, but the first is longer than a benchmark: no old episode rings on while
#: new ones are measured.
PLAN = "paired 60min; neighbours 60s; grid 120s; desk 60s"
COMMAND = (sys.executable, "-m", "lovebell", "serve")
READY_S = 30
CONNECTED_S = 600
STOP_S = 30


class GatewayError(RuntimeError):
    """The gateway did not start, did not stop in order, or lost something."""


def _rows(homes: int) -> dict[str, list[dict[str, Any]]]:
    """A community in which home n has button b-n, and its volunteer has chime c-n."""
    numbers = [f"{n:05d}" for n in range(1, homes + 1)]
    volunteer, desk = ResponderKind.VOLUNTEER.value, ResponderKind.DESK.value
    button, chime = DeviceKind.BUTTON.value, DeviceKind.CHIME.value
    pairs = [("c-desk", "desk", Link.CHIME_RESPONDER)]
    for n in numbers:
        pairs += [
            (f"b-{n}", f"h-{n}", Link.BUTTON_HOME),
            (f"c-{n}", f"r-{n}", Link.CHIME_RESPONDER),
            (f"r-{n}", f"h-{n}", Link.RESPONDER_HOME),
        ]
    return {
        "home": [
            {"id": f"h-{n}", "name": "示例奶奶", "address": f"示例路 {n} 号", "grid": "g-1"}
            for n in numbers
        ],
        "responder": [
            {"id": "desk", "name": "值班台", "kind": desk},
            *({"id": f"r-{n}", "name": f"示例大姐 {n}", "kind": volunteer} for n in numbers),
        ],
        "device": [
            {"id": "c-desk", "kind": chime},
            *({"id": f"b-{n}", "kind": button} for n in numbers),
            *({"id": f"c-{n}", "kind": chime} for n in numbers),
        ],
        "pairing": [
            {"link": link.value, "subject": subject, "object": owner, "since_ms": 0}
            for subject, owner, link in pairs
        ],
    }


def set_up(database: Path, homes: int) -> None:
    """A new database with so many homes, in one transaction: the commands, which an operator
    calls for one home after the other, would take an hour."""
    store = OperatorStore(database)
    try:
        with store.writing() as connection:
            for table, rows in _rows(homes).items():
                connection.execute(schema.metadata.tables[table].insert(), rows)
    finally:
        store.close()


class Gateway:
    """One gateway process on its own database. `kill` it in the end, whatever happens."""

    def __init__(self, folder: Path, port: int, plan: str = PLAN) -> None:
        """For the database that `set_up` made in `folder`, and the broker on `port`."""
        self._plan = plan
        self.database = folder / "lovebell.db"
        self._log = folder / "gateway.log"
        self._port = port
        self._started: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is not ready yet."""
        ours = {k: v for k, v in os.environ.items() if not k.upper().startswith("LOVEBELL_")}
        ours |= {
            "LOVEBELL_DATABASE": str(self.database),
            "LOVEBELL_BROKER_PORT": str(self._port),
            "LOVEBELL_DEFAULT_PLAN": self._plan,
        }
        with held(), self._log.open("wb") as log:
            self._started = subprocess.Popen(
                COMMAND,
                env=ours,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the benchmark, which then stops this
            )

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        if self._started is None:
            raise GatewayError("the gateway was not started")
        return self._started

    def wait_until_ready(self, tools: Tools) -> None:
        """Press the first button until a receipt comes. Raises GatewayError."""
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise GatewayError(f"the gateway ended at once; it said:\n{self._last_words()}")
            load = press(tools, self._port, 1, "--wait-s=1")
            if load.receipt and not load.receipt.missing:
                return
        raise GatewayError(f"no receipt for {READY_S} s; the gateway said:\n{self._last_words()}")

    def wait_until_connected(self) -> float:
        """How many seconds after now it holds its session at the broker. Raises GatewayError."""
        begin = time.monotonic()
        while "broker connected" not in self._log.read_text(errors="replace"):
            if self._process.poll() is not None:
                raise GatewayError(f"the gateway ended at once; it said:\n{self._last_words()}")
            if time.monotonic() - begin > CONNECTED_S:
                raise GatewayError(f"no broker for {CONNECTED_S} s:\n{self._last_words()}")
            time.sleep(0.01)
        return time.monotonic() - begin

    @property
    def pid(self) -> int:
        """The process id. Raises GatewayError when it was not started."""
        return self._process.pid

    def cpu_s(self) -> float:
        """Processor time it has used so far, all threads together."""
        return process.cpu_s(self.pid)

    def peak_mb(self) -> float:
        """The most memory it has held."""
        return process.peak_mb(self.pid)

    def settle(self) -> None:
        """Return when it has nothing left to do: it has used no more time for a while."""
        before = -1.0
        while (now := self.cpu_s()) - before > 0.02:
            before = now
            time.sleep(0.3)

    def stop(self) -> None:
        """End it as an operator would. Raises GatewayError when it does not end with 0."""
        self._process.terminate()
        try:
            status = self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise GatewayError(f"the gateway did not stop within {STOP_S} s") from None
        if status:
            raise GatewayError(f"the gateway ended with {status}; it said:\n{self._last_words()}")

    def kill(self) -> None:
        """End it at once; nothing happens if it has ended or was never started."""
        if self._started is not None:
            self._started.kill()
            self._started.wait()

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])


def lost(database: Path, first: int, load: Load) -> int:
    """How many presses of this run SQLite does not hold, as receipt, episode and record.

    Asks the file itself, not the gateway's code. `first` is the number of the first button.
    """
    names = [(f"b-{first + n:05d}", f"{load.life}-1-{n}") for n in range(load.presses)]
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        receipts = set(connection.execute("SELECT device, id FROM receipt"))
        episodes = {row[0] for row in connection.execute("SELECT id FROM episode")}
        what = "SELECT episode FROM event WHERE what = 'pressed'"
        recorded = {row[0] for row in connection.execute(what)}
    finally:
        connection.close()
    kept = [
        name
        for name in names
        if name in receipts and ".".join(name) in episodes and ".".join(name) in recorded
    ]
    return len(names) - len(kept)
