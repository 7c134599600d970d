"""The firmware's decoders as a process: a door and some bytes a line come in, in hex; a verdict a
line goes out. Runs on MicroPython and on CPython, which must say the same."""

import asyncio
import binascii
import json
import sys

from bell import config, mqtt, strict, wire


def plain(value):
    """The same text on every interpreter. Fractions are not compared: a board's are shorter."""
    if isinstance(value, str):
        whole = wire._joined(value)  # MicroPython leaves a pair of escapes as halves
        return "'" + " ".join(f"{ord(letter):x}" for letter in whole) + "'"
    if isinstance(value, bytes):
        return binascii.hexlify(value).decode()
    if isinstance(value, float):
        return "fraction"
    if isinstance(value, dict):
        return "{" + ",".join(sorted(plain(k) + ":" + plain(value[k]) for k in value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([plain(one) for one in value]) + "]"
    return str(value)


def message(raw):
    """A topic, a NUL, a payload."""
    topic, _, payload = raw.partition(b"\x00")
    try:
        return plain(wire.decode(topic.decode(), payload))
    except wire.BadMessage as why:
        return why.code


def text(raw):
    """One JSON text."""
    try:
        return plain(strict.loads(raw))
    except ValueError:
        return "refused"


def settings(raw):
    """A config.json."""
    try:
        given = json.loads(raw)
    except (ValueError, RuntimeError):
        return "no JSON"
    try:
        return plain(config.check(given))
    except config.ConfigError:
        return "refused"


class End:
    """The broker's end of a connection: all that it says, and then it hangs up."""

    def __init__(self, said):
        self.said = said
        self.answers = b""

    async def readexactly(self, count):
        if len(self.said) < count:
            raise EOFError
        data, self.said = self.said[:count], self.said[count:]
        return data

    def write(self, data):
        self.answers += data

    async def drain(self):
        pass

    def close(self):
        pass

    async def wait_closed(self):
        pass


async def _talk(end, heard):
    def take(topic, payload, retained):
        heard.append(("message", topic, payload, retained))

    def subscribed():
        heard.append(("subscribed",))

    client = mqtt.Client(end, end, lambda: 0, take, subscribed, lambda: None)
    try:
        heard.append(("session", await client.connect("b-1", "b-1", "x", ("a/b", b"{}"))))
        await client.run()
    except mqtt.Broken as why:
        heard.append(("broken", str(why)))


def broker(raw):
    """All that a broker says from CONNACK on."""
    heard = []
    end = End(raw)
    asyncio.run(_talk(end, heard))
    return plain(heard)


DOORS = {"message": message, "text": text, "settings": settings, "broker": broker}


def main():
    """Until the input ends."""
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        door, _, raw = line.rstrip("\n").partition(" ")
        try:
            verdict = DOORS[door](binascii.unhexlify(raw))
        except Exception as why:  # noqa: BLE001 - that is the finding
            verdict = f"{type(why).__name__}: {why!r}"
        print(verdict)


if __name__ == "__main__":
    main()
