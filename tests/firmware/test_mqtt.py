"""The MQTT client against a broker that the test plays byte by byte."""

import asyncio

from bell import mqtt

mqtt.LOOK_MS = 1  # deadlines are in ticks, which the test moves; only the looking takes time
CONNACK = b"\x20\x02\x00\x00"
WILL = ("lovebell/v1/b-01/state", b"{}")


class Wire:
    """Both ends of a connection: what the client wrote, and what it is to read."""

    def __init__(self):
        self.now = 0
        self.written = b""
        self.messages = []
        self.closed = False
        self.trouble = None
        self.is_full = False
        self.subscribed = 0
        self._incoming = b""
        self._is_over = False
        self._event = asyncio.Event()
        self.client = mqtt.Client(
            self, self, lambda: self.now, self._take, self._count, lambda: self.trouble
        )

    def _take(self, topic, payload, retained):
        self.messages.append((topic, payload, retained))

    def _count(self):
        self.subscribed += 1

    def send(self, data):
        self._incoming += data
        self._event.set()

    def hang_up(self):
        self._is_over = True
        self._event.set()

    async def readexactly(self, count):
        while len(self._incoming) < count:
            if self._is_over:
                raise EOFError
            self._event.clear()
            await self._event.wait()
        data, self._incoming = self._incoming[:count], self._incoming[count:]
        return data

    def write(self, data):
        self.written += data

    async def drain(self):
        while self.is_full:
            await asyncio.sleep(0)

    def close(self):
        self.closed = True

    async def wait_closed(self):
        pass

    async def settle(self):
        """Let everybody do what there is to do."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def ends(self):
        """Run until the connection ends, and say why."""
        try:
            await self.client.run()
        except mqtt.Broken as why:
            return str(why)
        return None


def played(story):
    """Run `story(wire)` with a client that has connected and runs; the reason of its end."""

    async def play():
        wire = Wire()
        wire.send(CONNACK)
        await wire.client.connect("b-01", "b-01", None, WILL)
        wire.written = b""
        ending = asyncio.create_task(wire.ends())
        await wire.settle()
        await story(wire)
        wire.client.end("the test is over")
        return await ending

    return asyncio.run(play())


def refusal(answer):
    async def play():
        wire = Wire()
        wire.send(answer)
        wire.hang_up()
        try:
            await wire.client.connect("b-01", "b-01", "secret", WILL)
        except mqtt.Broken as why:
            return str(why)
        return None

    return asyncio.run(play())


def test_connect_asks_for_a_persistent_session_with_a_retained_will():
    packet = mqtt.connect_packet("b-01", "b-01", "pw", ("t", b"{}"))
    flags = packet[9]
    assert packet[:9] == bytes([0x10, len(packet) - 2]) + b"\x00\x04MQTT\x04"
    assert flags & 0x02 == 0  # clean session
    assert flags & 0xC0 == 0xC0  # user and password
    assert flags & 0x3C == 0x2C  # will: retained, QoS 1
    assert packet[12:] == b"\x00\x04b-01\x00\x01t\x00\x02{}\x00\x04b-01\x00\x02pw"


def test_a_refusal_says_what_to_do():
    assert "lovebell-tech setup" in refusal(b"\x20\x02\x00\x04")
    assert refusal(b"\x20\x02\x00\x09") == "refused"
    assert refusal(b"HTTP/1.1 400") is not None
    assert "no CONNACK" in refusal(b"")


def test_a_publish_is_one_whole_packet_and_its_puback_is_awaited():
    async def story(wire):
        wire.client.publish("a/b", b"hello", 1, True)
        await wire.settle()
        assert wire.written == b"\x33\x0c\x00\x03a/b\x00\x01hello"
        wire.send(b"\x40\x02\x00\x01")
        await wire.settle()
        wire.now += mqtt.ANSWER_MS
        await asyncio.sleep(0.02)

    assert played(story) == "the test is over"


def test_no_puback_in_time_ends_the_connection():
    async def story(wire):
        wire.client.publish("a/b", b"hello")
        await wire.settle()
        wire.now += mqtt.ANSWER_MS
        await wire.client._over.wait()
        await wire.settle()
        assert wire.closed

    assert played(story) == "no PUBACK for 5 s"


def test_what_is_published_is_written_at_once():
    async def story(wire):
        for number in range(3):
            wire.written = b""
            wire.client.publish("a", bytes([number]), 0)
            assert wire.written == b"\x30\x04\x00\x01a" + bytes([number])
            await wire.settle()
        assert wire.client._deadlines == {}

    assert played(story) == "the test is over"


def test_what_is_published_while_another_packet_drains_is_written_after_it_in_order():
    async def story(wire):
        wire.is_full = True
        for number in range(3):
            wire.client.publish("a", bytes([number]), 0)
            await wire.settle()
        assert wire.written == b"\x30\x04\x00\x01a\x00"
        wire.is_full = False
        await wire.settle()
        assert [wire.written[at] for at in (5, 11, 17)] == [0, 1, 2]

    assert played(story) == "the test is over"


def test_what_is_published_before_the_connection_runs_is_written_when_it_does():
    async def play():
        wire = Wire()
        for number in range(3):
            wire.client.publish("a", bytes([number]), 0)
        assert wire.written == b""
        ending = asyncio.create_task(wire.ends())
        await wire.settle()
        assert [wire.written[at] for at in (5, 11, 17)] == [0, 1, 2]
        wire.client.end("the test is over")
        return await ending

    assert asyncio.run(play()) == "the test is over"


def test_a_socket_that_takes_no_packet_in_time_ends_the_connection():
    async def story(wire):
        wire.is_full = True
        wire.client.publish("a", b"", 0)
        await wire.settle()
        wire.now += mqtt.ANSWER_MS
        await wire.client._over.wait()

    assert played(story) == "no room to write for 5 s"


def test_a_socket_that_is_broken_ends_the_connection_and_whoever_publishes_goes_on():
    async def story(wire):
        def write(data):
            raise OSError("it is broken")

        wire.write = write
        wire.client.publish("a", b"", 0)
        await wire.client._over.wait()

    assert played(story) == "it is broken"


def test_what_is_published_after_the_end_is_not_written_to_what_is_closed():
    async def play():
        wire = Wire()
        ending = asyncio.create_task(wire.ends())
        await wire.settle()
        wire.client.publish("a", b"before", 0)
        await wire.settle()
        wire.client.end("the test is over")
        await ending
        assert wire.closed
        wire.client.publish("a", b"after", 0)
        return wire.written

    assert asyncio.run(play()) == b"\x30\x09\x00\x01abefore"


def test_a_publish_of_qos_0_waits_for_nothing():
    async def story(wire):
        wire.client.publish("a/b", b"hello", 0)
        await wire.settle()
        assert wire.written == b"\x30\x0a\x00\x03a/bhello"
        assert wire.client._deadlines == {}

    assert played(story) == "the test is over"


def test_a_silent_broker_is_asked_and_left():
    async def story(wire):
        wire.now += mqtt.PING_AFTER_MS
        while not wire.written:
            await asyncio.sleep(0)
        assert wire.written == b"\xc0\x00"
        wire.now += mqtt.ANSWER_MS
        await wire.client._over.wait()

    assert played(story) == "no PINGRESP for 5 s"


def test_a_broker_that_answers_is_kept():
    async def story(wire):
        for _ in range(5):
            wire.written = b""
            wire.now += mqtt.PING_AFTER_MS
            while not wire.written:
                await asyncio.sleep(0)
            wire.send(b"\xd0\x00")
            await wire.settle()

    assert played(story) == "the test is over"


def test_a_message_of_qos_1_is_delivered_and_then_acknowledged():
    async def story(wire):
        wire.send(b"\x33\x0c\x00\x03a/b\x12\x34hello")
        await wire.settle()
        assert wire.messages == [("a/b", b"hello", True)]
        assert wire.written == b"\x40\x02\x12\x34"

    assert played(story) == "the test is over"


def test_a_message_of_qos_0_is_delivered_without_an_answer():
    async def story(wire):
        wire.send(b"\x30\x0a\x00\x03a/bhello")
        await wire.settle()
        assert wire.messages == [("a/b", b"hello", False)]
        assert wire.written == b""

    assert played(story) == "the test is over"


def test_a_huge_message_is_cut_and_the_next_one_still_understood():
    async def story(wire):
        body = b"\x00\x03a/b\x00\x07" + b"x" * 70_000
        length = bytes([len(body) & 0x7F | 0x80, len(body) >> 7 & 0x7F | 0x80, len(body) >> 14])
        wire.send(b"\x32" + length + body)
        wire.send(b"\x30\x0a\x00\x03a/bhello")
        await wire.settle()
        assert [payload for _, payload, _ in wire.messages][1:] == [b"hello"]
        assert 1024 < len(wire.messages[0][1]) <= mqtt.MOST_BYTES
        assert wire.written == b"\x40\x02\x00\x07"

    assert played(story) == "the test is over"


def test_a_subscription_is_told_when_the_broker_has_taken_it():
    async def story(wire):
        wire.client.subscribe([("a/b", 1), ("c", 0)])
        await wire.settle()
        assert wire.written == b"\x82\x0c\x00\x01\x00\x03a/b\x01\x00\x01c\x00"
        assert wire.subscribed == 0
        wire.send(b"\x90\x04\x00\x01\x01\x00")
        await wire.settle()
        assert wire.subscribed == 1

    assert played(story) == "the test is over"


def test_a_refused_subscription_ends_the_connection():
    async def story(wire):
        wire.client.subscribe([("a/b", 1)])
        wire.send(b"\x90\x03\x00\x01\x80")
        await wire.client._over.wait()

    assert "access list" in played(story)


def test_an_end_of_the_stream_ends_the_connection():
    async def story(wire):
        wire.hang_up()
        await wire.client._over.wait()

    assert played(story) == "closed by the broker"


def test_a_lost_wifi_ends_the_connection():
    async def story(wire):
        wire.trouble = "the Wi-Fi is gone"
        await wire.client._over.wait()

    assert played(story) == "the Wi-Fi is gone"


def test_nonsense_ends_the_connection():
    for nonsense in (
        b"\x00\x00",
        b"\x30\xff\xff\xff\xff\xff",
        b"\x30\x00",
        b"\x34\x05\x00\x01a\x00\x01",
    ):

        async def story(wire, nonsense=nonsense):
            wire.send(nonsense)
            await wire.client._over.wait()

        assert "no sense" in played(story)


def test_a_queue_that_nobody_takes_ends_the_connection():
    async def story(wire):
        for _ in range(1 + mqtt.MOST_QUEUED + 1):  # the first is written at once
            wire.client.publish("a", b"", 0)
        await wire.client._over.wait()

    assert played(story) == "the broker takes nothing"


def test_packet_identifiers_are_never_zero():
    async def story(wire):
        wire.client._last_id = 65534
        wire.client.publish("a", b"")
        wire.client.publish("a", b"")
        await wire.settle()
        assert wire.written[5:7] == b"\xff\xff"
        assert wire.written[12:14] == b"\x00\x01"

    assert played(story) == "the test is over"
