"""From bare boards in a technician's hand to a press that rings."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from technician.bench import SECRET, Bench

from bench.gateway import set_up
from lovebell.provision.bundle import Identity
from simulator.gateway import GatewayProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from simulator.mosquitto import Mosquitto
    from simulator.serial_board import SerialBoard

BUTTON, CHIME = "b-00001", "c-00001"


@pytest.fixture
async def gateway(tmp_path: Path, broker: Mosquitto) -> AsyncIterator[GatewayProcess]:
    made = GatewayProcess(tmp_path, broker.port)
    set_up(made.database, 1)
    await made.start()
    yield made
    made.kill()


def record(gateway: GatewayProcess) -> list[dict[str, Any]]:
    asked = [sys.executable, "-m", "lovebell", "events", "--json"]
    environment = os.environ | {"LOVEBELL_DATABASE": str(gateway.database)}
    return json.loads(
        subprocess.run(asked, env=environment, capture_output=True, check=True).stdout
    )


async def press_when_asked(button: SerialBoard, chime: SerialBoard) -> None:
    """The technician: holds the key on the board and presses when the screen says so, which is
    when the board is on the broker."""
    for board in (chime, button):
        await asyncio.to_thread(board.wait_for, b"broker up", 60)
    button.tell("key 3000")
    button.tell("press 300")


async def test_a_bare_board_becomes_a_button_whose_press_rings_the_chime(
    bench: Bench, gateway: GatewayProcess
) -> None:
    identities = [Identity(BUTTON, "button", SECRET), Identity(CHIME, "chime", SECRET)]
    bundle = replace(bench.order.bundle, identities=identities)
    chime, button = bench.board(is_bare=True), bench.board(is_bare=True)

    hand = asyncio.create_task(press_when_asked(button, chime))
    (first,), (second,) = await asyncio.gather(
        asyncio.to_thread(bench.make, chime, bundle=bundle, role="chime"),
        asyncio.to_thread(bench.make, button, bundle=bundle, press_s=60),
    )
    await hand
    assert first.made is not None and second.made is not None, (first.why, second.why)
    assert (first.made.proof, second.made.proof) == ("broker", "press")
    assert b"rings b-00001" not in chime.heard  # a test rings nobody out of bed

    button.tell("press 300")
    await asyncio.to_thread(chime.wait_for, b"rings b-00001.", 30)
    chime.tell("press 300")
    await asyncio.to_thread(button.wait_for, b"lamp coming", 30)

    # The gateway has all of it on record, the test press of the set-up too.
    happened = [(event["what"], event["who"]) for event in record(gateway)]
    assert happened.count(("pressed", BUTTON)) == 2
    (tested,) = [event for event in record(gateway) if event["what"] == "resolved"]
    assert tested["detail"] == {"outcome": "test_passed"}
    assert ("acknowledged", "r-00001") in happened
