"""Checks the fields of config.json.

Owns the names, the limits and the defaults of the configuration. An error says what the
technician has to do. Knows nothing of files and of what the values are used for. Needed once, at
the start; config.py lets go of it.
"""

import binascii
import sys

from bell import wifi, wire
from bell.config import ADVICE, ConfigError

# Neighbours on the header of the usual ESP32 board, and none that the chip looks at when power
# comes: with a button on one of those, a press at that moment would keep it from starting.
DEFAULT_PINS = {"button": 27, "lamp": 26, "buzzer": 25}
MORE_PINS = ("service", "supply", "sck", "ws", "sd")
# The pins at which each chip can measure while Wi-Fi is on, those of its converter 1: the Wi-Fi
# needs converter 2 (MicroPython, Quick reference for the ESP32, ADC; ESP-IDF, ADC, channels).
_MEASURING = {"": (32, 39), "S2": (1, 10), "S3": (1, 10), "C3": (0, 4), "C6": (0, 6)}


def check(config: object) -> dict:
    """`config` with its defaults filled in. Raises ConfigError. Unknown fields are ignored: a
    newer tool may have written them."""
    config = _object(config, "config.json", "an object")
    device = _field(config, "device")
    _need(wire.is_device(device), "device", "1 to 24 of a-z, 0-9 and -", device)
    role = _field(config, "role")
    _need(role in ("button", "chime"), "role", '"button" or "chime"', role)
    ca = config.get("ca")
    _need(ca is None or _is_text(ca, 1, 64), "ca", "the name of a DER file", ca)
    ntp = config.get("ntp")
    _need(ntp is None or _is_text(ntp, 1, 253), "ntp", "the name of a time server", ntp)
    heartbeat_s = config.get("heartbeat_s", 60)
    _need(_is_int(heartbeat_s, 1, 86400), "heartbeat_s", "1 to 86400", heartbeat_s)
    hears = config.get("hears", [])
    _need(
        isinstance(hears, list) and len(hears) <= 16 and all(wire.is_device(one) for one in hears),
        "hears",
        "a list of at most 16 buttons",
        hears,
    )
    pins = _pins(config.get("pins", {}))
    return {
        "device": device,
        "role": role,
        "wifi": [_wifi(network) for network in _list(config, "wifi")],
        "broker": [_broker(broker, ca) for broker in _list(config, "broker")],
        "user": _text(config, "user", device),
        "password": _text(config, "password", None),
        "ca": ca,
        "ntp": ntp,
        "heartbeat_s": heartbeat_s,
        "hears": hears,
        "pins": pins,
        "sound": _sound(config.get("sound"), pins),
        "supply": _supply(config.get("supply"), pins),
    }


def _wifi(network: object) -> dict:
    network = _object(network, "wifi", 'a list of {"ssid", "password"}')
    ssid = _field(network, "ssid", "wifi")
    password = network.get("password", "")
    good = _is_whole(ssid) and fits(ssid)  # type: ignore
    _need(good, "ssid in wifi", '1 to 32 bytes, or "hex:" and two digits for each', ssid)
    # The password itself stays off the console.
    good = _is_whole(password) and fits("x", password)  # type: ignore
    _need(good, "password in wifi", "empty, 8 to 63 bytes or 64 digits of 0-9a-f", "something else")
    return {"ssid": ssid, "password": password}


def fits(ssid: str, password: str = "") -> bool:
    """Whether a network can have them: a name of 1 to 32 bytes, which the driver ends at a zero; no
    password, one of 8 to 63 bytes, or the key itself in 64 hexadecimal digits (IEEE 802.11; esp-idf
    issue 17947)."""
    try:
        name, word = wifi.octets(ssid), password.encode()
        if len(word) == 64:
            binascii.unhexlify(word)
    except ValueError:
        return False
    return 1 <= len(name) <= 32 and 0 not in name and (not word or 8 <= len(word) <= 64)


def _broker(broker: object, ca: object) -> dict:
    broker = _object(broker, "broker", 'a list of {"host", "port", "tls"}')
    host = _field(broker, "host", "broker")
    tls = broker.get("tls", False)
    port = broker.get("port", 8883 if tls else 1883)
    _need(_is_text(host, 1, 253), "host in broker", "a name or an address", host)
    _need(tls is True or tls is False, "tls in broker", "true or false", tls)
    _need(_is_int(port, 1, 65535), "port in broker", "1 to 65535", port)
    _need(not tls or ca is not None, "ca", "a DER file when a broker has tls", ca)
    return {"host": host, "port": port, "tls": tls}


def _pins(pins: object) -> dict:
    pins = _object(pins, "pins", 'an object like {"button": 0}')
    checked = dict(DEFAULT_PINS)
    for name in checked:
        number = pins.get(name, checked[name])
        _need(_is_int(number, 0, 48), "{} in pins".format(name), "0 to 48", number)
        checked[name] = number
    for name in MORE_PINS:
        if name in pins:
            _need(_is_int(pins[name], 0, 48), "{} in pins".format(name), "0 to 48", pins[name])
            checked[name] = pins[name]
    _need(len(set(checked.values())) == len(checked), "pins", "all different", checked)
    if "supply" in checked:
        lowest, highest = _MEASURING.get(chip(), (0, 48))
        must_be = "{} to {} on this chip".format(lowest, highest)
        good = lowest <= checked["supply"] <= highest
        _need(good, "supply in pins", must_be, checked["supply"])
    return checked


def chip(machine: str = getattr(sys.implementation, "_machine", "")) -> str:
    """Which ESP32 it is by what MicroPython calls the `machine`: "S3", "C6", …; "" is the first one
    and what is no ESP32 at all."""
    name = machine.split(" with ")[-1].replace("-", "")
    kind = name[5:7]
    is_later = name[:5] == "ESP32" and kind[:1] in ("S", "C", "H", "P") and kind[1:].isdigit()
    return kind if is_later else ""


def _sound(path: object, pins: dict) -> object:
    _need(path is None or _is_text(path, 1, 64), "sound", "the name of a WAV file", path)
    is_wired = all(name in pins for name in ("sck", "ws", "sd"))
    _need(path is None or is_wired, "pins", "with sck, ws and sd when there is a sound", pins)
    return path


def _supply(supply: object, pins: dict) -> object:
    if supply is None:
        _need("supply" not in pins, "supply", 'an object like {"low_mv": 3500}', supply)
        return None
    supply = _object(supply, "supply", 'an object like {"low_mv": 3500}')
    low_mv = _field(supply, "low_mv", "supply")
    ratio_milli = supply.get("ratio_milli", 1000)
    _need(_is_int(low_mv, 0, 60000), "low_mv in supply", "0 to 60000", low_mv)
    _need(_is_int(ratio_milli, 1000, 50000), "ratio_milli in supply", "1000 to 50000", ratio_milli)
    _need("supply" in pins, "pins", "with supply when it is measured", pins)
    return {"low_mv": low_mv, "ratio_milli": ratio_milli}


def _field(section: dict, name: str, where: str = "") -> object:
    if name not in section:
        place = ' in "{}"'.format(where) if where else ""
        raise ConfigError('config.json has no "{}"{}: {}'.format(name, place, ADVICE))
    return section[name]


def _list(config: dict, name: str) -> list:
    value = _field(config, name)
    if isinstance(value, list) and 1 <= len(value) <= 4:
        return value
    raise _wrong(name, "a list of 1 to 4", value)


def _object(value: object, what: str, must_be: str) -> dict:
    if isinstance(value, dict):
        return value
    raise _wrong(what, must_be, "something else")


def _text(config: dict, name: str, otherwise: object) -> object:
    value = config.get(name, otherwise)
    good = value is None or _is_text(value, 1, 128)
    _need(good, name, "text of 1 to 128 bytes", "something else")
    return value


def _is_text(value: object, shortest: int, longest: int) -> bool:
    return _is_whole(value) and shortest <= len(value.encode()) <= longest  # type: ignore


def _is_whole(value: object) -> bool:
    # Half characters, as escapes give them, would be sent as bytes that are no UTF-8.
    return isinstance(value, str) and not any(0xD800 <= ord(one) < 0xE000 for one in value)


def _is_int(value: object, lowest: int, highest: int) -> bool:
    return type(value) is int and lowest <= value <= highest


def _need(good: bool, what: str, must_be: str, found: object) -> None:
    if not good:
        raise _wrong(what, must_be, found)


def _wrong(what: str, must_be: str, found: object) -> ConfigError:
    if isinstance(found, str) and not _is_whole(found):
        found = "half a character"
    return ConfigError(
        '"{}" in config.json must be {}, not {}: {}'.format(what, must_be, found, ADVICE)
    )
