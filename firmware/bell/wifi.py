"""The Wi-Fi: one of several networks, and all of it again when it is lost.

Owns the radio, the order of the networks and what may be wrong with them. The only importer of
network. Knows nothing of brokers.
"""

import asyncio
import binascii

from bell.ticks import ticks_diff

JOIN_MS = 15_000
HOPELESS_MS = 5_000  # for a network that is not there or does not take us, if there is another
LOOK_MS = 100
# What the ESP32's driver says when the password is wrong: mostly the first of them, that the
# handshake took too long. A weak signal can look the same, so we go on trying.
_WRONG_PASSWORD = (15, 202, 204)
_NOT_THERE = (201,)


def octets(ssid: str) -> bytes:
    """The bytes of a network's name, which need not be text (IEEE 802.11): "hex:" and two digits
    for each are told as that. Raises ValueError."""
    return binascii.unhexlify(ssid[4:]) if ssid[:4] == "hex:" else ssid.encode()


class NoWifi(Exception):  # noqa: N818 - it is missing
    """No network was joined; the message says which and why."""


def station():
    """The radio of this board. Imported only here, so that the rest runs without one."""
    import network

    return network.WLAN(network.STA_IF)


class Wifi:
    """The first of `networks`, {"ssid", "password"} each, that takes us."""

    def __init__(self, networks: list, now, radio) -> None:
        """`radio` is what station() gives."""
        self._networks = networks
        self._now = now
        self._at = 0
        self._wlan = radio
        self._address = None
        self.has_wrong_password = False

    @property
    def is_up(self) -> bool:
        """Whether we are in a network and have an address."""
        return self._wlan.isconnected()

    @property
    def trouble(self) -> str | None:
        """Why connections made since join() are dead, None if they need not be."""
        if not self._wlan.isconnected():
            return "the Wi-Fi is gone"
        if self._wlan.ifconfig()[0] != self._address:
            # Nobody answers to the old address any more, and nobody will say so.
            return "the router has given another address"
        return None

    def rssi(self) -> int | None:
        """Signal in dBm, None when nobody knows."""
        try:
            strength = self._wlan.status("rssi")
        except (OSError, ValueError):
            return None
        return strength if -127 <= strength <= 0 else None

    def go_on(self) -> None:
        """This network leads nowhere: leave it for the next one, if there is one."""
        if len(self._networks) > 1:
            self._at = (self._at + 1) % len(self._networks)
            self._wlan.disconnect()

    async def leave(self) -> None:
        """Leave the network, so that the next join() makes its own choice."""
        self._wlan.active(False)
        await asyncio.sleep(LOOK_MS / 1000)

    async def join(self) -> None:
        """Join the network whose turn it is. Raises NoWifi."""
        if not self._wlan.isconnected():
            await self._try(self._networks[self._at])
        self.has_wrong_password = False
        self._address = self._wlan.ifconfig()[0]

    async def _try(self, wanted: dict) -> None:
        self._wlan.active(False)
        # WLAN.connect() tries for ever: end the try before, and pause, or the next one fails.
        await asyncio.sleep(LOOK_MS / 1000)
        self._wlan.active(True)
        # Of the try before: the driver says it until there is news, whatever is asked for
        # (MicroPython's ports/esp32/network_wlan.c forgets it only when a network is joined).
        old = self._wlan.status()
        has_news = False
        name = wanted["ssid"]
        # Bytes are taken like text (MicroPython's ports/esp32/network_wlan.c).
        self._wlan.connect(octets(name) if name[:4] == "hex:" else name, wanted["password"])
        began = self._now()
        why = "no answer"
        while not self._wlan.isconnected():
            passed_ms = ticks_diff(self._now(), began)
            status = self._wlan.status()
            has_news = has_news or status != old or passed_ms >= JOIN_MS
            if has_news and status in _WRONG_PASSWORD:
                self.has_wrong_password = True
                why = "its password is wrong: run lovebell-tech setup"
            elif has_news and status in _NOT_THERE:
                why = "it is not in the air"
            hopeless = len(self._networks) > 1 and why != "no answer"
            patience_ms = HOPELESS_MS if hopeless else JOIN_MS
            if passed_ms >= patience_ms:
                self._at = (self._at + 1) % len(self._networks)
                raise NoWifi("no Wi-Fi {}: {}".format(wanted["ssid"], why))
            await asyncio.sleep(LOOK_MS / 1000)
