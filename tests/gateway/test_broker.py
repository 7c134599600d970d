"""The connection to the broker, with a real Mosquitto and with brokers that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lovebell.broker import Address, Broker, link, packets
from lovebell.logs import JsonLines
from simulator.chain import Chain
from simulator.mosquitto import Mosquitto, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

TOPICS = {"lovebell/+/+/press": 1, "lovebell/+/+/heartbeat": 0}
PRESS = "lovebell/v1/b-1/press"
RING = "lovebell/v1/c-1/ring"


class Ear:
    """Who holds a session and keeps what was heard. `until` waits for something to be true."""

    def __init__(self, address: Address, *, settles: bool = True) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.ups = 0
        self.settles = settles
        self.broker = Broker(address, TOPICS, self._message, self._up)
        self._task = asyncio.create_task(self.broker.run())

    def _message(self, topic: str, payload: bytes, token: int) -> None:
        self.heard.append((topic, payload))
        if payload == b"trouble":
            raise ZeroDivisionError
        if self.settles:
            self.broker.settle(token)

    def _up(self) -> None:
        self.ups += 1

    async def until(self, happened: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not happened():
                await asyncio.sleep(0.005)

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


class Device:
    """A client of the other kind: bare packets on a blocking socket, as the standard draws them."""

    def __init__(self, port: int, name: str = "device") -> None:
        self._reader = packets.Reader()
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._packets: list[tuple[int, bytes]] = []
        self.send(packets.connect(name, "", "", 60))
        assert self.read()[0] == packets.CONNACK

    def send(self, packet: bytes) -> None:
        self._socket.sendall(packet)

    def read(self) -> tuple[int, bytes]:
        while not self._packets:
            self._packets += self._reader.feed(self._socket.recv(65_536))
        return self._packets.pop(0)

    def press(self, payload: bytes, mid: int = 1) -> None:
        """Press, and wait until the broker has it."""
        self.send(packets.publish(mid, PRESS, payload, retain=False))
        assert self.read() == (packets.PUBACK, mid.to_bytes(2, "big"))


def with_password(folder: Path, password: str) -> Mosquitto:
    """A running broker that lets in nobody but the user `gateway`."""
    users = folder / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", users, "gateway", password], check=True)
    users.chmod(0o644)
    extra = f"allow_anonymous false\npassword_file {users}\n"
    broker = Mosquitto(folder / "broker", extra=extra)
    broker.start()
    return broker


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "broker")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def address(mosquitto: Mosquitto) -> Address:
    return Address("127.0.0.1", mosquitto.port, "gateway")


@pytest.fixture
async def ear(address: Address) -> AsyncIterator[Ear]:
    made = Ear(address)
    await made.until(lambda: made.ups)
    yield made
    await made.close()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[str], list[dict[str, object]]]:
    """The lines with this message, with all that they would show."""
    caplog.set_level(logging.INFO, "lovebell")
    lines = JsonLines()

    def found(message: str) -> list[dict[str, object]]:
        shown = [json.loads(lines.format(record)) for record in caplog.records]
        return [line for line in shown if line["message"] == message]

    return found


async def subscribed(ear: Ear, device: Device) -> None:
    """Return when the broker has our subscriptions: a first message has come through."""
    device.press(b"first", 65_535)
    await ear.until(lambda: (PRESS, b"first") in ear.heard)
    ear.heard.clear()


async def test_what_was_not_settled_comes_again_and_what_was_settled_does_not(
    address: Address,
) -> None:
    careless = Ear(address, settles=False)
    await careless.until(lambda: careless.ups)
    device = Device(address.port)
    for mid, payload in enumerate((b"one", b"two", b"three"), 1):
        device.press(payload, mid)
    await careless.until(lambda: len(careless.heard) == 3)
    careless.settles = True
    device.press(b"four", 4)
    await careless.until(lambda: len(careless.heard) == 4)
    await careless.close()
    careful = Ear(address)
    await careful.until(lambda: len(careful.heard) == 3)
    assert careful.heard == [(PRESS, b"one"), (PRESS, b"two"), (PRESS, b"three")]
    await careful.close()
    third = Ear(address)
    await subscribed(third, device)
    assert third.heard == []
    await third.close()


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_broker_that_was_gone_is_found_again_with_or_without_its_memory(
    ear: Ear, mosquitto: Mosquitto, how: str
) -> None:
    await subscribed(ear, Device(mosquitto.port))
    getattr(mosquitto, how)()
    await ear.until(lambda: not ear.broker.is_up)
    assert not ear.broker.publish(PRESS, b"nobody there")
    mosquitto.start()
    await ear.until(lambda: ear.ups == 2)
    await subscribed(ear, Device(mosquitto.port))


async def test_a_ring_overtakes_what_waits_and_does_not_wait_for_it(
    ear: Ear, mosquitto: Mosquitto
) -> None:
    hears = Device(mosquitto.port, "chime")
    hears.send(packets.subscribe(1, [("lovebell/#", 1)]))
    assert hears.read()[0] == packets.SUBACK
    done: list[int] = []
    for n in range(3 * link.WINDOW):
        ear.broker.publish("lovebell/v1/b-1/receipt", b"%d" % n, then=lambda n=n: done.append(n))
    ear.broker.publish(RING, b"ring", urgent=True)
    topics: list[str] = []
    while RING not in topics:
        first, body = await asyncio.to_thread(hears.read)
        topic, _, mid = packets.read_publish(first, body)
        topics.append(topic)
        hears.send(packets.puback(mid))
    assert len(topics) <= link.WINDOW // 2 + 1
    await ear.until(lambda: len(done) == 3 * link.WINDOW)
    assert done == sorted(done)


async def test_of_a_burst_the_first_rings_leave_before_the_last_are_decided(
    ear: Ear, mosquitto: Mosquitto
) -> None:
    hears = Device(mosquitto.port, "chime")
    hears.send(packets.subscribe(1, [(RING, 1)]))
    assert hears.read()[0] == packets.SUBACK
    heard: list[bytes] = []
    for n in range(2 * link.RINGS):
        ear.broker.publish(RING, b"%d" % n, urgent=True)
        if n % link.RINGS == 0:  # and our own loop has had no turn since the first
            while len(heard) <= n:
                first, body = hears.read()
                _, payload, mid = packets.read_publish(first, body)
                hears.send(packets.puback(mid))
                heard.append(payload)
    assert heard == [b"%d" % n for n in range(link.RINGS + 1)]


async def test_after_a_burst_the_next_ring_leaves_at_once_again(
    ear: Ear, mosquitto: Mosquitto
) -> None:
    hears = Device(mosquitto.port, "chime")
    hears.send(packets.subscribe(1, [(RING, 1)]))
    assert hears.read()[0] == packets.SUBACK
    for n in range(3):
        ear.broker.publish(RING, b"%d" % n, urgent=True)
    await asyncio.sleep(0)  # the end of our loop's turn
    ear.broker.publish(RING, b"3", urgent=True)  # and of this turn we do not wait for the end
    heard: list[bytes] = []
    while len(heard) < 4:
        first, body = hears.read()
        _, payload, mid = packets.read_publish(first, body)
        hears.send(packets.puback(mid))
        heard.append(payload)
    assert heard == [b"0", b"1", b"2", b"3"]


async def test_a_message_that_makes_trouble_is_settled_and_the_next_one_is_heard(
    ear: Ear, mosquitto: Mosquitto, log: Callable[[str], list[dict[str, object]]]
) -> None:
    device = Device(mosquitto.port)
    await subscribed(ear, device)
    device.press(b"trouble", 1)
    device.press(b"help", 2)
    await ear.until(lambda: (PRESS, b"help") in ear.heard)
    assert len(log("message not handled")) == 1
    assert ear.ups == 1


async def test_a_message_with_every_kind_of_thing_hung_onto_it_is_heard(
    ear: Ear, mosquitto: Mosquitto
) -> None:
    device = Device(mosquitto.port)
    await subscribed(ear, device)
    # Payload format "text" though it is none, content type, response topic, correlation, user.
    hung = bytes.fromhex("01 01 03 0002 c3a9 08 0001 72 09 0001 ff 26 0001 6b 0001 76 26 0000 0000")
    name = PRESS.encode()
    body = len(name).to_bytes(2, "big") + name + b"\x00\x01" + bytes((len(hung),)) + hung + b"\xff"
    device.send(b"\x32" + bytes((len(body),)) + body)
    assert device.read()[0] == packets.PUBACK
    await ear.until(lambda: ear.heard)
    assert ear.heard == [(PRESS, b"\xff")]


async def test_a_publish_that_the_access_list_denies_is_seen_and_not_taken_for_delivered(
    tmp_path: Path, log: Callable[[str], list[dict[str, object]]]
) -> None:
    rules = tmp_path / "acl"
    rules.write_text("topic read lovebell/#\ntopic write lovebell/v1/b-1/#\n")
    broker = Mosquitto(tmp_path / "broker", extra=f"acl_file {rules}\n")
    broker.start()
    ear = Ear(Address("127.0.0.1", broker.port, "gateway"))
    await ear.until(lambda: ear.ups)
    done: list[str] = []
    for leaf in ("denied", "denied", "denied"):
        ear.broker.publish(RING, b"{}", then=lambda leaf=leaf: done.append(leaf))
    ear.broker.publish("lovebell/v1/b-1/receipt", b"{}", then=lambda: done.append("sent"))
    await ear.until(lambda: done)
    assert done == ["sent"]
    told = log("broker refuses what we publish: check its access list")
    assert [(line["topic"], line["why"], line["count"]) for line in told] == [
        (RING, "not authorised", 1),
        (RING, "not authorised", 2),
    ]
    await ear.close()
    broker.kill()


class Old:
    """A device, which speaks MQTT 3.1.1, as its standard draws the packets."""

    def __init__(self, port: int) -> None:
        self._reader = packets.Reader()
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._socket.sendall(b"\x10\x0f\0\x04MQTT\x04\x02\0\x3c\0\x03old")

    def retained(self, topic: str) -> list[bytes]:
        """What a subscription brings at once: all before the answer to a ping that follows it."""
        name = len(topic).to_bytes(2, "big") + topic.encode()
        self._socket.sendall(bytes((0x82, len(name) + 3, 0, 1)) + name + b"\1" + packets.PING)
        found: list[bytes] = []
        while True:
            for first, body in self._reader.feed(self._socket.recv(65_536)):
                if first & 0xF0 == packets.PUBLISH:
                    found.append(body[len(name) + 2 :])
                if first == packets.PINGRESP:
                    return found


async def test_a_broker_forgets_what_no_longer_holds_for_devices_of_the_older_mqtt_too(
    ear: Ear, mosquitto: Mosquitto
) -> None:
    sent: list[str] = []
    for state, expires_s in (("coming", 2), ("ringing", None)):
        topic = f"lovebell/v1/{state}/episode"
        ear.broker.publish(
            topic,
            state.encode(),
            retain=True,
            expires_s=expires_s,
            then=lambda state=state: sent.append(state),
        )
    await ear.until(lambda: len(sent) == 2)
    old = Old(mosquitto.port)
    assert old.retained("lovebell/v1/coming/episode") == [b"coming"]
    await ear.until(lambda: not old.retained("lovebell/v1/coming/episode"))
    assert old.retained("lovebell/v1/ringing/episode") == [b"ringing"]


async def test_a_wrong_password_is_said_and_never_shown(
    tmp_path: Path, log: Callable[[str], list[dict[str, object]]], caplog: pytest.LogCaptureFixture
) -> None:
    broker = with_password(tmp_path, "right")
    address = Address("127.0.0.1", broker.port, "gateway", "gateway", "wrong-secret")
    ear = Ear(address)
    await ear.until(lambda: log("broker refused us: check broker_user and broker_password"))
    (line, *_) = log("broker refused us: check broker_user and broker_password")
    assert line["why"] in ("not authorised", "bad user name or password")
    await ear.close()
    ear = Ear(replace(address, password="right"))
    await ear.until(lambda: ear.ups)
    await ear.close()
    broker.kill()
    assert "wrong-secret" not in caplog.text


async def test_a_second_client_of_our_name_is_named_as_the_reason(
    ear: Ear, mosquitto: Mosquitto, log: Callable[[str], list[dict[str, object]]]
) -> None:
    thief = Device(mosquitto.port, "gateway")
    await ear.until(lambda: log("broker lost"))
    (line,) = log("broker lost")
    assert "is another client named gateway?" in str(line["hint"])
    await ear.until(lambda: ear.ups == 2)
    thief.send(packets.PING)


async def test_the_reason_with_which_a_broker_leaves_is_told(
    log: Callable[[str], list[dict[str, object]]],
) -> None:
    async with Impostor(WELCOME + bytes.fromhex("e0 02 8b 00")) as impostor:
        ear = Ear(Address("127.0.0.1", impostor.port, "gateway"))
        await ear.until(lambda: log("broker lost"))
        assert log("broker lost")[0]["why"] == "the broker is shutting down"
        assert "hint" not in log("broker lost")[0]  # nobody has taken our name
        await ear.close()


async def test_a_broker_that_falls_silent_is_left(
    ear: Ear,
    mosquitto: Mosquitto,
    log: Callable[[str], list[dict[str, object]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link, "LOOK_S", 0.02)
    mosquitto.freeze()
    await ear.until(lambda: log("broker lost"))
    assert log("broker lost")[0]["why"] == "silent for 10 s"
    mosquitto.thaw()
    await ear.until(lambda: ear.broker.is_up)


async def test_a_broker_with_nothing_to_say_is_asked_and_kept(
    ear: Ear, log: Callable[[str], list[dict[str, object]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    wait = asyncio.wait

    async def look(*arguments: object, **options: object) -> object:
        nonlocal looks
        looks += 1
        return await wait(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(link, "LOOK_S", 0.1)
    monkeypatch.setattr(asyncio, "wait", look)
    await ear.until(lambda: looks > 2 * link.SILENT_LOOKS)
    assert not log("broker lost")


class Impostor:
    """Accepts connections and says what it likes, then closes or stays."""

    def __init__(self, *words: bytes) -> None:
        self.words = list(words)
        self.met = 0

    async def __aenter__(self) -> Impostor:
        self.port = free_port()
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.met += 1
        await reader.read(100)
        if self.words:
            writer.write(self.words.pop(0))
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await reader.read()  # until it leaves
        writer.close()


WELCOME = bytes.fromhex("20 03 00 00 00")


@pytest.mark.parametrize(
    "words",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n" + b"<html>" * 20,
        bytes.fromhex("20 04 00 00 01 7f"),
        WELCOME + bytes.fromhex("32 ff ff ff ff 01"),
        WELCOME + bytes.fromhex("32 06 0001 61 0001 09"),
        WELCOME + b"\x00" * 100,
        WELCOME + WELCOME,
    ],
)
async def test_rubbish_from_a_broker_ends_a_connection_and_never_the_task(
    words: bytes, log: Callable[[str], list[dict[str, object]]]
) -> None:
    async with Impostor(words, WELCOME) as impostor:
        ear = Ear(Address("127.0.0.1", impostor.port, "gateway"))
        await ear.until(lambda: impostor.met == 2 and ear.broker.is_up)
        told = log("broker lost") or log("broker unreachable")
        assert "not MQTT 5" in str(told[0]["why"])
        await ear.close()


async def test_a_broker_of_an_older_mqtt_is_named(
    log: Callable[[str], list[dict[str, object]]],
) -> None:
    async with Impostor(bytes.fromhex("20 02 00 01")) as impostor:
        ear = Ear(Address("127.0.0.1", impostor.port, "gateway"))
        refused = "broker refused us: check broker_user and broker_password"
        await ear.until(lambda: log(refused))
        assert log(refused)[0]["why"] == "the broker does not speak MQTT 5"
        await ear.close()


@pytest.mark.parametrize(("most", "of_the_rest"), [(1, 1), (2, 1), (4, 2)])
async def test_no_more_is_under_way_than_the_broker_takes(most: int, of_the_rest: int) -> None:
    async with Impostor(bytes.fromhex("20 06 00 00 03 21 00") + bytes((most,))) as impostor:
        ear = Ear(Address("127.0.0.1", impostor.port, "gateway"))
        await ear.until(lambda: ear.broker.is_up)
        made = ear.broker._link  # pyright: ignore[reportPrivateUsage]
        assert made is not None
        for _ in range(9):
            ear.broker.publish(RING, b"{}")
        assert len(made._under_way) == of_the_rest  # pyright: ignore[reportPrivateUsage]
        for _ in range(9):
            ear.broker.publish(RING, b"{}", urgent=True)
        assert len(made._under_way) == most  # pyright: ignore[reportPrivateUsage]
        await ear.close()


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file"), ("rubbish", "no certificate")]
)
async def test_an_authority_that_cannot_be_read_is_named_by_its_file(
    tmp_path: Path,
    log: Callable[[str], list[dict[str, object]]],
    content: str | None,
    why: str,
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    ear = Ear(Address("127.0.0.1", 1, "gateway", ca=path))
    await ear.until(lambda: log("broker unreachable"))
    told = str(log("broker unreachable")[0]["why"])
    assert str(path) in told
    assert why in told
    await ear.close()


async def test_the_broker_is_verified_over_tls_and_small_packets_leave_at_once(
    tmp_path: Path, log: Callable[[str], list[dict[str, object]]]
) -> None:
    chain = Chain(tmp_path / "chain")
    secure = free_port()
    broker = Mosquitto(tmp_path / "broker", extra=chain.listener(secure))
    broker.start()
    address = Address("localhost", secure, "gateway", ca=chain.folder / "ca.pem")
    ear = Ear(address)
    await ear.until(lambda: ear.ups)
    made = ear.broker._link  # pyright: ignore[reportPrivateUsage]
    assert made is not None
    assert made._transport is not None  # pyright: ignore[reportPrivateUsage]
    opened = made._transport.get_extra_info("socket")  # pyright: ignore[reportPrivateUsage]
    assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await subscribed(ear, Device(broker.port))
    await ear.close()
    fooled = Ear(replace(address, ca=chain.folder / "other.pem"))
    await fooled.until(lambda: log("broker unreachable"))
    assert "certificate verify failed" in str(log("broker unreachable")[0]["why"])
    assert fooled.ups == 0
    await fooled.close()
    broker.kill()


async def test_a_whisper_arrives_and_goes_only_when_nothing_else_waits(
    ear: Ear, mosquitto: Mosquitto
) -> None:
    device = Device(mosquitto.port, "c-1")
    device.send(packets.subscribe(1, [("lovebell/v1/c-1/piece", 0)]))
    assert (await asyncio.to_thread(device.read))[0] == packets.SUBACK
    assert ear.broker.whisper("lovebell/v1/c-1/piece", b"first")
    first, body = await asyncio.to_thread(device.read)
    assert packets.read_publish(first, body) == ("lovebell/v1/c-1/piece", b"first", 0)
    # As many as may be under way at once, and more: what is left waits in the queue.
    for n in range(link.WINDOW):
        assert ear.broker.publish(RING, str(n).encode())
    assert not ear.broker.whisper("lovebell/v1/c-1/piece", b"second")
    await ear.until(lambda: ear.broker.whisper("lovebell/v1/c-1/piece", b"third"))
    first, body = await asyncio.to_thread(device.read)
    assert packets.read_publish(first, body)[1] == b"third"


async def test_without_a_session_nobody_is_whispered_to(address: Address) -> None:
    broker = Broker(address, TOPICS, lambda *_: None, lambda: None)
    assert not broker.whisper("lovebell/v1/c-1/piece", b"first")
