"""Rubbish for the gateway: from devices, and from a broker that is broken or hostile."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
import pytest
from e2e.alongside import lovebell, until
from e2e.crowd import Crowd
from fuzz.doors import DOORS, read_packets
from fuzz.kit import dose, fields, filled, kept, mangled, vectors, written
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from stories.street import CHIMES, Street, furnish

from bench.gateway import set_up
from lovebell.broker import Address, Broker, link, packets
from lovebell.domain import wire
from simulator.gateway import GatewayProcess
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

#: Devices of the street, one that nobody has entered, and what is no name at all.
NAMES = ["b-1", "b-lost", *CHIMES, "b-nobody", "B", "", "+", "示例", "x" * 40]
LEAVES = [*wire.LEAVES, "pres", "", "#"]
TOPICS = st.builds(
    lambda root, version, name, leaf: f"{root}/{version}/{name}/{leaf}",
    st.sampled_from(["lovebell", "lovebell", "lovebell", "x"]),
    st.sampled_from(["v1", "v1", "v1", "v2", "v", "1"]),
    st.sampled_from(NAMES),
    st.sampled_from(LEAVES),
)
#: What the devices of the street would say of each other, besides the vectors.
SAID = [*fields(), *({"episode": f"b-1.{n}", "id": "a-1"} for n in ("p-1", "honest-1", "x"))]
PAYLOADS = mangled([payload for _, payload in vectors()]) | written(filled(*SAID))


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture
def street(tmp_path: Path, runner: asyncio.Runner) -> Iterator[Street]:
    made = Street(tmp_path / "lovebell.db")
    furnish(made)
    runner.run(made.power_up())
    yield made
    runner.run(made.power_cut())


@dose(30)
@given(said=st.lists(st.tuples(TOPICS, PAYLOADS), max_size=25))
def test_after_any_messages_a_press_has_its_receipt_and_rings(
    street: Street, runner: asyncio.Runner, said: list[tuple[str, bytes]]
) -> None:
    tokens = itertools.count(1 + max(street.air.settled, default=0) + 10_000)

    async def story() -> None:
        given_tokens: list[int] = []
        for topic, payload in said:
            given_tokens.append(next(tokens))
            street.reception.receive(topic, payload, given_tokens[-1], street.now)
        await street.settle()
        assert set(given_tokens) <= set(street.air.settled)  # the broker need not repeat any
        street.dead.clear()
        press_id = f"honest-{next(tokens)}"
        street.send("b-1", "press", id=press_id, kind="call", age_ms=0)
        await street.settle()
        assert press_id in street.receipts
        assert street.sounding
        await street.forward(130)
        street.warden.tick(street.now)
        await street.settle()

    runner.run(story())


@dose(40)
@given(payload=PAYLOADS)
def test_what_is_dropped_is_counted_under_the_name_of_its_device(
    street: Street, runner: asyncio.Runner, payload: bytes
) -> None:
    topic = "lovebell/v1/b-1/press"
    try:
        wire.decode(topic, payload)
        is_bad = False
    except wire.BadMessageError:
        is_bad = True
    before = street.reception.dropped["b-1"]
    street.reception.receive(topic, payload, 0, street.now)
    assert street.reception.dropped["b-1"] == before + is_bad
    runner.run(street.settle())


# -- a broker that is broken or hostile ----------------------------------------------------------

CONNACK = bytes.fromhex("20 06 00 00 03 21 07d0")
PUBLISH = packets.publish(7, "lovebell/v1/b-1/press", b'{"id":"1","kind":"call"}', retain=False)
STREAMS = [
    CONNACK + bytes.fromhex("90 09 0001 00 01 01 01 01 01 00") + PUBLISH + b"\xd0\x00",
    CONNACK + PUBLISH + bytes.fromhex("40 02 0001 40 03 0002 87 e0 02 8e 00"),
    CONNACK + bytes.fromhex("30 08 0003 612f62 00 7b7d") + PUBLISH[:-1],
    bytes.fromhex("20 02 00 01"),
    bytes.fromhex("20 13 00 87 10 1f 0002 6f6b 26 0001 6b 0001 76 21 0014 e0 00"),
]


class Hostile:
    """A broker that says some bytes to whoever connects, hangs up, and is honest from then on."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.said: bytes | None = None
        self.connections = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said, self.said = self.said, None
        self.connections += 1
        with contextlib.suppress(OSError):
            await reader.read(10)
            writer.write(CONNACK + PUBLISH if said is None else said)
            await writer.drain()
            while said is None and await reader.read(1_000):
                pass
        writer.close()

    async def try_with(self, said: bytes) -> None:
        """The gateway leaves these bytes, comes back, and hears an honest press."""
        self.said, self.connections = said, 0
        self.heard.clear()
        server = await asyncio.start_server(self.connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]

        def arrived(topic: str, payload: bytes, token: int) -> None:
            if self.connections > 1:
                self.heard.append((topic, payload))
            broker.settle(token)

        broker = Broker(Address("127.0.0.1", port, "gateway"), {"a": 1}, arrived, lambda: None)
        running = asyncio.create_task(broker.run())
        async with asyncio.timeout(60):
            while not self.heard or not broker.is_up:
                await asyncio.sleep(0)
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        server.close()


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Hostile:
    monkeypatch.setattr("lovebell.broker.RETRY_S", (0,))
    monkeypatch.setattr(link, "CONNECT_S", 2)
    return Hostile()


@dose(60)
@given(said=mangled(STREAMS))
def test_whatever_a_broker_says_the_gateway_comes_back_and_hears_the_next_press(
    hostile: Hostile, runner: asyncio.Runner, said: bytes
) -> None:
    runner.run(hostile.try_with(said))


def test_a_broker_may_be_cut_off_after_any_byte(hostile: Hostile, runner: asyncio.Runner) -> None:
    for end in range(len(STREAMS[0])):
        runner.run(hostile.try_with(STREAMS[0][:end]))


@pytest.mark.parametrize("door", DOORS)
def test_every_example_that_was_kept_is_read_or_refused_by_name(door: str) -> None:
    assert kept(door)
    for raw in kept(door):
        DOORS[door](raw)


@dose(200)
@given(raw=mangled(STREAMS) | st.binary(max_size=200))
def test_whatever_bytes_a_broker_sends_are_read_or_refused(raw: bytes) -> None:
    read_packets(raw)


# -- the whole gateway, behind a real broker -----------------------------------------------------


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def gateway(tmp_path: Path, mosquitto: Mosquitto) -> AsyncIterator[GatewayProcess]:
    made = GatewayProcess(tmp_path, mosquitto.port, {"LOVEBELL_LOG_FORMAT": "json"})
    set_up(made.database, 3)
    await made.start()
    yield made
    made.kill()


async def press(mosquitto: Mosquitto, button: str, press_id: str) -> None:
    """Press, and wait until a chime rings and the button has its receipt."""
    with Crowd(mosquitto.port) as crowd:
        crowd.press(button, press_id)
        await until(lambda: not crowd.waiting and not crowd.unrung, crowd)


def rubbish(port: int) -> None:
    """Every kept message and every vector, as far as a broker takes them, from one of our own."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "rubbish")
    client.connect("127.0.0.1", port)
    client.loop_start()
    known = [raw.partition(b"\0") for raw in kept("messages")]
    messages = [*vectors(), *((topic.decode(errors="ignore"), p) for topic, _, p in known)]
    for topic, payload in messages:
        ours = topic.replace("b-01", "b-00001").replace("c-01", "c-00001")
        if ours.isprintable() and not {"+", "#", ""} & {*ours, ours}:  # which no broker would take
            client.publish(ours, payload, 1)
    for n in range(200):
        client.publish("lovebell/v1/b-00001/press", b"\xff" * n, 1)
    client.publish("lovebell/v1/b-00001/press", b"the last", 1).wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


async def test_after_all_of_it_through_a_real_broker_a_press_rings(
    gateway: GatewayProcess, mosquitto: Mosquitto
) -> None:
    await asyncio.to_thread(rubbish, mosquitto.port)
    await press(mosquitto, "b-00002", "honest")
    lines = [json.loads(line) for line in gateway.words().splitlines()]
    dropped = [line for line in lines if line["message"] == "dropped message"]
    counts = [line["count"] for line in dropped if line["device"] == "b-00001"]
    assert max(counts) >= 128
    assert len(counts) < 20  # a flood does not fill the log
    await gateway.stop()


async def test_a_database_that_is_damaged_under_a_gateway_costs_no_ring(
    gateway: GatewayProcess, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    await press(mosquitto, "b-00001", "before")
    backup = tmp_path / "good.gz"
    assert lovebell(gateway, "backup", str(backup)).returncode == 0
    with gateway.database.open("r+b") as file:
        for page in range(1, gateway.database.stat().st_size // 4_096):
            file.seek(page * 4_096)
            file.write(b"\xff" * 4_096)
    with Crowd(mosquitto.port) as crowd:
        crowd.press("b-00002", "in-the-night")
        await until(lambda: not crowd.unrung, crowd)
        await until(lambda: "malformed" in gateway.words(), crowd)
        told = await asyncio.to_thread(lovebell, gateway, "health")
        assert told.returncode == 1
        assert f"`lovebell restore {backup}`" in told.stdout
        assert gateway.is_alive
        gateway.kill()
        restored = await asyncio.to_thread(lovebell, gateway, "restore", str(backup))
        assert restored.returncode == 0, restored.stderr
        await gateway.start()
        await until(lambda: not crowd.waiting, crowd)  # the button has repeated until now
    await gateway.stop()
