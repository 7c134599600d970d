"""A flood from one board at the real gateway behind the real broker: told once, no disk filled."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from provision.test_keeping import gateway_of

from lovebell.domain.flood import BURST
from lovebell.domain.wire import topic
from lovebell.provision.probe import OK

if TYPE_CHECKING:
    from pathlib import Path

    from provision.conftest import Installation

    from lovebell.provision.probe import Probe

MANY = 6_000


def flood(board: Probe, button: str) -> None:
    """Every message another press."""
    for n in range(0, MANY, 100):
        for more in range(n, n + 100):
            body = json.dumps({"id": f"f-{more}", "kind": "call"}).encode()
            board.flood(topic(button, "press"), body, 1)
        board.hear()  # as fast as the broker takes it


def press_until_received(board: Probe, button: str) -> None:
    """A press, and the gateway's receipt for it."""
    board.subscribe(topic(button, "receipt"))
    body = json.dumps({"id": "p-1", "kind": "call"}).encode()
    assert board.publish(topic(button, "press"), body) == OK
    for _ in range(2_400):
        if any(json.loads(payload)["id"] == "p-1" for _, payload in board.hear()):
            return
        time.sleep(0.05)  # the gateway is another process
    raise AssertionError("no receipt")


async def test_a_flood_is_a_fault_and_some_lines_and_other_presses_are_received(
    installation: Installation, tmp_path: Path
) -> None:
    flooder, elder = installation.enrol("button", 2)
    gateway = gateway_of(installation, tmp_path)
    await gateway.start()
    try:
        with installation.connect(flooder) as loud, installation.connect(elder) as board:
            await asyncio.to_thread(flood, loud, flooder)
            await asyncio.to_thread(press_until_received, board, elder)
        async with asyncio.timeout(120):
            while (flooder, "flood") not in faults(installation):
                await asyncio.sleep(0.05)
        await gateway.stop()
    finally:
        gateway.kill()
    assert faults(installation).count((flooder, "flood")) == 1
    rows = installation.town.street.rows
    assert rows("SELECT count(*) FROM receipt")[0][0] <= BURST + 100
    assert rows("SELECT count(*) FROM event")[0][0] <= 3 * BURST
    dropped = [line for line in gateway.words().splitlines() if '"dropped' in line]
    assert 3 < len(dropped) < 60  # ever more seldom, and once more as a line of the record


def faults(installation: Installation) -> list[tuple[str, str]]:
    rows = installation.town.street.rows("SELECT device, word FROM fault")
    return [(row[0], row[1]) for row in rows]
