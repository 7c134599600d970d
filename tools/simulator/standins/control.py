"""The hand that presses and the air that carries the Wi-Fi, as lines on standard input.

`press MS` closes the button's contact for so long, `key MS` the service key's; `release` opens a
button that was held when the power came; `blind BLOCK PRESS` blocks the interpreter for so long,
while the button is pressed for PRESS milliseconds; `supply UV` is what the converter sees.
`wifi 0|1` takes the air away or gives it back; `air JSON` says which networks there are,
{"ssid": "password"}, null for any; `address IP` is what the router gives from now on. `pass MS
TOKEN` is answered with `done TOKEN` when so much of the board's time has passed. The end of the
input is the end of the board: whoever started it is gone. What goes out besides the firmware's
console is a line that begins with TRACE.
"""

import asyncio
import json
import os
import sys
import time

TRACE = "\x01"
BETWEEN_MS = 50
SOON_MS = 1000
KEY_MS = 6000
tracing = "trace" in sys.argv
pins = {}  # number -> machine.Pin
contacts = []  # the pins that close to ground, in the order of their making: button, service key
supply = {"uv": 0}  # what the converter sees
i2s = {"deaf": "deaf" in sys.argv}  # an output that takes nothing
wifi = {"up": True, "air": None, "address": "192.168.1.20"}
_finger = asyncio.Lock()
# On CPython there is none.
ticks_us = getattr(time, "ticks_us", lambda: time.monotonic_ns() // 1000)


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
_start_server = asyncio.start_server


def start_server(serve, host, port, backlog):
    """What the firmware serves on its access point, a phone of the harness finds on this PC."""
    return _start_server(serve, "127.0.0.1", int(os.getenv("LOVEBELL_PAGE_PORT")), backlog=backlog)


asyncio.start_server = start_server


def trace(*words):
    """Tell the harness what a pin does, if it wants to know."""
    if tracing:
        print(TRACE + " ".join(str(word) for word in words))


def watch_wire(stream):
    """Tell when a press has left on a stream of that class."""
    write = stream.write

    def watched(self, data):
        done = write(self, data)
        if data[0] & 0xF0 == 0x30 and b"/press" in data:
            trace("wire", 0, ticks_us())
        return done

    stream.write = watched


def later(ms, call):
    """Call it after so much of the board's time."""

    async def wait():
        await asyncio.sleep(ms / 1000)
        call()

    asyncio.create_task(wait())  # noqa: RUF006 - the loop keeps it


def die():
    """End this process at once, so that nothing of the firmware can hold it up."""
    if sys.implementation.name == "micropython":
        os.system("kill -9 $PPID")  # noqa: S605 - it has no other way
    os._exit(1)


async def listen():
    """Obey until the input ends."""
    reader = await _stdin()
    if "keyed" in sys.argv:
        asyncio.create_task(_key_soon())  # noqa: RUF006 - the loop keeps it
    while True:
        line = await reader.readline()
        if not line:
            sys.exit(0)
        words = line.decode().split()
        if words[0] == "press":
            asyncio.create_task(_press(int(words[1])))  # noqa: RUF006 - the loop keeps it
        elif words[0] == "key":
            asyncio.create_task(_press(int(words[1]), 1))  # noqa: RUF006
        elif words[0] == "release":
            asyncio.create_task(_release())  # noqa: RUF006
        elif words[0] == "blind":
            await _blind(int(words[1]), int(words[2]))
        elif words[0] == "supply":
            supply["uv"] = int(words[1])
        elif words[0] == "wifi":
            wifi["up"] = words[1] == "1"
        elif words[0] == "air":
            wifi["air"] = json.loads(line.decode()[4:])
        elif words[0] == "address":
            wifi["address"] = words[1]
        elif words[0] == "pass":
            asyncio.create_task(_pass(int(words[1]), words[2]))  # noqa: RUF006


async def _key_soon():
    await asyncio.sleep(SOON_MS / 1000)
    await _press(KEY_MS, 1)


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


async def _contact(place):
    while len(contacts) <= place:
        await asyncio.sleep(0.01)  # the firmware has only just begun to start
    return contacts[place]


async def _blind(block_ms, press_ms):
    # The chip runs a pin's handler between two instructions of the interpreter. While one call
    # blocks none runs; then they all do, and see the level that the pin has by then.
    contact = await _contact(0)
    time.sleep(block_ms / 1000)  # noqa: ASYNC251 - that is what is to be tried
    if press_ms < block_ms:
        contact.noticed(2)
    else:
        contact.drive(0)
        await asyncio.sleep((press_ms - block_ms) / 1000)
        contact.drive(1)


async def _release():
    async with _finger:
        contacts[0].drive(1)
        await asyncio.sleep(BETWEEN_MS / 1000)


async def _press(ms, place=0):
    if place == 1:  # the other hand
        key = await _contact(1)
        key.drive(0)
        await asyncio.sleep(ms / 1000)
        key.drive(1)
        return
    async with _finger:  # one after the other, with time between for the contact to open
        contact = await _contact(0)
        began = ticks_us()
        contact.drive(0)
        trace("edge", contact.number, began)
        await asyncio.sleep(ms / 1000)
        contact.drive(1)
        await asyncio.sleep(BETWEEN_MS / 1000)
