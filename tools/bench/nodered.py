"""The other way to do it: Node-RED with SQLite, as its manuals show it, tuned as far as it goes.

Owns its installation, its flow and its process. The flow does less than the gateway: it rings the
chime of the same number and keeps the press, and that is all. TCP_NODELAY is set on its sockets
too (as shipped a hop costs 44 ms), and its database has a write-ahead log and syncs every insert.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import time
from typing import TYPE_CHECKING, Any

from bench.load import LoadError, press
from bench.stopping import held
from simulator.mosquitto import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from bench.load import Load, Tools

PACKAGES = ("node-red@4", "node-red-node-sqlite@1")
INSTALL_S = 900
READY_S = 60

_NO_DELAY = """\
const net = require('net');
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
    this.setNoDelay(true);
    return connect.apply(this, given);
};
"""
_SPLIT = """\
const parts = msg.topic.split('/');
const press = JSON.parse(msg.payload);
const button = parts[2];
const ring = {
    topic: `lovebell/v1/c${button.slice(1)}/ring`,
    payload: JSON.stringify({ episode: `${button}.${press.id}`, kind: 'call', button: button,
                              home: button, step: 1, for_ms: 45000 }),
};
const row = { topic: 'INSERT OR IGNORE INTO press VALUES ($1, $2, $3)',
              payload: [button, press.id, Date.now()], button: button, id: press.id };
return [ring, row];
"""
_RECEIPT = """\
return { topic: `lovebell/v1/${msg.button}/receipt`,
         payload: JSON.stringify({ id: msg.id, episode: `${msg.button}.${msg.id}` }) };
"""


class NodeRedError(RuntimeError):
    """Node-RED cannot be installed or does not start; the message says why."""


def is_possible() -> bool:
    """Whether it could be installed here."""
    return shutil.which("npm") is not None and shutil.which("node") is not None


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as why:
        raise NodeRedError(f"cannot install Node-RED: {why}") from why


def install(folder: Path) -> Path:
    """Install it into `folder`, once. Returns its main script. Raises NodeRedError."""
    script = folder / "node_modules" / "node-red" / "red.js"
    works = ("node", "-e", "require('sqlite3')")
    if script.exists() and _run(folder, *works).returncode == 0:
        return script
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    done = _run(folder, "npm", "install", "--no-audit", "--no-fund", *PACKAGES)
    if done.returncode == 0 and _run(folder, *works).returncode:
        # A later npm compiles nothing before it is told that it may.
        _run(folder, "npm", "install-scripts", "approve", "sqlite3")
        done = _run(folder, "npm", "rebuild", "sqlite3")
    if done.returncode or _run(folder, *works).returncode:
        raise NodeRedError(f"cannot install Node-RED: {done.stderr.strip()[-500:]}")
    return script


def _flow(database: Path, port: int) -> list[dict[str, Any]]:
    def node(name: str, kind: str, *wires: list[str], **more: Any) -> dict[str, Any]:
        return {"id": name, "type": kind, "z": "tab", "wires": list(wires), **more}

    out = {"topic": "", "qos": "1", "retain": "false", "broker": "broker"}
    heard = {"qos": "1", "broker": "broker", "datatype": "utf8"}
    broker = {"broker": "127.0.0.1", "port": str(port), "clientid": "node-red", "keepalive": "60"}
    return [
        {"id": "tab", "type": "tab", "label": "bell"},
        {"id": "broker", "type": "mqtt-broker", **broker, "cleansession": False},
        {"id": "db", "type": "sqlitedb", "db": str(database), "mode": "RW"},
        node("in", "mqtt in", ["split"], topic="lovebell/v1/+/press", **heard),
        node("split", "function", ["out"], ["insert"], func=_SPLIT, outputs=2),
        node("insert", "sqlite", ["receipt"], mydb="db", sqlquery="msg.topic"),
        node("receipt", "function", ["out"], func=_RECEIPT, outputs=1),
        node("out", "mqtt out", **out),
    ]


class NodeRed:
    """One process on a new database. `kill` it in the end, whatever happens."""

    def __init__(self, script: Path, folder: Path, port: int) -> None:
        """For the broker on `port`; everything it writes goes below `folder`."""
        folder.mkdir(parents=True)
        self._script = script
        self._folder = folder
        self._port = port
        self._database = folder / "presses.db"
        self._started: subprocess.Popen[bytes] | None = None

    def start(self, tools: Tools) -> None:
        """Return when it answers a press. Raises NodeRedError."""
        connection = sqlite3.connect(self._database, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE press (button, id, at_ms, PRIMARY KEY (button, id))")
        connection.close()
        (self._folder / "nodelay.js").write_text(_NO_DELAY)
        flow = json.dumps(_flow(self._database, self._port))
        (self._folder / "flow.json").write_text(flow)
        settings = {"flowFile": "flow.json", "uiHost": "127.0.0.1", "uiPort": free_port()}
        settings |= {"disableEditor": True, "credentialSecret": False}
        (self._folder / "settings.js").write_text(f"module.exports = {json.dumps(settings)}")
        command = ["node", "-r", f"{self._folder}/nodelay.js", str(self._script)]
        command += ["--userDir", str(self._folder), "--settings", f"{self._folder}/settings.js"]
        with held(), (self._folder / "log").open("wb") as log:
            self._started = subprocess.Popen(
                command,
                cwd=self._script.parents[2],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_ready(tools)

    def _wait_until_ready(self, tools: Tools) -> None:
        end = time.monotonic() + READY_S
        while time.monotonic() < end and self._started and self._started.poll() is None:
            try:
                load = press(tools, self._port, 1, "--wait-s=1")
            except LoadError:
                continue
            if load.receipt and not load.receipt.missing:
                return
        words = (self._folder / "log").read_text(errors="replace")[-500:]
        raise NodeRedError(f"Node-RED does not answer; it said:\n{words}")

    def lost(self, first: int, load: Load) -> int:
        """How many presses of this run its database does not hold."""
        connection = sqlite3.connect(f"{self._database.as_uri()}?mode=ro", uri=True)
        kept = set(connection.execute("SELECT button, id FROM press"))
        connection.close()
        names = [(f"b-{first + n:05d}", f"{load.life}-1-{n}") for n in range(load.presses)]
        return sum(1 for name in names if name not in kept)

    def kill(self) -> None:
        """End it at once; nothing happens if it has ended or was never started."""
        if self._started is not None:
            self._started.kill()
            self._started.wait()
