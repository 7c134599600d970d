"""Which network is joined, what is said of the others, and when a connection is dead."""

import asyncio

from bell import wifi
from bell.wifi import NoWifi, Wifi

wifi.LOOK_MS = 1
NETWORKS = [{"ssid": "first", "password": "12345678"}, {"ssid": "second", "password": "87654321"}]


class Radio:
    """Takes us if `air` says so: {ssid: status}, 1010 for a network that does."""

    def __init__(self):
        self.air = {}
        self.address = "192.168.1.20"
        self.asked = []  # (ssid, password) in order
        self.wanted = None
        self.is_active = False

    def active(self, active):
        self.is_active = active
        if not active:
            self.wanted = None

    def connect(self, ssid, password):
        assert self.is_active
        self.asked.append((ssid, password))
        self.wanted = ssid

    def disconnect(self):
        self.wanted = None

    def isconnected(self):
        return self.status() == 1010

    def status(self):
        return 1000 if self.wanted is None else self.air.get(self.wanted, 201)

    def ifconfig(self):
        return (self.address, "", "", "")


class Stubborn(Radio):
    """As the driver of an ESP32: what it has said of the try before it says until there is news,
    which takes it a hundred looks here."""

    def __init__(self):
        super().__init__()
        self.said = 1000
        self.looks = 0

    def connect(self, ssid, password):
        super().connect(ssid, password)
        self.looks = 0

    def status(self):
        self.looks += 1
        if self.wanted is not None and self.looks > 100:
            self.said = self.air.get(self.wanted, 201)
        return self.said


class Home:
    """A radio whose time passes a hundred milliseconds whenever somebody looks."""

    def __init__(self, air, networks=NETWORKS):
        self.now = 0
        self.wifi = Wifi(networks, self._look, Radio())
        self.radio = self.wifi._wlan
        self.radio.air = air

    def _look(self):
        self.now += 100
        return self.now

    def join(self):
        """Why it was not possible, None if it was."""
        self.now = 0
        try:
            asyncio.run(self.wifi.join())
        except NoWifi as why:
            return str(why)
        return None


def test_the_first_network_is_taken_if_it_takes_us():
    home = Home({"first": 1010, "second": 1010})
    assert home.join() is None
    assert home.radio.asked == [("first", "12345678")]


def test_a_network_that_is_not_there_soon_makes_way_for_the_next():
    home = Home({"second": 1010})
    assert home.join() == "no Wi-Fi first: it is not in the air"
    assert home.now < wifi.JOIN_MS
    assert home.join() is None
    assert home.radio.asked[-1] == ("second", "87654321")


def test_after_the_last_network_comes_the_first():
    home = Home({})
    for _ in range(3):
        home.join()
    assert [ssid for ssid, _ in home.radio.asked] == ["first", "second", "first"]


def test_a_wrong_password_is_named_whatever_the_driver_calls_it():
    for status in (15, 202, 204):
        home = Home({"first": status})
        assert home.join() == ("no Wi-Fi first: its password is wrong: run lovebell-tech setup")
        assert home.wifi.has_wrong_password


def test_the_password_itself_is_not_told():
    home = Home({"first": 15})
    assert "12345678" not in home.join()


def test_a_password_that_is_right_after_all_is_forgiven():
    home = Home({"first": 15})
    home.join()
    home.join()
    home.radio.air = {"first": 1010}
    assert home.join() is None
    assert not home.wifi.has_wrong_password


def test_what_the_driver_said_of_one_network_is_not_taken_for_news_of_the_next():
    for status in (201, 202):
        home = Home({"first": status, "second": 1010})
        home.wifi._wlan = Stubborn()
        home.wifi._wlan.air = home.radio.air
        assert home.join().startswith("no Wi-Fi first: ")
        told = home.wifi.has_wrong_password
        assert told == (status == 202)
        assert home.join() is None, status


def test_a_network_that_is_missing_is_not_said_to_refuse_the_password_of_another():
    home = Home({"first": 202})
    home.wifi._wlan = Stubborn()
    home.wifi._wlan.air = home.radio.air
    home.join()
    home.wifi.has_wrong_password = False
    assert home.join() == "no Wi-Fi second: it is not in the air"
    assert not home.wifi.has_wrong_password


def test_a_single_network_is_given_time():
    home = Home({}, NETWORKS[:1])
    home.join()
    assert home.now >= wifi.JOIN_MS


def test_a_network_that_leads_nowhere_is_left():
    home = Home({"first": 1010, "second": 1010})
    home.join()
    home.wifi.go_on()
    assert home.join() is None
    assert home.radio.asked[-1][0] == "second"


def test_the_only_network_is_not_left():
    home = Home({"first": 1010}, NETWORKS[:1])
    home.join()
    home.wifi.go_on()
    assert home.wifi.is_up


def test_a_network_that_was_joined_is_kept_as_it_is():
    home = Home({"first": 1010})
    home.join()
    home.join()
    assert len(home.radio.asked) == 1


def test_connections_are_dead_without_wifi_and_with_another_address():
    home = Home({"first": 1010})
    home.join()
    assert home.wifi.trouble is None
    home.radio.address = "192.168.1.77"
    assert home.wifi.trouble == "the router has given another address"
    home.join()
    assert home.wifi.trouble is None
    home.radio.air = {}
    assert home.wifi.trouble == "the Wi-Fi is gone"


def test_a_name_that_is_no_utf_8_is_asked_for_by_its_bytes():
    raw = b"\xca\xbe\xc0\xfd\xcd\xf8\xc2\xe7"  # 示例网络 in GBK
    network = {"ssid": "hex:cabec0fdcdf8c2e7", "password": "0aF9" * 16}
    home = Home({raw: 1010}, [network])
    asyncio.run(home.wifi.join())
    assert home.wifi._wlan.asked == [(raw, network["password"])]
