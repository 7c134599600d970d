"""Stand-in for MicroPython's network: the Wi-Fi that the harness puts in the air.

Speaks the numbers of the ESP32's driver. A connect() goes on trying, as the driver does.
"""

import binascii
import json

import control

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
_HANDSHAKE_TIMEOUT = 15  # what a driver really reports for a wrong password, most of the time
_OPEN = 0
_made = {}


def WLAN(interface=STA_IF):
    """The one object of each interface, as on an ESP32."""
    if interface not in _made:
        _made[interface] = _Station() if interface == STA_IF else _AccessPoint()
    return _made[interface]


def _octets(ssid):
    """A network of the harness: by its name, or by its bytes where that is no UTF-8."""
    return binascii.unhexlify(ssid[4:]) if ssid.startswith("hex:") else ssid.encode()


class _AccessPoint:
    """The board's own. The harness is told of it, as a phone would find it."""

    def __init__(self):
        self._settings = {"essid": "ESP_000000", "authmode": _OPEN, "password": ""}
        self._active = False

    def active(self, active):
        self._active = active
        self._tell()

    def config(self, name=None, **settings):
        if name is not None:
            return self._settings[name]
        if not self._active:
            raise OSError("Wifi Unknown Error 0x0102")
        self._settings.update(settings)
        self._tell()
        return None

    def ifconfig(self, addresses):
        pass

    def _tell(self):
        said = self._settings if self._active else None
        print(control.TRACE + "ap " + json.dumps(said))


class _Station:
    def __init__(self):
        self._active = False
        self._asked = None

    def scan(self):
        if not self._active:
            raise OSError("Wifi Not Started")
        networks = control.wifi["air"] if control.wifi["up"] else None
        return [
            (_octets(ssid), b"\x00" * 6, 1, -50 - 10 * place, 3 if password else _OPEN, False)
            for place, (ssid, password) in enumerate((networks or {}).items())
        ]

    def active(self, active=None):
        if active is None:
            return self._active
        self._active = active
        if not active:
            self._asked = None
        return None

    def connect(self, ssid, password=""):
        self._asked = (ssid if isinstance(ssid, bytes) else ssid.encode(), password)

    def disconnect(self):
        self._asked = None

    def isconnected(self):
        return self.status() == STAT_GOT_IP

    def ifconfig(self):
        address = control.wifi["address"] if self.isconnected() else "0.0.0.0"  # noqa: S104
        return (address, "255.255.255.0", "192.168.1.1", "192.168.1.1")

    def status(self, what=None):
        if what == "rssi":
            return -55
        if not self._active or self._asked is None:
            return STAT_IDLE
        ssid, password = self._asked
        air = control.wifi["air"]
        if air is not None:
            air = {_octets(name): word for name, word in air.items()}
        if not control.wifi["up"] or (air is not None and ssid not in air):
            return STAT_NO_AP_FOUND
        if air is not None and air[ssid] != password:
            return _HANDSHAKE_TIMEOUT
        return STAT_GOT_IP
