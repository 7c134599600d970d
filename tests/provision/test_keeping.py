"""The real gateway keeps the rights at a real broker, also what was changed while it was down."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from lovebell.provision.rights import GATEWAY
from simulator.gateway import GatewayProcess

if TYPE_CHECKING:
    from pathlib import Path

    from provision.conftest import Installation


def is_let_in(installation: Installation, device: str) -> bool:
    with suppress(OSError), installation.connect(device):
        return True
    return False


async def test_rights_follow_the_books_while_it_runs_and_when_it_starts(
    installation: Installation, tmp_path: Path
) -> None:
    settings = {
        "LOVEBELL_BROKER_USER": GATEWAY,
        "LOVEBELL_BROKER_PASSWORD_FILE": str(installation.folder / "gateway.password"),
        "LOVEBELL_BROKER_FOLDER": str(installation.folder),
        "LOVEBELL_LOG_FORMAT": "json",
    }
    gateway = GatewayProcess(tmp_path, installation.inner.port, settings)

    async def until_in_force(times: int) -> None:
        async with asyncio.timeout(30):
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
