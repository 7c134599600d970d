"""From bare boards in a technician's hand to a press that rings."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from technician.bench import SECRET, Bench

from bench.gateway import set_up
from lovebell.provision.bundle import Broker, Bundle, Identity
from simulator.chain import Chain
from simulator.gateway import GatewayProcess
from simulator.mosquitto import Mosquitto, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from simulator.serial_board import SerialBoard

BUTTON, CHIME = "b-00001", "c-00001"


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path / "chain")


@pytest.fixture
def secure(tmp_path: Path, chain: Chain) -> Iterator[tuple[Mosquitto, Broker]]:
    """A broker, and where boards find it: over TLS."""
    where = Broker("localhost", free_port(), tls=True)
    broker = Mosquitto(tmp_path / "broker", extra=chain.listener(where.port))
    broker.start()
    yield broker, where
    broker.stop()


@pytest.fixture
async def gateway(
    tmp_path: Path, secure: tuple[Mosquitto, Broker]
) -> AsyncIterator[GatewayProcess]:
    made = GatewayProcess(tmp_path, secure[0].port)
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


async def press_when_asked(*boards: SerialBoard) -> None:
    """The technician: holds the key on each board and presses it when the screen says so, which is
    when the board is on the broker."""
    for board in boards:
        await asyncio.to_thread(board.wait_for, b"broker up")
    for board in boards:
        board.tell("key 3000")
        board.tell("press 300")


async def test_a_bare_board_becomes_a_button_whose_press_rings_the_chime(
    bench: Bench, gateway: GatewayProcess, chain: Chain, secure: tuple[Mosquitto, Broker]
) -> None:
    identities = [Identity(BUTTON, "button", SECRET), Identity(CHIME, "chime", SECRET)]
    certificate = (chain.folder / "ca.der").read_bytes()
    bundle = Bundle(identities, [secure[1]], certificate, expires_ms=1 << 50)
    chime, button = bench.board(is_bare=True), bench.board(is_bare=True)

    hand = asyncio.create_task(press_when_asked(button, chime))
    (first,), (second,) = await asyncio.gather(
        asyncio.to_thread(bench.make, chime, bundle=bundle, role="chime", press_s=120),
        asyncio.to_thread(bench.make, button, bundle=bundle, press_s=120),
    )
    await hand
    assert first.made is not None and second.made is not None, (first.why, second.why)
    assert (first.made.proof, second.made.proof) == ("press", "press")
    assert b"rings b-00001" not in chime.heard  # a test rings nobody out of bed

    button.tell("press 300")
    await asyncio.to_thread(chime.wait_for, b"rings b-00001.")
    chime.tell("press 300")
    await asyncio.to_thread(button.wait_for, b"lamp coming")

    # The gateway has all of it on record, the test press of the set-up too.
    happened = [(event["what"], event["who"]) for event in record(gateway)]
    assert happened.count(("pressed", BUTTON)) == 2
    assert happened.count(("pressed", CHIME)) == 1
    tested = [event["detail"] for event in record(gateway) if event["what"] == "resolved"]
    assert tested == [{"outcome": "test_passed"}] * 2
    assert ("acknowledged", "r-00001") in happened
