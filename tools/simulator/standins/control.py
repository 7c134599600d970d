"""The hand that presses and the air that carries the Wi-Fi, as lines on standard input.

`press MS` closes the button's contact for so long. `wifi 0|1` takes the air away or gives it back;
`air JSON` says which networks there are, {"ssid": "password"}, null for any; `address IP` is what
the router gives from now on. `pass MS TOKEN` is answered with `done TOKEN` when so much of the
board's time has passed. The end of the input is the end of the board: whoever started it is gone.
What goes out besides the firmware's console is a line that begins with TRACE.
"""

import asyncio
import json
import os
import sys

TRACE = "\x01"
BETWEEN_MS = 50
tracing = "trace" in sys.argv
pins = {}  # number -> machine.Pin
wifi = {"up": True, "air": None, "address": "192.168.1.20"}
_finger = asyncio.Lock()


class Flag:
    """asyncio.ThreadSafeFlag without its poll: MicroPython's costs 3 ms a press on Unix."""

    def __init__(self):
        self._event = asyncio.Event()

    def set(self):
        self._event.set()

    def clear(self):
        self._event.clear()

    async def wait(self):
        await self._event.wait()
        self._event.clear()


asyncio.ThreadSafeFlag = Flag


def trace(*words):
    """Tell the harness what a pin does, if it wants to know."""
    if tracing:
        print(TRACE + " ".join(str(word) for word in words))


def die():
    """End this process at once, so that nothing of the firmware can hold it up."""
    if sys.implementation.name == "micropython":
        os.system("kill -9 $PPID")  # noqa: S605 - it has no other way
    os._exit(1)


async def listen():
    """Obey until the input ends."""
    reader = await _stdin()
    while True:
        line = await reader.readline()
        if not line:
            sys.exit(0)
        words = line.decode().split()
        if words[0] == "press":
            asyncio.create_task(_press(int(words[1])))  # noqa: RUF006 - the loop keeps it
        elif words[0] == "wifi":
            wifi["up"] = words[1] == "1"
        elif words[0] == "air":
            wifi["air"] = json.loads(line.decode()[4:])
        elif words[0] == "address":
            wifi["address"] = words[1]
        elif words[0] == "pass":
            asyncio.create_task(_pass(int(words[1]), words[2]))  # noqa: RUF006


async def _pass(ms, token):
    while ms > 0:  # asyncio's ticks are too short for months
        await asyncio.sleep(min(ms, 3_600_000) / 1000)
        ms -= 3_600_000
    print(TRACE + "done " + token)


async def _stdin():
    if sys.implementation.name == "micropython":
        return asyncio.StreamReader(sys.stdin)
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _contact():
    while True:
        for pin in pins.values():
            if pin.is_input:
                return pin
        await asyncio.sleep(0.01)  # the firmware has only just begun to start


async def _press(ms):
    async with _finger:  # one after the other, with time between for the contact to open
        contact = await _contact()
        contact.drive(0)
        await asyncio.sleep(ms / 1000)
        contact.drive(1)
        await asyncio.sleep(BETWEEN_MS / 1000)
