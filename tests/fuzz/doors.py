"""The two decoders of bytes, each as one function: it returns, or what it raises is a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fuzz import peer

from bell import wire as board_wire
from lovebell.broker import packets
from lovebell.domain import wire as gateway_wire

if TYPE_CHECKING:
    from collections.abc import Callable


def read_packets(raw: bytes) -> None:
    """A broker's bytes as the gateway reads them, cut in two on their way."""
    reader = packets.Reader()
    try:
        for part in (raw[: len(raw) // 2], raw[len(raw) // 2 :]):
            for first, body in reader.feed(part):
                _read(first, body)
    except packets.BadPacketError as why:
        assert str(why)


def _read(first: int, body: bytes) -> None:
    match first & 0xF0:
        case packets.CONNACK:
            packets.read_connack(body)
        case packets.PUBLISH:
            topic, payload, mid = packets.read_publish(first, body)
            assert len(topic.encode()) + len(payload) <= len(body)
            assert 0 <= mid < 65_536
        case packets.PUBACK:
            packets.read_puback(body)
        case packets.SUBACK:
            packets.read_suback(body)
        case packets.DISCONNECT:
            packets.reason(packets.read_disconnect(body))
        case _:
            pass


def gateway_says(raw: bytes) -> str:
    """What the gateway makes of a topic, a NUL and a payload: the fields, or a code."""
    topic, _, payload = raw.partition(b"\0")
    try:
        found = gateway_wire.decode(topic.decode(), payload)
    except gateway_wire.BadMessageError as why:
        return why.code
    return peer.plain((found.device, found.leaf, found.fields))


def is_for_both(raw: bytes) -> bool:
    """Whether it can reach both: its topic is text, and no leaf that boards never ask for."""
    try:
        leaf = raw.partition(b"\0")[0].decode().rpartition("/")[2]
    except UnicodeDecodeError:
        return False
    return f"\n{leaf} " in board_wire.LEAVES or leaf not in gateway_wire.LEAVES


def agree_on_a_message(raw: bytes) -> None:
    """Gateway and firmware say the same of it."""
    if is_for_both(raw):
        assert peer.message(raw) == gateway_says(raw)


DOORS: dict[str, Callable[[bytes], None]] = {
    "packets": read_packets,
    "messages": agree_on_a_message,
}
