"""Stand-in for MicroPython's network: one Wi-Fi, up or down as the harness says."""

import control

STA_IF = 0
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_WRONG_PASSWORD = 202
STAT_GOT_IP = 1010


class WLAN:
    def __init__(self, interface=STA_IF):
        self._active = False
        self._joined = False

    def active(self, active=None):
        if active is None:
            return self._active
        self._active = active
        if not active:
            self._joined = False
        return None

    def connect(self, ssid, password=""):
        self._joined = True

    def disconnect(self):
        self._joined = False

    def isconnected(self):
        return self._active and self._joined and control.wifi["up"]

    def status(self, what=None):
        if what == "rssi":
            return -55
        return STAT_GOT_IP if self.isconnected() else STAT_CONNECTING
