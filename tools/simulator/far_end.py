"""The other end of the wire: a gateway of one page that knows the protocol and keeps no books.

Owns a client on the broker and every message it has seen. By itself it only listens; with
`answers` it gives the receipts and rings the chimes of `pairs` that a gateway would, so that
boards can be measured and tried without one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 60  # two busy cores are no reason to fail
RING_MS = 600_000
RING_AGAIN_S = 2  # until the chime says that it rings, as a gateway does


class Message(NamedTuple):
    """One message, and when it came by time.monotonic()."""

    device: str
    leaf: str
    fields: dict[str, Any]
    retained: bool
    at: float


class FarEnd:
    """Sees every message and says what a gateway would say. `close` it in the end."""

    def __init__(self, port: int, *, answers: bool = False) -> None:
        self.answers = answers
        self.messages: list[Message] = []
        self.pairs: dict[str, str] = {}  # button -> the chime that rings for it
        self._unanswered: set[tuple[str, str]] = set()  # (chime, episode)
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id="gateway", clean_session=False
        )
        self._client.on_socket_open = _hurry
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port, keepalive=10)
        self._client.loop_start()

    async def ready(self) -> None:
        """Wait until nothing can be missed."""
        async with asyncio.timeout(PATIENCE_S):
            await self._subscribed.wait()

    def say(
        self,
        device: str,
        leaf: str,
        fields: dict[str, Any],
        retain: bool = False,
        qos: int = 1,
    ) -> None:
        """Publish to a device."""
        self._client.publish(f"lovebell/v1/{device}/{leaf}", json.dumps(fields), qos, retain)

    def heard(self, leaf: str, **fields: object) -> list[Message]:
        """The messages of that leaf with these fields."""
        return [
            message
            for message in self.messages
            if message.leaf == leaf and fields.items() <= message.fields.items()
        ]

    async def hears(
        self, leaf: str, count: int = 1, timeout_s: float = PATIENCE_S, **fields: object
    ) -> Message:
        """The `count`-th message of that leaf with these fields."""
        async with asyncio.timeout(timeout_s):
            while True:
                alike = self.heard(leaf, **fields)
                if len(alike) >= count:
                    return alike[count - 1]
                await self._changed.wait()

    def close(self) -> None:
        """Leave the broker."""
        self._unanswered.clear()
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        client.subscribe("lovebell/#", 1)

    def _on_subscribe(self, *_: object) -> None:
        self._call(self._subscribed.set)

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._call(self._take, message, time.monotonic())

    def _call(self, what: Callable[..., object], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # whoever listened is gone
            self._loop.call_soon_threadsafe(what, *arguments)

    def _take(self, message: paho.MQTTMessage, at: float) -> None:
        _, _, device, leaf = message.topic.split("/")
        with contextlib.suppress(ValueError):
            fields: dict[str, Any] = json.loads(message.payload)
            self.messages.append(Message(device, leaf, fields, message.retain, at))
            if self.answers:
                self._answer(device, leaf, fields)
        self._changed.set()
        self._changed = asyncio.Event()

    def _answer(self, device: str, leaf: str, fields: dict[str, Any]) -> None:
        if leaf == "press":
            episode = f"{device}.{fields['id']}"
            self.say(device, "receipt", {"id": fields["id"], "episode": episode})
            if device in self.pairs and fields["kind"] == "call":
                self._unanswered.add((self.pairs[device], episode))
                self._ring(self.pairs[device], episode, device)
        elif leaf == "ringing":
            self._unanswered.discard((device, fields["episode"]))
        elif leaf == "acknowledge":
            self.say(device, "receipt", {"id": fields["id"], "episode": fields["episode"]})

    def _ring(self, chime: str, episode: str, button: str) -> None:
        if (chime, episode) in self._unanswered:
            self.say(chime, "ring", ring_of(episode, button=button))
            self._loop.call_later(RING_AGAIN_S, self._ring, chime, episode, button)


def _hurry(_client: object, _data: object, line: object) -> None:
    """Without it one message would wait 40 ms for the one before: paho does not set it."""
    if isinstance(line, socket.socket):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def ring_of(episode: str, **more: object) -> dict[str, Any]:
    """The fields of a ring for that episode."""
    return {
        "episode": episode,
        "kind": "call",
        "button": "b-01",
        "home": "示例路 3 号楼 201",
        "step": 1,
        "for_ms": RING_MS,
        **more,
    }
