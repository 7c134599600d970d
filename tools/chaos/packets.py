"""The little of MQTT that a proxy needs: where packets end, and what a PUBLISH says.

Pure. MQTT 3.1.1 and 5 (OASIS standards), of which a proxy meets both: devices speak the one, the
gateway the other.
"""

from __future__ import annotations

from typing import Final, NamedTuple

CONNECT: Final = 0x10
PUBLISH: Final = 0x30
PUBACK: Final = 0x40
DUPLICATE: Final = 0x08  # the flag of a message that is sent once more
_VERSION_5: Final = 5


class Publish(NamedTuple):
    """`mid` is 0 at QoS 0, which nobody acknowledges."""

    topic: str
    payload: bytes
    mid: int


def take(buffer: bytearray) -> list[bytes]:
    """The whole packets at the beginning of `buffer`, which keeps the rest."""
    found: list[bytes] = []
    while (size := _size(buffer)) is not None and len(buffer) >= size:
        found.append(bytes(buffer[:size]))
        del buffer[:size]
    return found


def kind(packet: bytes) -> int:
    """CONNECT, PUBLISH, PUBACK or another."""
    return packet[0] & 0xF0


def is_version_5(packet: bytes) -> bool:
    """Whether a CONNECT opens a connection of MQTT 5."""
    body = _body(packet)
    name = int.from_bytes(body[:2])
    return body[2 + name] == _VERSION_5


def publish(packet: bytes, *, version_5: bool) -> Publish:
    """What a PUBLISH says."""
    body = _body(packet)
    end = 2 + int.from_bytes(body[:2])
    topic, mid = body[2:end].decode(errors="replace"), 0
    if packet[0] & 0x06:
        mid = int.from_bytes(body[end : end + 2])
        end += 2
    if version_5:
        properties, width = _number(body, end)
        end += width + properties
    return Publish(topic, body[end:], mid)


def acknowledged(packet: bytes) -> int:
    """The message that a PUBACK is about."""
    return int.from_bytes(_body(packet)[:2])


def repeated(packet: bytes) -> bytes:
    """A PUBLISH once more, marked as such."""
    return bytes([packet[0] | DUPLICATE]) + packet[1:]


def _number(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """A variable length integer at this place, and its width; a width of 0 when it is cut off."""
    value = 0
    for width in range(4):
        if at + width >= len(data):
            return 0, 0
        value |= (data[at + width] & 0x7F) << 7 * width
        if not data[at + width] & 0x80:
            return value, width + 1
    raise ValueError("no MQTT")


def _size(data: bytearray) -> int | None:
    rest, width = _number(data, 1)
    return 1 + width + rest if width else None


def _body(packet: bytes) -> bytes:
    _, width = _number(packet, 1)
    return packet[1 + width :]
