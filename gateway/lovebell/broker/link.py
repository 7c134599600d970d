"""One connection to the broker: its socket, what waits to be sent, and what is under way.

Owns opening, the window, keep-alive, and saying why it ended. Everything happens on the event
loop, in the order of arrival; a thread of its own for it cost twice the time.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from lovebell.broker import packets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

log = logging.getLogger("lovebell.broker")

KEEPALIVE_S: Final = 5  # the broker drops us when it hears nothing for half as long again
LOOK_S: Final = 1.0
PING_LOOKS: Final = 3  # with nothing heard or said the broker is asked
SILENT_LOOKS: Final = 10  # three questions without an answer: it is not there
CONNECT_S: Final = 5
#: Messages under way. Half of it is kept for what is urgent: a ring waits for no receipt.
WINDOW: Final = 1_000
#: Of a burst so many rings leave together: to decide on one takes 50 µs, to write to the socket 10.
RINGS: Final = 25
MOST_WAITING: Final = 100_000
_MIDS: Final = 65_536  # MQTT numbers the messages under way with 16 bits


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is and who we are there. With `ca` it is spoken to over TLS."""

    host: str
    port: int
    client_id: str
    user: str = ""
    password: str = ""
    ca: Path | None = None

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Parcel(NamedTuple):
    """A message to be sent at QoS 1. `then` is called when the broker has it; with `expires_s` it
    forgets it after so many seconds."""

    topic: str
    payload: bytes
    retain: bool
    then: Callable[[], None] | None
    expires_s: int | None = None


class Link(asyncio.Protocol):
    """One connection. `open` it, `stay`, and `close` it in the end; `why` says how it was lost.

    `on_open(link)` is called as soon as the broker has answered, `on_message(topic, payload,
    mid)` for every message; `mid` is 0 where the broker wants no answer. Neither may raise.
    """

    def __init__(
        self,
        address: Address,
        on_open: Callable[[Link], None],
        on_message: Callable[[str, bytes, int], None],
    ) -> None:
        self.why = ""
        self._address = address
        self._on_open = on_open
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[int] = self._loop.create_future()
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._reader = packets.Reader()
        self._out: list[bytes] = []
        self._flushing = self._has_spoken = False
        self._rings = 0
        self._urgent: deque[Parcel] = deque()
        self._rest: deque[Parcel] = deque()
        self._under_way: dict[int, Parcel] = {}
        self._window = WINDOW
        self._mid = 0
        self._heard = self._said = False
        self._refused = 0

    # -- opening and ending ----------------------------------------------------------------

    async def open(self) -> bool:
        """Whether a session was opened; if not, the log says why."""
        extra = {"broker": str(self._address)}
        try:
            async with asyncio.timeout(CONNECT_S):
                code = await self._connect()
        except (OSError, ValueError) as why:  # TimeoutError is an OSError
            log.warning("broker unreachable", extra=extra | {"why": self.why or repr(why)})
            return False
        if code:
            log.error(
                "broker refused us: check broker_user and broker_password",
                extra=extra | {"why": packets.reason(code)},
            )
        return not code

    async def _connect(self) -> int:
        """The broker's answer. Raises OSError, or ValueError for an impossible port."""
        address = self._address
        context = None
        if address.ca is not None:
            try:
                context = ssl.create_default_context(cafile=str(address.ca))
            except OSError as why:  # its own words leave out which file
                raise ConnectionError(f"broker_ca {address.ca}: {why.strerror or why}") from why
        await self._loop.create_connection(lambda: self, address.host, address.port, ssl=context)
        self._say(packets.connect(address.client_id, address.user, address.password, KEEPALIVE_S))
        await asyncio.wait((self._answer, self._lost), return_when=asyncio.FIRST_COMPLETED)
        if not self._answer.done():
            raise ConnectionError("closed at once")
        return self._answer.result()

    async def stay(self) -> float:
        """Return when the connection is lost, and how many seconds it lasted; `why` says how."""
        opened = self._loop.time()
        silent = quiet = 0
        while not self._lost.done():
            await asyncio.wait((self._lost,), timeout=LOOK_S)
            # Looks are counted, not seconds: after we were stopped ourselves, by a debugger or a
            # machine that slept, the broker's words lie in the socket.
            silent = 0 if self._heard else silent + 1
            quiet = 0 if self._said else quiet + 1
            self._heard = self._said = False
            if silent >= SILENT_LOOKS:
                self.why = self.why or f"silent for {SILENT_LOOKS} s"
                break
            if quiet == PING_LOOKS or (silent and silent % PING_LOOKS == 0):
                self._say(packets.PING)
        return self._loop.time() - opened

    def close(self) -> None:
        """Say goodbye if that is possible, and close the socket."""
        if self._transport is None:
            return
        self._say(packets.GOODBYE)
        self._flush()
        self._transport.close()
        # What the broker takes no more must not keep the socket open.
        self._loop.call_later(CONNECT_S, self._transport.abort)
        self._transport = None

    # -- sending ---------------------------------------------------------------------------

    def publish(self, parcel: Parcel, *, urgent: bool) -> bool:
        """Send at QoS 1, at once or when there is room; False if the connection is gone or too
        much waits already."""
        if self._transport is None:
            return False
        room = self._window if urgent else (self._window + 1) // 2
        if len(self._under_way) < room and not (self._urgent or self._rest):
            self._dispatch(parcel)
        elif urgent or len(self._rest) < MOST_WAITING:
            (self._urgent if urgent else self._rest).append(parcel)
            self._send()
        else:
            return False
        # A ring, or a receipt after a commit, leaves before all else is done that goes with it;
        # but of a burst only the first, and every so many rings. A ring waits for no other kind
        # of message. What is retained goes with the receipt that follows it.
        if urgent:
            leaves = self._rings % RINGS == 0
            self._rings += 1
        else:
            leaves = not (parcel.retain or self._has_spoken)
        if leaves:
            self._has_spoken = True
            self._flush_now()
        return True

    def whisper(self, topic: str, payload: bytes) -> bool:
        """Send at QoS 0 if nothing else waits to be sent; otherwise False, and nothing is sent."""
        transport = self._transport
        if transport is None or self._urgent or self._rest or transport.get_write_buffer_size():
            return False
        self._say(packets.publish_once(topic, payload))
        return True

    def subscribe(self, filters: Sequence[tuple[str, int]]) -> None:
        """Ask for these topics. A broker that refuses one of them is left again."""
        self._say(packets.subscribe(self._next_mid(), filters))

    def puback(self, mid: int) -> None:
        """Tell the broker that it need not send this again."""
        self._say(packets.puback(mid))

    def _send(self) -> None:
        """Send what waits, as far as the window allows: what is urgent first."""
        while self._urgent and len(self._under_way) < self._window:
            self._dispatch(self._urgent.popleft())
        while self._rest and len(self._under_way) < (self._window + 1) // 2:
            self._dispatch(self._rest.popleft())

    def _dispatch(self, parcel: Parcel) -> None:
        mid = self._next_mid()
        self._under_way[mid] = parcel
        topic, payload, retain, _, expires_s = parcel
        self._say(packets.publish(mid, topic, payload, retain=retain, expires_s=expires_s))

    def _next_mid(self) -> int:
        while True:
            self._mid = self._mid % (_MIDS - 1) + 1
            if self._mid not in self._under_way:
                return self._mid

    def _say(self, packet: bytes) -> None:
        """Once a turn of the loop, so that what is said together is written together."""
        self._out.append(packet)
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = self._has_spoken = False
        self._rings = 0
        self._flush_now()

    def _flush_now(self) -> None:
        if self._transport is not None and self._out:
            self._said = True
            self._transport.write(b"".join(self._out))
        self._out.clear()

    # -- asyncio's callbacks -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open, and TLS agreed on."""
        # Nagle's algorithm costs 40 ms a hop.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take the packets one by one; at bytes that are none, leave."""
        self._heard = True
        flushing, self._flushing = self._flushing, True
        try:
            for first, body in self._reader.feed(data):
                self._take(first, body)
        except packets.BadPacketError as why:
            self._leave(f"not MQTT 5: {why}")
        finally:
            self._flushing = flushing
            if not flushing:
                self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self.why = self.why or (repr(exc) if exc else "closed")
        self._transport = None
        if not self._lost.done():
            self._lost.set_result(None)

    def _leave(self, why: str) -> None:
        self.why = self.why or why
        if self._transport is not None:
            self._transport.abort()

    # -- what the broker says ----------------------------------------------------------------

    def _take(self, first: int, body: bytes) -> None:
        """Raises BadPacketError."""
        if not self._answer.done() and first & 0xF0 != packets.CONNACK:
            raise packets.BadPacketError(f"no CONNACK, but a packet that begins 0x{first:02x}")
        match first & 0xF0:
            case packets.PUBLISH:
                self._on_message(*packets.read_publish(first, body))
            case packets.PUBACK:
                self._taken(*packets.read_puback(body))
            case packets.CONNACK if not self._answer.done():
                self._answered(packets.read_connack(body))
            case packets.SUBACK:
                if any(code >= packets.FAILURE for code in packets.read_suback(body)):
                    log.error("broker refuses to let us hear the devices: check its access list")
                    self._leave("subscription refused")
            case packets.DISCONNECT:
                self._leave(packets.reason(packets.read_disconnect(body)))
            case packets.PINGRESP:
                pass
            case _:
                raise packets.BadPacketError(f"a packet that begins 0x{first:02x}")

    def _answered(self, connack: packets.Connack) -> None:
        self._answer.set_result(connack.code)
        if connack.code == 0:
            self._window = max(1, min(WINDOW, connack.receive_maximum))
            self._on_open(self)

    def _taken(self, mid: int, code: int) -> None:
        parcel = self._under_way.pop(mid, None)
        if parcel is not None and code >= packets.FAILURE:
            self._complain(parcel, code)
        elif parcel is not None and parcel.then is not None:
            parcel.then()
        if self._urgent or self._rest:
            self._send()

    def _complain(self, parcel: Parcel, code: int) -> None:
        """The broker took a message and threw it away: each of the first, then ever fewer."""
        self._refused += 1
        if self._refused & (self._refused - 1) == 0:
            log.error(
                "broker refuses what we publish: check its access list",
                extra={
                    "topic": parcel.topic,
                    "why": packets.reason(code),
                    "count": self._refused,
                },
            )
