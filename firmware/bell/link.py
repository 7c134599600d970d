"""The way to the broker: Wi-Fi, address, connection, and all of it again when it breaks.

Owns the order of networks and brokers, the pause between tries, and TLS. The only importer of
network. Knows nothing of what is said over the link.
"""

import asyncio
import random
import ssl
import sys

import network

from bell import mqtt
from bell.ticks import ticks_diff

WIFI_MS = 15_000
DIAL_MS = 10_000
FIRST_PAUSE_MS = 250
LONGEST_PAUSE_MS = 30_000
URGENT_PAUSE_MS = 2_000  # while a press waits
GOOD_MS = 60_000  # a connection that lasted so long was a good one: the next try comes soon
_TCP = 6
_NODELAY = 1


class Link:
    """The link of the device in `config`. `run` for ever; `send` when `is_up`."""

    def __init__(self, config: dict, board, will: tuple, owner) -> None:
        """`board` has now() and the attribute watchful; `owner` has connected(), lost(),
        is_waiting(), received(topic, payload, retained), fault(word, is_there) and say(line)."""
        self._config = config
        self._board = board
        self._will = will
        self._owner = owner
        self._client = None
        self._hurry = asyncio.Event()
        self._pause_ms = FIRST_PAUSE_MS
        self._wifi_at = 0
        self._broker_at = 0
        self._wlan = network.WLAN(network.STA_IF)
        self._was_up = False
        self.rounds = 0

    @property
    def is_up(self) -> bool:
        """Whether there is a connection to say something on."""
        return self._client is not None

    def send(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """Queue a message if there is a connection."""
        if self._client is not None:
            self._client.publish(topic, payload, qos, retain)

    def subscribe(self, topics: list) -> None:
        """Subscribe to `topics`, (topic, QoS) each. Call it from connected()."""
        if self._client is not None:
            self._client.subscribe(topics)

    def hurry(self) -> None:
        """Somebody needs the link: try again now."""
        self._hurry.set()

    def rssi(self):
        """Signal in dBm, None when nobody knows."""
        try:
            strength = self._wlan.status("rssi")
        except (OSError, ValueError):
            return None
        return strength if -127 <= strength <= 0 else None

    async def run(self) -> None:
        """Keep the link up, for ever: the first try is like every other."""
        while True:
            began = self._board.now()
            self._board.watchful = True
            self._advance()
            try:
                await self._join()
                await self._talk(self._config["broker"][self._broker_at])
            except asyncio.TimeoutError:
                self._owner.say("broker down: it does not answer")
            except (mqtt.Broken, OSError, EOFError, ValueError) as why:
                self._owner.say("broker down: {}".format(why))
            self._broker_at = (self._broker_at + 1) % len(self._config["broker"])
            if ticks_diff(self._board.now(), began) >= GOOD_MS:
                self._pause_ms = FIRST_PAUSE_MS
                self._broker_at = 0
            await self._pause()

    async def _pause(self) -> None:
        # Half of it by chance: after a power cut a whole village comes back at once.
        longest_ms = URGENT_PAUSE_MS if self._owner.is_waiting() else LONGEST_PAUSE_MS
        self._pause_ms = min(longest_ms, self._pause_ms)
        pause_ms = self._pause_ms // 2 + random.getrandbits(15) * self._pause_ms // 65536
        self._pause_ms *= 2
        self._advance()
        try:
            await asyncio.wait_for(self._hurry.wait(), pause_ms / 1000)
        except asyncio.TimeoutError:
            return
        self._hurry.clear()
        self._pause_ms = FIRST_PAUSE_MS

    async def _join(self) -> None:
        if self._wlan.isconnected():
            self._tell(True)
            return
        self._tell(False)
        wifi = self._config["wifi"][self._wifi_at]
        self._wlan.active(False)
        # WLAN.connect() tries for ever: end the try before, and pause, or the next one fails.
        await asyncio.sleep(0.1)
        self._wlan.active(True)
        self._wlan.connect(wifi["ssid"], wifi["password"])
        began = self._board.now()
        while not self._wlan.isconnected():
            if ticks_diff(self._board.now(), began) >= WIFI_MS:
                self._wifi_at = (self._wifi_at + 1) % len(self._config["wifi"])
                raise mqtt.Broken("no Wi-Fi {}{}".format(wifi["ssid"], self._reason()))
            await asyncio.sleep(0.1)
        self._tell(True)

    def _advance(self) -> bool:
        """The link lives, as the watchdog is to know. Whether the Wi-Fi does too."""
        self.rounds = (self.rounds + 1) & 0xFFFF
        return self._wlan.isconnected()

    def _reason(self) -> str:
        if self._wlan.status() == getattr(network, "STAT_WRONG_PASSWORD", None):
            self._owner.fault("config", True)
            return ", its password is wrong: run lovebell-tech provision"
        return ""

    def _tell(self, up: bool) -> None:
        if up != self._was_up:
            self._was_up = up
            self._owner.say("wifi up" if up else "wifi down")

    def _tell_broker(self) -> None:
        # Not before: what is sent to us until the subscription holds does not reach us.
        self._owner.say("broker up")

    async def _talk(self, broker: dict) -> None:
        name = self._config["device"]
        reader, writer = await asyncio.wait_for(self._dial(broker), DIAL_MS / 1000)
        self._advance()
        client = mqtt.Client(
            reader, writer, self._board.now, self._owner.received, self._tell_broker, self._advance
        )
        try:
            await client.connect(name, self._config["user"], self._config["password"], self._will)
        except mqtt.Broken:
            await mqtt.close(writer)
            raise
        self._board.watchful = False
        self._pause_ms = FIRST_PAUSE_MS
        self._hurry.clear()
        self._client = client
        self._owner.connected()
        try:
            await client.run()
        finally:
            self._client = None
            self._owner.lost()

    async def _dial(self, broker: dict) -> tuple:
        # The name is asked for anew each time: the address may have changed.
        host = broker["host"]
        if not broker["tls"]:
            reader, writer = await asyncio.open_connection(host, broker["port"])
            raw = getattr(writer, "s", None)  # CPython sets TCP_NODELAY by itself
            if raw is not None:
                raw.setsockopt(_TCP, _NODELAY, 1)
            return reader, writer
        context = tls_context(self._config["ca"])
        if sys.implementation.name == "micropython":
            context = _NoDelay(context)
        return await asyncio.open_connection(
            host, broker["port"], ssl=context, server_hostname=host
        )


def tls_context(path: str):
    """A context that trusts the authority in the DER file `path` and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED  # MicroPython begins with CERT_NONE
    with open(path, "rb") as file:
        context.load_verify_locations(cadata=file.read())
    return context


class _NoDelay:
    """Stands between asyncio and a context, because only here the bare socket is at hand."""

    def __init__(self, context) -> None:
        self._context = context

    def wrap_socket(self, sock, **options):
        sock.setsockopt(_TCP, _NODELAY, 1)
        return self._context.wrap_socket(sock, **options)
