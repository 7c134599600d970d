"""Topics and payloads of wire protocol version 1, as docs/protocol.md prescribes them.

Owns the translation between MQTT messages and checked fields. Knows nothing of connections,
pins, flash or time: JSON in, JSON out.
"""

import json

from bell import strict

PREFIX = "lovebell/v1/"
MAX_PAYLOAD = 1024


class BadMessage(ValueError):  # noqa: N818 - it is a message, not an error of ours
    """A message that must be dropped; `code` is the word of the protocol page for the reason."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__("{}: {}".format(code, why))
        self.code = code


# A leaf and its fields a line; one line here for one table on the protocol page. `*` marks a field
# that must be there; then what it is: a range of integers, one of several words, text of so many
# bytes at most, or the name of a check below. All in one text, because as tuples it would take
# seven times the heap.
LEAVES = """
press *id=id *kind=call|cancel|test age_ms=0..2147483647 count=1..65535 \
 first_age_ms=0..2147483647
acknowledge *id=id *episode=episode age_ms=0..2147483647
ringing *episode=episode
hushed *episode=episode
state *online=bool role=button|chime firmware=text.32 boot=0..2147483647 safe=bool slot=-|a|b
heartbeat *every_s=1..86400 *up_s=0..2147483647 journal=0..65535 heap=0..2147483647 rssi=-127..0 \
 mv=0..60000 reset=0..255 fault=text.64
receipt *id=id episode=episode
episode *episode=episode *state=ringing|coming|arrived|resolved who=text.64 for_ms=1000..86400000
ring *episode=episode *kind=call|test *button=device *home=text.160 *step=1..64 \
 *for_ms=1000..86400000
hush *episode=episode *why=acknowledged|cancelled|resolved who=text.64
settings heartbeat_s=1..86400 quiet=bool
firmware version=text.32 mpy=0..255 size=1..262144 sha256=text.64 signature=text.700 \
 attempt=1..255
fetch *version=text.32 *at=0..262144
piece *version=text.32 *at=0..262144 *data=text.840
update *state=fetching|ready|trial|good|failed|refused *version=text.32 attempt=1..255 \
 at=0..262144 why=text.64
"""


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
    if len(parts) != 4 or parts[0] != "lovebell" or not _fields_of(parts[3]):
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


def _fields_of(leaf: str) -> list:
    """What LEAVES says of the fields of a leaf; nothing if there is no such leaf."""
    at = LEAVES.find("\n" + leaf + " ") if _made_of(leaf, _LOWER) else -1
    return [] if at < 0 else LEAVES[at : LEAVES.find("\n", at + 1)].split()[1:]


def _checked(leaf: str, message: dict) -> dict:
    fields = {}
    for line in _fields_of(leaf):
        name, _, what = line.partition("=")
        must = name[0] == "*"
        if must:
            name = name[1:]
        if name in message:
            value = _joined(message[name])
            if not _fits(value, what):
                raise BadMessage("field", "{} is wrong".format(name))
            fields[name] = value
        elif must:
            raise BadMessage("field", "{} is missing".format(name))
    if leaf == "press" and "count" not in fields:
        fields["count"] = 1
    return fields


def _fits(value: object, what: str) -> bool:
    kind, _, limit = what.partition(".")
    if limit[:1] == ".":  # type(), because True is an int to isinstance
        return type(value) is int and int(kind) <= value <= int(limit[1:])
    if kind == "text":
        return isinstance(value, str) and _is_text(value, int(limit))
    if kind == "id":
        return is_id(value)
    if kind == "device":
        return is_device(value)
    if kind == "episode":
        return is_episode(value)
    if kind == "bool":
        return value is True or value is False
    return isinstance(value, str) and value in kind.split("|")


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
