"""The board's own access point, and which networks are in the air.

Owns both; needed only while the Wi-Fi is set up. Beside wifi.py the only importer of network.
"""

import binascii

import network

from bell import access
from bell.strict import check_utf8

MOST = 12  # networks shown: the strongest
WPA2 = 3


def found(station) -> list:
    """(name, dBm) of the networks in the air, the strongest first, each once. Blocks for seconds.
    Those whose name is hidden cannot be chosen. One that is no UTF-8, as of many routers that write
    Chinese in GBK, is told by its bytes (wifi.octets)."""
    station.active(False)  # else it goes on trying to join, and disturbs who is on ours
    station.active(True)
    try:
        seen = station.scan()
    except (OSError, RuntimeError, MemoryError):  # the last in a tower with hundreds of networks
        return []  # its name can still be typed
    strongest: dict = {}
    for network_ in seen:
        raw = network_[0]
        try:
            check_utf8(raw)  # a phone would change what it cannot read, and send that
            name = raw.decode()
        except ValueError:
            name = "hex:"
        if name[:4] == "hex:":  # or it is really called so
            name = "hex:" + binascii.hexlify(raw).decode()
        if raw.strip(b"\x00") and network_[3] > strongest.get(name, -999):
            strongest[name] = network_[3]
    return sorted(strongest.items(), key=lambda one: -one[1])[:MOST]


class AccessPoint:
    """Ours, from open() to close()."""

    def __init__(self) -> None:
        self._wlan = network.WLAN(network.AP_IF)

    def open(self, name: str, password: str) -> None:
        """Be in the air. Raises OSError where the driver would let everybody in."""
        wlan = self._wlan
        # In this order: before the interface is active some versions take no settings
        # (micropython issue 7504), and without the mode the password is ignored (issue 8407). Until
        # they hold nothing listens on it.
        wlan.active(True)
        wlan.config(essid=name, password=password, authmode=WPA2)
        if wlan.config("authmode") != WPA2:
            self.close()
            raise OSError("the access point would be open to all")
        wlan.ifconfig((access.ADDRESS, "255.255.255.0", access.ADDRESS, access.ADDRESS))

    def close(self) -> None:
        """Be gone."""
        self._wlan.active(False)
