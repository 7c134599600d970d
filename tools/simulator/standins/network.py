"""Stand-in for MicroPython's network: the Wi-Fi that the harness puts in the air.

Speaks the numbers of the ESP32's driver. A connect() goes on trying, as the driver does.
"""

import control

STA_IF = 0
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
_HANDSHAKE_TIMEOUT = 15  # what a driver really reports for a wrong password, most of the time


class WLAN:
    def __init__(self, interface=STA_IF):
        self._active = False
        self._asked = None

    def active(self, active=None):
        if active is None:
            return self._active
        self._active = active
        if not active:
            self._asked = None
        return None

    def connect(self, ssid, password=""):
        self._asked = (ssid, password)

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
        if not control.wifi["up"] or (air is not None and ssid not in air):
            return STAT_NO_AP_FOUND
        if air is not None and air[ssid] != password:
            return _HANDSHAKE_TIMEOUT
        return STAT_GOT_IP
