"""A broker as `lovebell broker init` makes it, running on this machine."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from town import Town

from lovebell.clock import SystemClock
from lovebell.commands.keeping import Keeper
from lovebell.config import Settings
from lovebell.provision.bundle import Bundle, open_bundle
from lovebell.provision.probe import Place, Probe
from simulator.mosquitto import find, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORD = "一句 好记 的 话"


@dataclass
class Installation:
    """The folder, the running broker, the town whose books it follows, and what keeps the two
    together, which a running gateway does by itself."""

    folder: Path
    place: Place
    inner: Place
    town: Town
    keeper: Keeper
    secrets: dict[str, str]
    running: subprocess.Popen[bytes]

    def restart(self) -> None:
        """End the broker in order, and start it again."""
        self.stop()
        self.running = _start(self.folder, self.inner)

    def stop(self) -> None:
        """End the broker in order."""
        self.running.terminate()
        self.running.wait(10)

    def enrol(self, kind: str, count: int = 1, *, keep: bool = True) -> list[str]:
        """New devices, by name; their secrets are known here from the bundle."""
        out = self.folder.parent / f"bundle-{len(self.secrets)}"
        where = ("--broker", f"localhost:{self.place.port}", "--ca", str(self.folder / "ca.crt"))
        many = ("--kind", kind, "--count", str(count), "--out", str(out))
        said = self.town.type("device", "enrol", *many, *where)
        assert said.exit_code == 0, said.output
        bundle: Bundle = open_bundle(out, lambda: WORD, self.town.street.now)
        names = [one.device for one in bundle.identities]
        self.secrets |= {one.device: one.secret for one in bundle.identities}
        if keep:
            self.keep()
        return names

    def do(self, *args: str) -> None:
        """An operator does something, and it comes into force."""
        said = self.town.type(*args)
        assert said.exit_code == 0, said.output
        self.keep()

    def keep(self) -> None:
        """Let the keeper look until what it wrote is in force."""
        for _ in range(100):
            self.keeper.look()
            if self.keeper.is_in_force:
                return
            time.sleep(0.05)  # the broker is another process
        raise AssertionError("the broker has not taken the rights")

    def connect(self, device: str, client: str = "", version: int = 5) -> Probe:
        """A board's connection."""
        return Probe(self.place, device, self.secrets[device], client, version)


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    monkeypatch.setenv("BUNDLE_PASSPHRASE", WORD)
    town = Town(tmp_path / "lovebell.db")
    town.street.now = SystemClock().now()  # certificates are looked at by the real one
    folder, port, inner = tmp_path / "broker", free_port(), free_port()
    me = ("--broker-user", "root", "--gateway-user", "root") if os.geteuid() == 0 else ()
    ports = ("--port", str(port), "--gateway-port", str(inner))
    said = town.type("broker", "init", str(folder), "--host", "localhost", *ports, *me)
    assert said.exit_code == 0, said.output
    secret = (folder / "gateway.password").read_text().strip()
    settings = Settings(
        database=town.path,
        broker_port=inner,
        broker_password_file=folder / "gateway.password",
    )
    keeper = Keeper(settings, folder, SystemClock())
    made = Installation(
        folder,
        Place("localhost", port, folder / "ca.crt"),
        Place("127.0.0.1", inner),
        town,
        keeper,
        {"lovebell.gateway": secret},
        _start(folder, Place("127.0.0.1", inner)),
    )
    try:
        made.keep()
        yield made
    finally:
        made.stop()
        keeper.close()
        town.close()


def _start(folder: Path, place: Place) -> subprocess.Popen[bytes]:
    running = subprocess.Popen([find(), "-c", str(folder / "mosquitto.conf")], stderr=-3)
    for _ in range(1_200):
        assert running.poll() is None, "Mosquitto refuses its configuration"
        try:
            Probe(place, "nobody", "x")
        except ConnectionRefusedError:
            time.sleep(0.05)
        except OSError:
            return running
    running.kill()
    raise AssertionError("Mosquitto did not start")
