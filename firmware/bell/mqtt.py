"""A small MQTT 3.1.1 client for one connection over asyncio streams.

Owns packets, packet identifiers and deadlines. Knows nothing of Wi-Fi, topics or what a payload
means. Every wait has a deadline, and a deadline that passes ends the connection: MicroPython has
no keep-alive on sockets, so nothing else finds a connection that is open at our end only.

A publish that was not acknowledged when the connection ended is not repeated here: those who
need an answer from the far end repeat what they said themselves, with a new age.
"""

import asyncio

from bell import release
from bell.ticks import is_over, ticks_add

KEEPALIVE_S = 20
PING_AFTER_MS = 8_000
CONNECT_MS = 8_000  # for TLS to agree, which costs an ESP32 two seconds, and CONNECT to leave
ANSWER_MS = 5_000  # for CONNACK, PUBACK, SUBACK, PINGRESP and for the socket to take a packet
LOOK_MS = 500
MOST_QUEUED = 64
MOST_BYTES = 2048  # of a packet; the rest is read past. Payloads above 1024 are refused anyway


class Broken(Exception):  # noqa: N818 - the connection is, not the program
    """The connection is of no more use; the message says why."""


class NotWelcome(Broken):
    """The broker does not let this device in; a technician must see to it."""


class Client:
    """One connection. `run` lives as long as it does; `publish` and `subscribe` never wait: what
    cannot be written at once is queued."""

    def __init__(self, reader, writer, now, on_message, on_subscribed, look) -> None:
        """`now()` gives ticks; `on_message(topic, payload, retained)` is called before a message
        is acknowledged, `on_subscribed()` when the broker has taken a subscription; when
        `look()` has something to say against the connection, it ends."""
        self._reader = reader
        self._writer = writer
        self._now = now
        self._on_message = on_message
        self._on_subscribed = on_subscribed
        self._look = look
        self._queue: list = []
        self._queued = asyncio.Event()
        self._is_free = False  # whether nobody writes at the moment
        self._over = asyncio.Event()
        self._why = ""
        self._last_id = 0
        self._deadlines: dict = {}  # what must have happened, by which tick
        self._ping_at = ticks_add(now(), PING_AFTER_MS)

    async def connect(self, name: str, user: str | None, password: str | None, will: tuple) -> bool:
        """Say who we are. Whether the broker kept our session. Raises Broken.

        `will` is (topic, payload), retained, QoS 1.
        """
        packet = connect_packet(name, user, password, will)
        try:
            await asyncio.wait_for(self._send(packet), CONNECT_MS // 1000)
            kind, body = await asyncio.wait_for(self._read(), ANSWER_MS // 1000)
        except asyncio.TimeoutError:
            raise Broken("no CONNACK for {} s".format(ANSWER_MS // 1000))
        except (OSError, EOFError) as why:
            raise Broken("no CONNACK: {}".format(why))
        if kind != 0x20 or len(body) != 2:
            raise Broken("no MQTT broker")
        if body[1] != 0:
            raise _refusal(body[1])
        return body[0] == 1

    async def _send(self, packet: bytes) -> None:
        self._writer.write(packet)
        await self._writer.drain()

    async def run(self) -> None:
        """Read, write and watch the deadlines until something ends the connection, which is
        raised as Broken. Closes the streams."""
        tasks = [
            asyncio.create_task(self._guard(work))
            for work in (self._read_all(), self._write_all(), self._watch())
        ]
        try:
            await self._over.wait()
        finally:
            for task in tasks:
                task.cancel()
            self._is_free = False  # nothing is written to what is being closed
            await close(self._writer)
        raise Broken(self._why)

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """Write or queue a message. With QoS 1, no PUBACK in time ends the connection."""
        head = _text(topic)
        if qos:
            head += self._expect("PUBACK")
        self._put(_packet(0x30 | qos << 1 | (1 if retain else 0), head + payload))

    def subscribe(self, topics: list) -> None:
        """Write or queue a subscription to `topics`, (topic, QoS) each."""
        body = self._expect("SUBACK")
        for topic, qos in topics:
            body += _text(topic) + bytes([qos])
        self._put(_packet(0x82, body))

    def end(self, why: str) -> None:
        """End the connection."""
        if not self._over.is_set():
            self._why = why
            self._over.set()

    def _put(self, packet: bytes) -> None:
        if len(self._queue) >= MOST_QUEUED:
            self.end("the broker takes nothing")
            return
        self._queue.append(packet)
        if self._is_free:  # a press is on the wire before anything else has its turn
            self._is_free = False
            try:
                self._write_next()
            except Exception as why:  # noqa: BLE001 - as in _guard()
                self.end(str(why))
        self._queued.set()

    def _write_next(self) -> None:
        self._deadlines["write"] = ("room to write", ticks_add(self._now(), ANSWER_MS))
        self._writer.write(self._queue.pop(0))

    def _expect(self, answer: str) -> bytes:
        self._last_id = self._last_id % 65535 + 1
        self._deadlines[self._last_id] = (answer, ticks_add(self._now(), ANSWER_MS))
        return _number(self._last_id)

    async def _guard(self, work) -> None:
        try:
            await work
        except Exception as why:  # noqa: BLE001 - whatever it was, a new connection heals it
            self.end(str(why) or "closed by the broker")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_MS / 1000)
            now = self._now()
            for answer, deadline in self._deadlines.values():
                if is_over(now, deadline):
                    raise Broken("no {} for {} s".format(answer, ANSWER_MS // 1000))
            trouble = self._look()
            if trouble:
                raise Broken(trouble)
            if is_over(now, self._ping_at):
                self._deadlines["ping"] = ("PINGRESP", ticks_add(now, ANSWER_MS))
                self._ping_at = ticks_add(now, PING_AFTER_MS)
                self._put(b"\xc0\x00")

    async def _write_all(self) -> None:
        # A packet is written whole, and never while another one drains: MicroPython's stream would
        # lose it.
        while True:
            while self._queue:
                self._write_next()
                await self._writer.drain()
            self._deadlines.pop("write", None)
            self._is_free = True
            await self._queued.wait()
            self._is_free = False
            self._queued.clear()
            await self._writer.drain()  # what _put() has written

    async def _read_all(self) -> None:
        while True:
            kind, body = await self._read()
            if kind & 0xF0 == 0x30:
                self._receive(kind, body)
            elif kind == 0x40 and len(body) == 2:
                self._deadlines.pop(body[0] << 8 | body[1], None)
            elif kind == 0x90 and len(body) > 2:
                self._deadlines.pop(body[0] << 8 | body[1], None)
                if 0x80 in body[2:]:
                    raise Broken("the broker refuses a subscription: check its access list")
                self._on_subscribed()
            elif kind == 0xD0:
                self._deadlines.pop("ping", None)
            else:
                raise Broken("packet {:02x} makes no sense".format(kind))

    def _receive(self, kind: int, body: bytes) -> None:
        qos = kind >> 1 & 3
        end = 2 + (body[0] << 8 | body[1]) if len(body) > 1 else 0
        if qos > 1 or end < 3 or end + 2 * qos > len(body):
            raise Broken("a PUBLISH that makes no sense")
        try:
            topic = body[2:end].decode()
        except ValueError:
            topic = ""
        self._on_message(topic, body[end + 2 * qos :], kind & 1 == 1)
        if qos:
            self._put(b"\x40\x02" + body[end : end + 2])

    async def _read(self) -> tuple:
        """(first byte, body) of the next packet."""
        kind = (await self._reader.readexactly(1))[0]
        length = 0
        for shift in (0, 7, 14, 21):
            byte = (await self._reader.readexactly(1))[0]
            length |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
        else:
            raise Broken("a length that makes no sense")
        body = await self._reader.readexactly(min(length, MOST_BYTES))
        for start in range(MOST_BYTES, length, MOST_BYTES):
            await self._reader.readexactly(min(length - start, MOST_BYTES))
        return kind, body


def _refusal(code: int) -> Broken:
    from bell import reasons

    why = reasons.of_connack(code)
    release("reasons")
    return NotWelcome(why) if code in (0x04, 0x05) else Broken(why)


async def close(writer) -> None:
    """Close a stream, whatever state it is in. MicroPython closes it only in wait_closed()."""
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 1)
    except (OSError, EOFError, asyncio.TimeoutError):
        pass  # it was broken anyway


def connect_packet(name: str, user: str | None, password: str | None, will: tuple) -> bytes:
    """CONNECT for a persistent session with a retained last will of QoS 1."""
    flags = 0x04 | 0x08 | 0x20
    body = _text(name) + _text(will[0]) + _number(len(will[1])) + will[1]
    if user is not None:
        flags |= 0x80
        body += _text(user)
        if password is not None:
            flags |= 0x40
            body += _text(password)
    return _packet(0x10, b"\x00\x04MQTT\x04" + bytes([flags]) + _number(KEEPALIVE_S) + body)


def _packet(kind: int, body: bytes) -> bytes:
    length = len(body)
    head = bytes([kind])
    while length > 127:
        head += bytes([length & 0x7F | 0x80])
        length >>= 7
    return head + bytes([length]) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return _number(len(raw)) + raw


def _number(number: int) -> bytes:
    return bytes([number >> 8, number & 0xFF])
