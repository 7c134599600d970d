"""The gateway's connection to the broker, on the event loop. The only importer of paho.

Owns connecting, reconnecting for ever, and the order of acknowledgements. Knows nothing of what
messages mean. paho runs on the loop rather than in a thread of its own: 5.7 times the bare echo
at p50 against 7.5, and an exception in a callback cannot kill a thread unseen.
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import ssl
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

log = logging.getLogger("lovebell.broker")

KEEPALIVE_S = 5  # a broker that fell silent is noticed within twice this
CONNECT_S = 5
RETRY_S = (0.2, 0.5, 1, 2, 5)  # a gateway is one client, not a fleet: no long back-off
SHORT_S = 2.0  # a connection that lasts no longer was taken away from us
# What is on its way and not acknowledged: paho looks through all of it at every PUBACK, so that
# 20,000 of them once held up the loop for 13 s.
WINDOW = 500
MOST_WAITING = 100_000
_MIDS = 65536  # MQTT numbers the messages under way with 16 bits


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
        return f"{self.host}:{self.port}"


class Broker:
    """A persistent session with the broker, held for ever.

    `on_message(topic, payload, token)` is called on the loop for every message, in the order of
    arrival. The broker is told that a QoS 1 message has been dealt with only by `settle(token)`;
    otherwise it sends the message again after a reconnect. `on_up()` is called on every connect.

    Every connection gets a client of its own: what was under way on the last one is the
    engine's to send again, which knows whether it still holds. paho would send it as it was.
    """

    def __init__(
        self,
        address: Address,
        subscriptions: Mapping[str, int],
        on_message: Callable[[str, bytes, int], None],
        on_up: Callable[[], None],
    ) -> None:
        self._address = address
        self._subscriptions = list(subscriptions.items())
        self._on_message = on_message
        self._on_up = on_up
        self._link: _Link | None = None
        self._links = 0

    @property
    def is_up(self) -> bool:
        """Whether there is a session just now."""
        return self._link is not None

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        urgent: bool = False,
        then: Callable[[], None] | None = None,
    ) -> bool:
        """Send at QoS 1; False, and nothing is sent, when there is no session just now.

        What is urgent goes before everything else that waits. `then` is called when the broker
        has it, and never if the connection is lost before.
        """
        return self._link is not None and self._link.publish(
            _Parcel(topic, payload, retain, then), urgent=urgent
        )

    def settle(self, token: int) -> None:
        """Tell the broker that the message of this token needs no repeating; 0 tells nothing.

        The token of an earlier connection tells nothing either: there the message comes again.
        """
        links, mid = divmod(token, _MIDS)
        if mid and self._link is not None and links == self._links:
            self._link.client.ack(mid, 1)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        tries = 0
        while True:
            self._links += 1
            link = _Link(self._address, self._opened, self._arrived)
            try:
                if await link.open():
                    lasted_s = await link.stay()
                    extra = {"broker": str(self._address), "why": link.why}
                    if lasted_s > SHORT_S:
                        tries = 0
                    else:
                        extra["hint"] = f"is another client named {self._address.client_id}?"
                    log.warning("broker lost", extra=extra)
            finally:
                self._link = None
                link.close()
            pause = RETRY_S[min(tries, len(RETRY_S) - 1)]
            tries += 1
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311

    def _opened(self, link: _Link) -> None:
        # At once, not when `run` is woken: what waited for us follows on the heels of CONNACK.
        self._link = link
        # Every time: a broker that lost its memory has lost our subscriptions too.
        link.client.subscribe(self._subscriptions)
        log.info("broker connected", extra={"broker": str(self._address)})
        self._on_up()

    def _arrived(self, topic: str, payload: bytes, mid: int) -> None:
        token = self._links * _MIDS + mid if mid else 0
        try:
            self._on_message(topic, payload, token)
        except Exception:
            # Whatever it is, the next message is someone else's call for help. It would fail
            # again; a press among them is repeated by its button until it has a receipt.
            log.exception("message not handled", extra={"topic": repr(topic[:200])})
            self.settle(token)


@dataclass(frozen=True, slots=True)
class _Parcel:
    topic: str
    payload: bytes
    retain: bool
    then: Callable[[], None] | None


class _Link:
    """One connection: a paho client, its socket, and the loop that watches it."""

    def __init__(
        self,
        address: Address,
        on_open: Callable[[_Link], None],
        on_message: Callable[[str, bytes, int], None],
    ) -> None:
        self.why = ""
        self._address = address
        self._on_open = on_open
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._connected: asyncio.Future[str] = self._loop.create_future()
        self._lost = asyncio.Event()
        self._urgent: deque[_Parcel] = deque()
        self._rest: deque[_Parcel] = deque()
        self._under_way: dict[int, Callable[[], None] | None] = {}
        self._socket: socket.socket | None = None
        self._flushing = False
        self._blocked = False
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=address.client_id,
            clean_session=False,
            manual_ack=True,
        )

    def _set_up(self) -> None:
        """Raises OSError for an authority's certificate that cannot be read."""
        address, client = self._address, self.client
        if address.user:
            client.username_pw_set(address.user, address.password)
        if address.ca is not None:
            context = ssl.create_default_context(cafile=str(address.ca))
            client.tls_set_context(context)  # pyright: ignore[reportUnknownMemberType]
        client.connect_timeout = CONNECT_S
        client.max_inflight_messages_set(_MIDS - 1)
        client.max_queued_messages_set(0)
        client.on_connect = self._on_connect
        client.on_message = self._on_arrival
        client.on_publish = self._on_publish
        client.on_socket_open = self._on_socket_open
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_wants_to_write
        client.on_subscribe = self._on_subscribe

    async def open(self) -> bool:
        """Whether a session was opened; if not, the log says why."""
        address = self._address
        try:
            self._set_up()
            # In a thread: looking up a name and a TLS handshake hold up whoever waits.
            await asyncio.to_thread(self.client.connect, address.host, address.port, KEEPALIVE_S)
            if self._socket is None:
                raise ConnectionError("closed at once")
            self._loop.add_reader(self._socket, self._readable)
            self._flush()
            refused = await asyncio.wait_for(self._connected, CONNECT_S)
        except (OSError, ValueError) as why:  # TimeoutError is an OSError
            log.warning("broker unreachable", extra={"broker": str(address), "why": repr(why)})
            return False
        if refused:
            log.error(
                "broker refused us: check broker_user and broker_password",
                extra={"broker": str(address), "why": refused},
            )
        return not refused

    async def stay(self) -> float:
        """Return when the connection is lost, and how many seconds it lasted; `why` says how."""
        opened = self._loop.time()
        while not self._lost.is_set():
            try:
                await asyncio.wait_for(self._lost.wait(), 1)
            except TimeoutError:
                if self.client.loop_misc():  # keep-alive: the broker fell silent
                    self.why = f"silent for {2 * KEEPALIVE_S} s"
                    break
        return self._loop.time() - opened

    def publish(self, parcel: _Parcel, *, urgent: bool) -> bool:
        """Send at QoS 1, at once or when there is room; False if too much waits already."""
        if len(self._rest) >= MOST_WAITING and not urgent:
            return False
        (self._urgent if urgent else self._rest).append(parcel)
        self._send()
        return True

    def _send(self) -> None:
        """Send what waits, as far as the window allows: what is urgent first."""
        while (self._urgent or self._rest) and len(self._under_way) < WINDOW:
            parcel = self._urgent.popleft() if self._urgent else self._rest.popleft()
            sent = self.client.publish(parcel.topic, parcel.payload, qos=1, retain=parcel.retain)
            if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return  # the connection is going; whoever needs it sends it on the next one
            self._under_way[sent.mid] = parcel.then

    def close(self) -> None:
        """Say goodbye if that is possible, and close the socket."""
        self.client.disconnect()
        self.client.loop_write()
        self._drop_socket()

    def _drop_socket(self) -> None:
        opened = self._socket
        if opened is not None:
            self._on_socket_close(None, None, opened)
            opened.close()

    # -- paho's callbacks, and the loop's ------------------------------------------------

    def _on_connect(self, _c: Any, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        if not self._connected.done():
            self._connected.set_result(str(reason) if reason.is_failure else "")
            if not reason.is_failure:
                self._on_open(self)

    def _on_arrival(self, _c: Any, _u: Any, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        self._on_message(topic, bytes(message.payload), message.mid if message.qos else 0)

    def _on_publish(self, _c: Any, _u: Any, mid: int, _r: Any, _p: Any) -> None:
        then = self._under_way.pop(mid, None)
        if then is not None:
            then()
        self._send()

    def _on_subscribe(self, _c: Any, _u: Any, _m: int, reasons: Any, _p: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("broker refuses to let us hear the devices: check its access list")
            self.why = "subscription refused"
            self._lost.set()

    def _on_socket_open(self, _c: Any, _u: Any, opened: Any) -> None:
        # paho leaves Nagle's algorithm on, which costs 40 ms a hop.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = opened

    def _on_socket_close(self, _c: Any, _u: Any, opened: Any) -> None:
        self._socket = None
        if self._on_loop():
            self._loop.remove_reader(opened)
            self._loop.remove_writer(opened)
        self.why = self.why or "closed"
        self._loop.call_soon_threadsafe(self._lost.set)

    def _on_wants_to_write(self, _c: Any, _u: Any, _s: Any) -> None:
        # Once a turn of the loop, so that what is published together is written together. While
        # the connecting thread runs nothing is scheduled: `open` flushes afterwards.
        if not self._flushing and not self._blocked and self._on_loop():
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._socket is None:
            return
        self.client.loop_write()
        self._watch(self._socket, self.client.want_write())

    def _watch(self, opened: socket.socket | None, blocked: bool) -> None:
        """Be told when a socket that took no more takes more; it may be gone by now."""
        if opened is None or blocked == self._blocked:
            return
        self._blocked = blocked
        if blocked:
            self._loop.add_writer(opened, self._flush)
        else:
            self._loop.remove_writer(opened)

    def _readable(self) -> None:
        self.client.loop_read()
        # TLS may hold decrypted bytes that the selector cannot see.
        while self._socket is not None and getattr(self._socket, "pending", int)():
            self.client.loop_read()

    def _on_loop(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False
