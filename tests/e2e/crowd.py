"""Many light buttons and chimes on one connection, as the protocol wants them.

A button repeats a press until its receipt; a chime answers every ring. Knows the protocol only.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

REPEAT_S = 1.0


class Crowd:
    """Open it with `with`. All that was pressed, received and rung is kept by press id."""

    def __init__(self, port: int) -> None:
        self.pressed: dict[str, str] = {}
        self.receipts: Counter[str] = Counter()
        self.rings: Counter[str] = Counter()
        self._due: dict[str, float] = {}
        self._lock = threading.Lock()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "crowd", clean_session=False)
        self._client.max_inflight_messages_set(1000)
        self._client.on_message = self._heard
        self._client.on_connect = self._connected
        self._client.connect("127.0.0.1", port)

    def __enter__(self) -> Crowd:
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def press(self, button: str, press_id: str) -> None:
        """A button is pressed."""
        with self._lock:
            self.pressed[press_id] = button
            self._due[press_id] = time.monotonic() + REPEAT_S
        self._send(button, "press", {"id": press_id, "kind": "call"})

    def repeat(self) -> None:
        """Send again what has waited long enough for its receipt."""
        now = time.monotonic()
        with self._lock:
            due = [press_id for press_id, at in self._due.items() if at <= now]
            self._due.update(dict.fromkeys(due, now + REPEAT_S))
        for press_id in due:
            self._send(self.pressed[press_id], "press", {"id": press_id, "kind": "call"})

    @property
    def waiting(self) -> set[str]:
        """Presses without a receipt."""
        with self._lock:
            return set(self._due)

    @property
    def unrung(self) -> set[str]:
        """Presses that no chime has heard of."""
        with self._lock:
            return self.pressed.keys() - self.rings.keys()

    def _send(self, device: str, leaf: str, fields: dict[str, Any]) -> None:
        self._client.publish(f"lovebell/v1/{device}/{leaf}", json.dumps(fields), qos=1)

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([("lovebell/v1/+/ring", 1), ("lovebell/v1/+/receipt", 1)])

    def _heard(self, _c: mqtt.Client, _u: object, message: mqtt.MQTTMessage) -> None:
        device, leaf = message.topic.split("/")[2:]
        fields = json.loads(message.payload)
        with self._lock:
            if leaf == "receipt":
                self.receipts[fields["id"]] += 1
                self._due.pop(fields["id"], None)
            else:
                self.rings[fields["episode"].partition(".")[2]] += 1
        if leaf == "ring":
            self._send(device, "ringing", {"episode": fields["episode"]})
