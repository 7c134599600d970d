"""Many light buttons and chimes on one connection, as the protocol wants them.

A button repeats a press until its receipt; a chime answers every ring, and repeats what its
responder said until its receipt. Knows the protocol only.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

if TYPE_CHECKING:
    from collections.abc import Callable

REPEAT_S = 1.0


class Crowd:
    """Open it with `with`. All that was pressed, said, received and rung is kept by id."""

    def __init__(self, port: int, answers: Callable[[str], str] = lambda _: "") -> None:
        """`answers(press_id)` is the id under which whoever hears the ring of this press first
        acknowledges it, or "" if nobody does.
        """
        self.pressed: dict[str, str] = {}
        self.answered: dict[str, str] = {}
        self.receipts: Counter[str] = Counter()
        self.rings: Counter[str] = Counter()
        self._answers = answers
        self._said: dict[str, tuple[str, str, dict[str, Any]]] = {}
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
        self._say(press_id, button, "press", {"id": press_id, "kind": "call"})

    def repeat(self) -> None:
        """Send again what has waited long enough for its receipt."""
        now = time.monotonic()
        with self._lock:
            due = [name for name, at in self._due.items() if at <= now]
            self._due.update(dict.fromkeys(due, now + REPEAT_S))
            said = [self._said[name] for name in due]
        for device, leaf, fields in said:
            self._send(device, leaf, fields)

    @property
    def waiting(self) -> set[str]:
        """Presses and answers without a receipt."""
        with self._lock:
            return set(self._due)

    @property
    def unrung(self) -> set[str]:
        """Presses that no chime has heard of."""
        with self._lock:
            return self.pressed.keys() - self.rings.keys()

    def _say(self, name: str, device: str, leaf: str, fields: dict[str, Any]) -> None:
        with self._lock:
            self._said[name] = (device, leaf, fields)
            self._due[name] = time.monotonic() + REPEAT_S
        self._send(device, leaf, fields)

    def _send(self, device: str, leaf: str, fields: dict[str, Any]) -> None:
        self._client.publish(f"lovebell/v1/{device}/{leaf}", json.dumps(fields), qos=1)

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([("lovebell/v1/+/ring", 1), ("lovebell/v1/+/receipt", 1)])

    def _heard(self, _c: mqtt.Client, _u: object, message: mqtt.MQTTMessage) -> None:
        device, leaf = message.topic.split("/")[2:]
        fields = json.loads(message.payload)
        if leaf == "receipt":
            with self._lock:
                self.receipts[fields["id"]] += 1
                self._due.pop(fields["id"], None)
                self._said.pop(fields["id"], None)
            return
        episode = fields["episode"]
        press_id = episode.partition(".")[2]
        self._send(device, "ringing", {"episode": episode})
        answer = self._answers(press_id)
        with self._lock:
            self.rings[press_id] += 1
            is_first = answer and answer not in self.answered
            if is_first:
                self.answered[answer] = press_id
        if is_first:
            self._say(answer, device, "acknowledge", {"id": answer, "episode": episode})
