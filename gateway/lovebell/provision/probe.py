"""One short MQTT 5 connection that shows what an account may do.

Owns just enough of the protocol for that: version 5, because there a broker says when it refuses
a publish, where 3.1.1 answers success. Blocking, with a deadline on every step.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from pathlib import Path

DEADLINE_S: Final = 10.0
OK, REFUSED = 0x00, 0x87  # reason codes of MQTT 5, section 2.4
NO_SUBSCRIBERS: Final = 0x10


@dataclass(frozen=True, slots=True)
class Place:
    """Where a broker is. With `ca` it is spoken to over TLS, verified by it."""

    host: str
    port: int
    ca: Path | None = None


class ProbeError(OSError):
    """The broker does not let us in, or went away; `code` is its reason, 0 if it gave none."""

    def __init__(self, why: str, code: int = 0) -> None:
        super().__init__(why)
        self.code = code


class Probe:
    """Use it with `with`. Raises ProbeError, or OSError for a broker that is not there."""

    def __init__(
        self, place: Place, user: str = "", secret: str = "", client: str = "", version: int = 5
    ) -> None:
        """Connect. Without `user` as nobody; `client` is the client id, else the user's name."""
        self._number = 0
        self._is_five = version == 5
        self.received: list[tuple[str, bytes]] = []
        plain = socket.create_connection((place.host, place.port), timeout=DEADLINE_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if place.ca is None:
            self._line: socket.socket = plain
        else:
            context = ssl.create_default_context(cafile=str(place.ca))
            self._line = context.wrap_socket(plain, server_hostname=place.host)
        flags = 0x02 | (0xC0 if user else 0)
        body = _text("MQTT") + bytes([version, flags, 0, 60]) + self._properties()
        body += _text(client or user)
        body += _text(user) + _text(secret) if user else b""
        self._send(0x10, body)
        kind, answer = self._read()
        if kind != 0x20 or len(answer) < 2 or answer[1]:
            code = answer[1] if len(answer) > 1 else 0
            self._line.close()
            raise ProbeError(f"refused with {code:#x}", code)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._send(0xE0, b"")  # a goodbye, or the broker's log has an error of TLS
        self._line.close()

    def publish(self, topic: str, payload: bytes = b"{}", *, retain: bool = False) -> int:
        """Publish at QoS 1; the reason code of the answer: OK, NO_SUBSCRIBERS or REFUSED."""
        number = self._next()
        body = _text(topic) + number + self._properties() + payload
        self._send(0x32 | int(retain), body)
        answer = self._until(0x40)
        return answer[2] if len(answer) > 2 else OK

    def subscribe(self, topic: str) -> int:
        """The reason code of the answer: 1 for granted, from 0x80 for refused."""
        self._send(0x82, self._next() + self._properties() + _text(topic) + b"\1")
        return self._until(0x90)[-1]

    def hear(self) -> list[tuple[str, bytes]]:
        """All that has arrived up to now: what was sent before a PING comes before its answer."""
        self._send(0xC0, b"")
        self._until(0xD0)
        return self.received

    def is_alive(self) -> bool:
        """Whether the broker still talks to us."""
        try:
            self.hear()
        except OSError:
            return False
        return True

    def flood(self, topic: str, payload: bytes, number: int) -> None:
        """Publish at QoS 0 as fast as the broker takes it."""
        body = _text(topic) + self._properties() + payload
        self._line.sendall(_packet(0x30, body) * number)

    def _properties(self) -> bytes:
        return b"\0" if self._is_five else b""

    def _next(self) -> bytes:
        self._number += 1
        return self._number.to_bytes(2)

    def _send(self, kind: int, body: bytes) -> None:
        self._line.sendall(_packet(kind, body))

    def _until(self, wanted: int) -> bytes:
        while True:
            kind, body = self._read()
            if kind & 0xF0 == wanted:
                return body
            if kind & 0xF0 == 0x30:
                self._take(kind, body)
            elif kind == 0xE0:
                raise ProbeError("sent away", body[0] if body else 0)

    def _take(self, kind: int, body: bytes) -> None:
        end = 2 + int.from_bytes(body[:2])
        rest = body[end:]
        if kind & 6:
            self._send(0x40, rest[:2])
            rest = rest[2:]
        payload = rest[1 + rest[0] :] if self._is_five else rest
        self.received.append((body[2:end].decode(errors="replace"), payload))

    def _read(self) -> tuple[int, bytes]:
        kind = self._exactly(1)[0]
        length = shift = 0
        while True:
            byte = self._exactly(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return kind, self._exactly(length)

    def _exactly(self, number: int) -> bytes:
        found = b""
        while len(found) < number:
            more = self._line.recv(number - len(found))
            if not more:
                raise ProbeError("closed")
            found += more
        return found


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2) + raw


def _packet(kind: int, body: bytes) -> bytes:
    length = len(body)
    head = bytes([kind])
    while length > 127:
        head += bytes([length & 127 | 128])
        length >>= 7
    return head + bytes([length]) + body
