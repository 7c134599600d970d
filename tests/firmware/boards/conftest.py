"""A broker, boards and a far end that the test plays itself."""

import asyncio
import contextlib
import json
from typing import NamedTuple

import paho.mqtt.client as paho
import pytest
import pytest_asyncio

from simulator.board import VirtualBoard
from simulator.mosquitto import Mosquitto

PATIENCE_S = 60  # two busy cores are no reason to fail


class Message(NamedTuple):
    device: str
    leaf: str
    fields: dict
    retained: bool


class FarEnd:
    """Sees every message and says what a gateway would say."""

    def __init__(self, port):
        self.messages = []
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id="gateway", clean_session=False
        )
        self._client.on_connect = lambda client, *_: client.subscribe("lovebell/#", 1)
        self._client.on_subscribe = lambda *_: self._call(self._subscribed.set)
        self._client.on_message = lambda _client, _data, message: self._call(self._take, message)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port, keepalive=10)
        self._client.loop_start()

    async def ready(self):
        async with asyncio.timeout(PATIENCE_S):
            await self._subscribed.wait()

    def say(self, device, leaf, fields, retain=False):
        self._client.publish(f"lovebell/v1/{device}/{leaf}", json.dumps(fields), 1, retain)

    async def hears(self, leaf, count=1, **fields):
        """The `count`-th message of that leaf with these fields."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                alike = [
                    message
                    for message in self.messages
                    if message.leaf == leaf and fields.items() <= message.fields.items()
                ]
                if len(alike) >= count:
                    return alike[count - 1]
                await self._changed.wait()

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def _call(self, what, *arguments):
        with contextlib.suppress(RuntimeError):  # the test is over
            self._loop.call_soon_threadsafe(what, *arguments)

    def _take(self, message):
        _, _, device, leaf = message.topic.split("/")
        with contextlib.suppress(ValueError):
            fields = json.loads(message.payload)
            self.messages.append(Message(device, leaf, fields, message.retain))
        self._changed.set()
        self._changed = asyncio.Event()


@pytest.fixture
def broker(tmp_path):
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest_asyncio.fixture
async def far_end(broker):
    far_end = FarEnd(broker.port)
    await far_end.ready()
    yield far_end
    far_end.close()


@pytest_asyncio.fixture
async def boards(broker, tmp_path):
    """A function that makes a board and gives it power; all are ended after the test."""
    made = []

    async def make(name, role, **more):
        config = {
            "device": name,
            "role": role,
            "wifi": [{"ssid": "home", "password": "12345678"}],
            "broker": [{"host": "127.0.0.1", "port": broker.port}],
            **more.pop("config", {}),
        }
        board = VirtualBoard(tmp_path / name, config, **more)
        made.append(board)
        await board.start()
        return board

    yield make
    for board in made:
        await board.stop()
        assert not board.alive
