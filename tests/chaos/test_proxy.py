"""What the proxy does to MQTT, with a real broker behind it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from chaos.proxy import Proxy, Trouble
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from chaos.packets import Publish
    from chaos.proxy import Way

PATIENCE_S = 60


class Line:
    """A client that hears itself through a proxy, and the proxy."""

    def __init__(self, broker: Mosquitto) -> None:
        self.passed: list[tuple[Way, str]] = []
        self.heard: list[tuple[str, str]] = []
        self.proxy = Proxy(broker.port, self._passes, "seed")
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="c", clean_session=False)
        self.client.on_message = lambda _c, _d, message: self.heard.append(
            (message.topic, message.payload.decode())
        )
        self.client.reconnect_delay_set(1, 1)

    def _passes(self, way: Way, message: Publish) -> None:
        self.passed.append((way, message.payload.decode()))

    async def connect(self) -> None:
        subscribed: list[object] = []
        self.client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self.client.on_subscribe = lambda *_: subscribed.append(1)
        await asyncio.to_thread(self.client.connect, "127.0.0.1", self.proxy.port)
        self.client.loop_start()
        await self.until(lambda: subscribed)

    async def say(self, *messages: tuple[str, str]) -> None:
        """Send, and wait until the broker has it."""
        sent = [self.client.publish(topic, text, 1) for topic, text in messages]
        await self.until(lambda: all(one.is_published() for one in sent))

    async def until(self, happened: object) -> None:
        assert callable(happened)
        async with asyncio.timeout(PATIENCE_S):
            while not happened():
                await asyncio.sleep(0.01)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    made = Line(broker)
    async with made.proxy:
        await made.connect()
        yield made
        made.client.disconnect()
        made.client.loop_stop()
    broker.stop()


def texts(count: int) -> list[str]:
    return [str(n) for n in range(count)]


async def test_what_passes_is_told_on_its_way_up_and_down(line: Line) -> None:
    await line.say(("a", "1"))
    await line.until(lambda: line.heard)
    assert line.passed == [("up", "1"), ("down", "1")]


async def test_a_repeated_message_comes_again_and_disturbs_nobodys_acknowledgements(
    line: Line,
) -> None:
    line.proxy.suffer(Trouble(repeats=1.0))
    await line.say(*[("a", text) for text in texts(20)])
    await line.until(lambda: len(line.heard) >= 80)  # twice up, and each of these twice down
    assert {text for _, text in line.heard} == set(texts(20))
    assert line.proxy.done["repeated"] == 60


async def test_a_message_is_overtaken_by_those_of_other_topics_only(line: Line) -> None:
    line.proxy.suffer(Trouble(holds=0.3))
    sent = [(topic, text) for text in texts(15) for topic in ("a", "b", "c")]
    await line.say(*sent)
    await line.until(lambda: len(line.heard) >= len(sent))
    assert line.heard != sent
    for topic in ("a", "b", "c"):
        assert [text for at, text in line.heard if at == topic] == texts(15)


async def test_lost_segments_delay_and_lose_nothing(line: Line) -> None:
    trouble = Trouble(loss=0.2)
    line.proxy.suffer(trouble)
    await line.say(*[("a", text) for text in texts(10)])
    await line.until(lambda: len(line.heard) >= 10)
    assert [text for _, text in line.heard] == texts(10)
    assert line.proxy.done["lost"]


async def test_what_was_frozen_one_way_goes_on_when_it_thaws(line: Line) -> None:
    trouble = Trouble(frozen=frozenset({"down"}))
    line.proxy.suffer(trouble)
    line.client.publish("a", "1", 1)
    await line.until(lambda: ("up", "1") in line.passed)
    assert not line.heard
    line.proxy.heal(trouble)
    await line.until(lambda: line.heard)


async def test_after_a_reset_or_a_cut_a_new_connection_is_good(line: Line) -> None:
    line.proxy.reset()
    trouble = Trouble(refuses=True)
    line.proxy.suffer(trouble)
    line.client.publish("a", "1", 1)
    line.proxy.heal(trouble)
    await line.until(lambda: line.heard)
    assert line.proxy.done["reset"]


async def test_a_half_open_connection_swallows_everything_and_says_nothing(line: Line) -> None:
    line.proxy.half_open()
    other = await asyncio.open_connection("127.0.0.1", line.proxy.port)
    line.client.publish("a", "1", 1)
    other[1].write(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x0a\x00\x01x")
    async with asyncio.timeout(PATIENCE_S):
        assert (await other[0].read(4))[0] == 0x20  # a new one is good
    assert not line.heard
    assert line.client.is_connected()
    other[1].close()
    with contextlib.suppress(OSError):
        await other[1].wait_closed()
