"""Topics and payloads of wire protocol version 1, as docs/protocol.md prescribes them.

Owns the translation between MQTT messages and checked fields. Knows nothing of connections,
pins, flash or time: JSON in, JSON out.
"""

import json

from bell import strict

PREFIX = "lovebell/v1/"
MAX_PAYLOAD = 1024
MAX_INT = 2147483647


class BadMessage(ValueError):  # noqa: N818 - it is a message, not an error of ours
    """A message that must be dropped; `code` is the word of the protocol page for the reason."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__("{}: {}".format(code, why))
        self.code = code


_ID = ("id",)
_DEVICE = ("device",)
_EPISODE = ("episode",)
_ANY_INT = ("int", 0, MAX_INT)

# leaf -> (field, must, what it is). One line for one line of the tables on the protocol page.
LEAVES = {
    "press": (
        ("id", True, _ID),
        ("kind", True, ("one", "call", "cancel", "test")),
        ("age_ms", False, _ANY_INT),
        ("count", False, ("int", 1, 65535)),
        ("first_age_ms", False, _ANY_INT),
    ),
    "acknowledge": (
        ("id", True, _ID),
        ("episode", True, _EPISODE),
        ("age_ms", False, _ANY_INT),
    ),
    "ringing": (("episode", True, _EPISODE),),
    "hushed": (("episode", True, _EPISODE),),
    "state": (
        ("online", True, ("bool",)),
        ("role", False, ("one", "button", "chime")),
        ("firmware", False, ("text", 32)),
        ("boot", False, _ANY_INT),
    ),
    "heartbeat": (
        ("every_s", True, ("int", 1, 86400)),
        ("up_s", True, _ANY_INT),
        ("journal", False, ("int", 0, 65535)),
        ("heap", False, _ANY_INT),
        ("rssi", False, ("int", -127, 0)),
        ("mv", False, ("int", 0, 60000)),
        ("reset", False, ("int", 0, 255)),
        ("fault", False, ("text", 64)),
    ),
    "receipt": (("id", True, _ID), ("episode", False, _EPISODE)),
    "episode": (
        ("episode", True, _EPISODE),
        ("state", True, ("one", "ringing", "coming", "arrived", "resolved")),
        ("who", False, ("text", 64)),
    ),
    "ring": (
        ("episode", True, _EPISODE),
        ("kind", True, ("one", "call", "test")),
        ("button", True, _DEVICE),
        ("home", True, ("text", 160)),
        ("step", True, ("int", 1, 64)),
        ("for_ms", True, ("int", 1000, 86400000)),
    ),
    "hush": (
        ("episode", True, _EPISODE),
        ("why", True, ("one", "acknowledged", "cancelled", "resolved")),
        ("who", False, ("text", 64)),
    ),
    "settings": (
        ("heartbeat_s", False, ("int", 1, 86400)),
        ("quiet", False, ("bool",)),
    ),
}


def topic(device: str, leaf: str) -> str:
    """The topic of a leaf of a device."""
    return PREFIX + device + "/" + leaf


def encode(leaf: str, fields: dict) -> bytes:
    """The payload that carries `fields`. Raises BadMessage for fields the page does not allow."""
    payload = json.dumps(_checked(leaf, fields)).encode()
    if len(payload) > MAX_PAYLOAD:
        raise BadMessage("size", "{} bytes".format(len(payload)))
    return payload


def decode(topic: str, payload: bytes) -> tuple:
    """(device, leaf, fields) of a message: known fields only, defaults filled in.

    Raises BadMessage with the code of the first rule it breaks.
    """
    device, leaf = split(topic)
    if len(payload) > MAX_PAYLOAD:
        raise BadMessage("size", "{} bytes".format(len(payload)))
    try:
        message = strict.loads(payload)
    except ValueError as why:
        raise BadMessage("json", str(why))
    if not isinstance(message, dict):
        raise BadMessage("json", "not an object")
    return device, leaf, _checked(leaf, message)


def split(topic: str) -> tuple:
    """(device, leaf) of a topic. Raises BadMessage with code `topic` or `version`."""
    parts = topic.split("/")
    if len(parts) != 4 or parts[0] != "lovebell" or parts[3] not in LEAVES:
        raise BadMessage("topic", "not lovebell/v1/<device>/<leaf>")
    if parts[1][:1] != "v" or not _made_of(parts[1][1:], "0123456789"):
        raise BadMessage("topic", "no version")
    if not is_device(parts[2]):
        raise BadMessage("topic", "no device name")
    if parts[1] != "v1":
        raise BadMessage("version", "speaks another version")
    return parts[2], parts[3]


_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789-"
_LETTERS = _LOWER + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def is_device(name: object) -> bool:
    """Whether `name` is a device's name."""
    return isinstance(name, str) and len(name) <= 24 and _made_of(name, _LOWER) and name[0] != "-"


def is_id(name: object) -> bool:
    """Whether `name` is an id."""
    return isinstance(name, str) and len(name) <= 40 and _made_of(name, _LETTERS)


def is_episode(name: object) -> bool:
    """Whether `name` is the name of an episode: a button, a full stop, an id."""
    if not isinstance(name, str):
        return False
    parts = name.split(".")
    return len(parts) == 2 and is_device(parts[0]) and is_id(parts[1])


def _made_of(text: str, letters: str) -> bool:
    for letter in text:
        if letter not in letters:
            return False
    return text != ""


def _checked(leaf: str, message: dict) -> dict:
    fields = {}
    for name, must, what in LEAVES[leaf]:
        if name in message:
            value = message[name]
            if what[0] == "text":
                value = _joined(value)
            if not _fits(value, what):
                raise BadMessage("field", "{} is wrong".format(name))
            fields[name] = value
        elif must:
            raise BadMessage("field", "{} is missing".format(name))
    if leaf == "press" and "count" not in fields:
        fields["count"] = 1
    return fields


def _fits(value: object, what: tuple) -> bool:
    kind = what[0]
    if kind == "int":  # type(), because True is an int to isinstance
        return type(value) is int and what[1] <= value <= what[2]
    if kind == "one":
        return isinstance(value, str) and value in what[1:]
    if kind == "text":
        return isinstance(value, str) and _is_text(value, what[1])
    if kind == "id":
        return is_id(value)
    if kind == "device":
        return is_device(value)
    if kind == "episode":
        return is_episode(value)
    return value is True or value is False


def _is_text(text: str, limit: int) -> bool:
    for letter in text:
        number = ord(letter)
        if number < 32 or number == 127 or 0xD800 <= number < 0xE000:
            return False
    return len(text.encode()) <= limit


def _joined(text: object) -> object:
    # MicroPython leaves a pair of escapes, which is how many encoders write a smile, as halves.
    if not isinstance(text, str):
        return text
    out = ""
    high = 0
    for letter in text:
        number = ord(letter)
        if high and 0xDC00 <= number < 0xE000:
            out = out[:-1] + chr(0x10000 + ((high - 0xD800) << 10) + (number - 0xDC00))
        else:
            out += letter
        high = number if 0xD800 <= number < 0xDC00 else 0
    return out
