"""Two boards with one identity, as a bundle makes that was used twice: the real firmware, broker
and gateway."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

from provision.test_keeping import gateway_of

from simulator.board import VirtualBoard

if TYPE_CHECKING:
    from pathlib import Path

    from provision.conftest import Installation


def board_of(installation: Installation, directory: Path, name: str) -> VirtualBoard:
    """One board with that device's identity."""
    settings: dict[str, object] = {
        "device": name,
        "role": "button",
        "wifi": [{"ssid": "demo", "password": ""}],
        "broker": [{"host": "localhost", "port": installation.place.port, "tls": True}],
        "ca": "ca.der",
        "password": installation.secrets[name],
    }
    directory.mkdir()
    shutil.copy(installation.folder / "ca.der", directory / "ca.der")
    return VirtualBoard(directory, settings)


async def test_two_boards_that_throw_each_other_out_are_told_and_presses_of_both_are_received(
    installation: Installation, tmp_path: Path
) -> None:
    (name,) = installation.enrol("button")
    gateway = gateway_of(installation, tmp_path)
    await gateway.start()
    first, second = (board_of(installation, tmp_path / which, name) for which in ("a", "b"))
    try:
        await second.start()  # its second start is told apart from the other's first
        await second.wait_for(lambda board: board.broker_is_up, 120)
        await second.stop()
        await asyncio.gather(first.start(), second.start())
        first.press()
        second.press()
        for board in (first, second):
            await board.wait_for(lambda board: board.lamp == "received", 120)
        async with asyncio.timeout(120):
            while not faults(installation, name) or receipts(installation) < 2:
                await asyncio.sleep(0.1)
        await gateway.stop()
    finally:
        await first.stop()
        await second.stop()
        gateway.kill()


def faults(installation: Installation, name: str) -> int:
    query = "SELECT count(*) FROM fault WHERE device = :name AND word = 'twice'"
    return installation.town.street.rows(query, name=name)[0][0]


def receipts(installation: Installation) -> int:
    """Each board has a life of its own in its ids, so no press is taken for the other's."""
    return installation.town.street.rows("SELECT count(*) FROM receipt WHERE kind = 'call'")[0][0]
