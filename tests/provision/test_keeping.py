"""The real gateway keeps the rights at a real broker, also what was changed while it was down."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from lovebell.domain.wire import topic
from lovebell.provision.probe import OK
from lovebell.provision.rights import GATEWAY
from simulator.board import VirtualBoard
from simulator.gateway import GatewayProcess

if TYPE_CHECKING:
    from pathlib import Path

    from provision.conftest import Installation


def is_let_in(installation: Installation, device: str) -> bool:
    with suppress(OSError), installation.connect(device):
        return True
    return False


def gateway_of(installation: Installation, directory: Path, **more: str) -> GatewayProcess:
    settings = {
        "LOVEBELL_BROKER_USER": GATEWAY,
        "LOVEBELL_BROKER_PASSWORD_FILE": str(installation.folder / "gateway.password"),
        "LOVEBELL_BROKER_FOLDER": str(installation.folder),
        "LOVEBELL_LOG_FORMAT": "json",
        **more,
    }
    return GatewayProcess(directory, installation.inner.port, settings)


async def test_a_press_of_an_enrolled_button_is_received(
    installation: Installation, tmp_path: Path
) -> None:
    """The real firmware, with the secret from the bundle and the authority in DER."""
    (name,) = installation.enrol("button")
    settings: dict[str, object] = {
        "device": name,
        "role": "button",
        "wifi": [{"ssid": "demo", "password": ""}],
        "broker": [{"host": "localhost", "port": installation.place.port, "tls": True}],
        "ca": "ca.der",
        "password": installation.secrets[name],
    }
    board = VirtualBoard(tmp_path / name, settings)
    board.directory.mkdir()
    shutil.copy(installation.folder / "ca.der", board.directory / "ca.der")
    gateway = gateway_of(installation, tmp_path)
    await gateway.start()
    try:
        await board.start()
        await board.wait_for(lambda board: board.broker_is_up, 120)
        board.press()
        await board.wait_for(lambda board: board.lamp == "received", 120)
    finally:
        await board.stop()
        gateway.kill()


async def test_rights_follow_the_books_while_it_runs_and_when_it_starts(
    installation: Installation, tmp_path: Path
) -> None:
    gateway = gateway_of(installation, tmp_path)

    async def until_in_force(times: int) -> None:
        async with asyncio.timeout(120):
            while gateway.words().count("rights in force") < times:
                assert gateway.is_alive
                await asyncio.sleep(0.05)

    await gateway.start()
    try:
        await until_in_force(1)
        first, second = installation.enrol("button", 2, keep=False)
        await until_in_force(2)
        assert is_let_in(installation, first)
        assert is_let_in(installation, second)
        await gateway.stop()
        assert installation.town.type("device", "revoke", first).exit_code == 0
        await gateway.start()
        await until_in_force(1)
        assert not is_let_in(installation, first)
        assert is_let_in(installation, second)
        await gateway.stop()
    finally:
        gateway.kill()


async def test_a_press_that_waits_for_the_gateway_outlives_a_change_of_rights(
    installation: Installation, tmp_path: Path
) -> None:
    (name,) = installation.enrol("button")
    gateway = gateway_of(installation, tmp_path)
    await gateway.start()
    try:
        await gateway.stop()
        with installation.connect(name) as board:
            assert board.publish(topic(name, "press"), b'{"id":"p-1","kind":"call"}') == OK
        installation.enrol("chime")  # the broker reads the rights again
        await gateway.start()
        async with asyncio.timeout(120):
            while '"message": "pressed"' not in gateway.words():
                await asyncio.sleep(0.05)
        await gateway.stop()
    finally:
        gateway.kill()
