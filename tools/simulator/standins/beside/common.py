"""What the buttons of both clients share: their settings, the poll of the pin and the message.

The pin is looked at every 20 ms, as umqtt's own example of a button does it, without debouncing.
"""

import json
import os

from machine import Pin

LOOK_MS = 20
PIN = 0


class Button:
    """The pin, and the names of its presses."""

    def __init__(self):
        self._pin = Pin(PIN, Pin.IN, Pin.PULL_UP)
        self._was_closed = False
        self._presses = 0
        self._start = os.urandom(4).hex()

    def pressed(self):
        """The message of a press that has begun since the last look, else None."""
        closed = self._pin.value() == 0
        begun = closed and not self._was_closed
        self._was_closed = closed
        if not begun:
            return None
        self._presses += 1
        return json.dumps({"id": self._start + "-" + str(self._presses), "kind": "call"}).encode()


def settings():
    """(config.json, the topic of its presses, (host, port) of its broker)"""
    with open("config.json") as file:
        config = json.load(file)
    broker = config["broker"][0]
    return config, "lovebell/v1/" + config["device"] + "/press", (broker["host"], broker["port"])
