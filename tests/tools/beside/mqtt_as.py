"""A client of our own behind the interface of mqtt_as: what the comparison is tried with.

It knows as much of MQTT 3.1.1 as a button needs, repeats what has no answer, and finds a silent
broker by that only.
"""

import asyncio

VERSION = (0, 0, 7)
ACCEPTED = b"\x20\x02\x00\x00"
PUBACK = 0x40
LOOK_S = 0.1
config = {"client_id": "", "server": "", "port": 1883, "keepalive": 60, "response_time": 1}


def words(*parts):
    """Each with its length before it."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


class MQTTClient:
    def __init__(self, settings):
        self.up = asyncio.Event()
        self.down = asyncio.Event()
        self._settings = settings
        self._line = None
        self._answered = set()
        self._number = 0

    async def connect(self):
        await self._open()
        asyncio.create_task(self._stay())  # noqa: RUF006 - the loop keeps it

    async def publish(self, topic, message, retain=False, qos=0):
        self._number += 1
        number = self._number.to_bytes(2, "big")
        body = words(topic.encode()) + number + message
        while number not in self._answered:
            if self._line is not None:
                await self._write(b"\x32" + bytes([len(body)]) + body)
                await self._wait_for(number)

    async def _wait_for(self, number):
        for _ in range(int(self._settings["response_time"] / LOOK_S)):
            if number in self._answered:
                return
            await asyncio.sleep(LOOK_S)
        self._lose()

    async def _open(self):
        line = await asyncio.open_connection(self._settings["server"], self._settings["port"])
        keepalive = self._settings["keepalive"].to_bytes(2, "big")
        body = words(b"MQTT") + b"\x04\x02" + keepalive
        body += words(self._settings["client_id"].encode())
        line[1].write(b"\x10" + bytes([len(body)]) + body)
        await line[1].drain()
        if await line[0].readexactly(4) != ACCEPTED:
            raise OSError("not let in")
        self._line = line
        self.up.set()

    async def _write(self, packet):
        try:
            self._line[1].write(packet)
            await self._line[1].drain()
        except OSError:
            self._lose()

    def _lose(self):
        if self._line is not None:
            self._line[1].close()
            self._line = None
            self.down.set()

    async def _stay(self):
        while True:
            try:
                if self._line is None:
                    await self._open()
                head = await self._line[0].readexactly(2)
                body = await self._line[0].readexactly(head[1])
                if head[0] == PUBACK:
                    self._answered.add(body)
            except (OSError, EOFError, AttributeError):  # the last one: lost meanwhile
                self._lose()
                await asyncio.sleep(LOOK_S)
