"""The wire protocol as the gateway speaks it: topics and payloads, `docs/protocol.md` in code.

Owns decoding, checking and encoding. Knows nothing of MQTT clients and of what messages cause.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

import orjson

from lovebell.domain.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT: Final = "lovebell"
VERSION: Final = "v1"
MAX_PAYLOAD: Final = 1024

#: The leaves a gateway listens to, with their quality of service.
FROM_DEVICES: Final[Mapping[str, int]] = {
    "press": 1,
    "acknowledge": 1,
    "ringing": 1,
    "hushed": 1,
    "state": 1,
    "heartbeat": 0,
    "fetch": 0,
    "update": 1,
}

# To strip a good name of these leaves nothing; a regular expression takes twice as long.
_NAME_CHARS: Final = "abcdefghijklmnopqrstuvwxyz0123456789-"
_ID_CHARS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + _NAME_CHARS
_VERSION: Final = re.compile(r"v[0-9]+\Z", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

Fields = dict[str, Any]


class BadMessageError(ValueError):
    """A message that breaks `docs/protocol.md`. `code` is one of the codes of its section 10."""

    def __init__(self, code: str, why: str, device: str = "") -> None:
        super().__init__(why)
        self.code = code
        self.device = device


@value
class Message:
    """A decoded message: every field with a value, defaults filled in, unknown fields gone."""

    device: str
    leaf: str
    fields: Fields


def is_device(value: object) -> bool:
    """Whether this is a well-formed name of a device."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= 24
        and value[0] != "-"
        and not value.strip(_NAME_CHARS)
    )


def is_id(value: object) -> bool:
    """Whether this is a well-formed id of a press or an acknowledgement."""
    return isinstance(value, str) and 0 < len(value) <= 40 and not value.strip(_ID_CHARS)


def episode_id(button: str, press_id: str) -> str:
    """The name of the episode that this press begins."""
    return f"{button}.{press_id}"


def split_episode(episode: str) -> tuple[str, str]:
    """The button and the press id in the name of an episode."""
    button, _, press_id = episode.partition(".")
    return button, press_id


def _is_episode(value: object) -> bool:
    if not isinstance(value, str):
        return False
    button, press_id = split_episode(value)
    return is_device(button) and is_id(press_id)


def _whole(low: int, high: int) -> Callable[[object], bool]:
    # type(), not isinstance: True is an int to isinstance.
    return lambda value: type(value) is int and low <= value <= high


def _one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


def _text(max_bytes: int) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        if not isinstance(value, str) or _CONTROL.search(value):
            return False
        try:
            return len(value.encode()) <= max_bytes
        except UnicodeEncodeError:  # half of a surrogate pair, written as an escape
            return False

    return check


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


@value
class _Field:
    name: str
    check: Callable[[object], bool]
    must: bool = False
    default: object = None


_MS = _whole(0, 2**31 - 1)
_EPISODE = _Field("episode", _is_episode, must=True)
_OFFERED = _Field("version", _text(32), must=True)
_AT: Final = _whole(0, 262_144)
_FOR: Final = _whole(1000, 86_400_000)
_ATTEMPT = _Field("attempt", _whole(1, 255))

#: One literal table: every leaf, every field. Section 3 and 4 of the protocol.
LEAVES: Final[Mapping[str, tuple[_Field, ...]]] = {
    "press": (
        _Field("id", is_id, must=True),
        _Field("kind", _one_of("call", "cancel", "test"), must=True),
        _Field("age_ms", _MS),
        _Field("count", _whole(1, 65535), default=1),
        _Field("first_age_ms", _MS),
    ),
    "acknowledge": (
        _Field("id", is_id, must=True),
        _EPISODE,
        _Field("age_ms", _MS),
    ),
    "ringing": (_EPISODE,),
    "hushed": (_EPISODE,),
    "state": (
        _Field("online", _is_bool, must=True),
        _Field("role", _one_of("button", "chime")),
        _Field("firmware", _text(32)),
        _Field("boot", _MS),
        _Field("safe", _is_bool),
        _Field("slot", _one_of("-", "a", "b")),
    ),
    "heartbeat": (
        _Field("every_s", _whole(1, 86400), must=True),
        _Field("up_s", _MS, must=True),
        _Field("journal", _whole(0, 65535)),
        _Field("heap", _MS),
        _Field("rssi", _whole(-127, 0)),
        _Field("mv", _whole(0, 60000)),
        _Field("reset", _whole(0, 255)),
        _Field("fault", _text(64)),
    ),
    "fetch": (
        _OFFERED,
        _Field("at", _AT, must=True),
    ),
    "update": (
        _Field(
            "state",
            _one_of("fetching", "ready", "trial", "good", "failed", "refused"),
            must=True,
        ),
        _OFFERED,
        _ATTEMPT,
        _Field("at", _AT),
        _Field("why", _text(64)),
    ),
    "receipt": (
        _Field("id", is_id, must=True),
        _Field("episode", _is_episode),
    ),
    "episode": (
        _EPISODE,
        _Field("state", _one_of("ringing", "coming", "arrived", "resolved"), must=True),
        _Field("who", _text(64)),
        _Field("for_ms", _FOR),
    ),
    "ring": (
        _EPISODE,
        _Field("kind", _one_of("call", "test"), must=True),
        _Field("button", is_device, must=True),
        _Field("home", _text(160), must=True),
        _Field("step", _whole(1, 64), must=True),
        _Field("for_ms", _FOR, must=True),
    ),
    "hush": (
        _EPISODE,
        _Field("why", _one_of("acknowledged", "cancelled", "resolved"), must=True),
        _Field("who", _text(64)),
    ),
    "settings": (
        _Field("heartbeat_s", _whole(1, 86400)),
        _Field("quiet", _is_bool),
    ),
    "firmware": (
        _Field("version", _text(32)),
        _Field("mpy", _whole(0, 255)),
        _Field("size", _whole(1, 262_144)),
        _Field("sha256", _text(64)),
        _Field("signature", _text(700)),
        _ATTEMPT,
    ),
    "piece": (
        _OFFERED,
        _Field("at", _AT, must=True),
        _Field("data", _text(840), must=True),
    ),
}

# The same, quick to go through.
_FIELDS: Final = {
    leaf: tuple([(one.name, one.check, one.must, one.default) for one in fields])
    for leaf, fields in LEAVES.items()
}


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


# Python reads NaN and Infinity, which are no JSON. Fractions are: an unknown field may hold one.
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)


def decode(topic: str, payload: bytes) -> Message:
    """Read one message. Raises BadMessageError with the first code of section 10 that applies."""
    device, leaf = _decode_topic(topic)
    if len(payload) > MAX_PAYLOAD:
        raise BadMessageError("size", f"{len(payload)} bytes, at most {MAX_PAYLOAD}", device)
    try:
        body: object = orjson.loads(payload)
    except (ValueError, RecursionError):
        body = _read_slowly(payload, device)
    if not isinstance(body, dict):
        raise BadMessageError("json", "not a JSON object", device)
    return Message(device, leaf, _check(leaf, body, device))  # pyright: ignore[reportUnknownArgumentType]


def _read_slowly(payload: bytes, device: str) -> object:
    """It may be JSON all the same: orjson takes neither 1e400 nor half of a surrogate pair, which
    an unknown field may hold. Raises BadMessageError."""
    try:
        return _DECODER.decode(payload.decode())
    except (ValueError, RecursionError) as why:  # bad UTF-8 is a ValueError too
        raise BadMessageError("json", f"not JSON as the protocol wants it: {why}", device) from why


def _decode_topic(topic: str) -> tuple[str, str]:
    parts = topic.split("/")
    if len(parts) == 4 and parts[0] == ROOT and parts[1] == VERSION and parts[3] in LEAVES:
        device = parts[2]
        if is_device(device):
            return device, parts[3]
    raise _bad_topic(topic, parts)


def _bad_topic(topic: str, parts: list[str]) -> BadMessageError:
    device = parts[2] if len(parts) == 4 and is_device(parts[2]) else ""
    if len(parts) != 4 or parts[0] != ROOT or not _VERSION.match(parts[1]) or not device:
        return BadMessageError("topic", f"{topic!r} is no topic of the protocol", device)
    if parts[3] not in LEAVES:
        return BadMessageError("topic", f"{parts[3]!r} is no leaf of the protocol", device)
    return BadMessageError("version", f"speaks {parts[1]}, the gateway {VERSION}", device)


def _check(leaf: str, body: Fields, device: str) -> Fields:
    fields: Fields = {}
    for name, check, must, default in _FIELDS[leaf]:
        if name not in body:
            if must:
                raise BadMessageError("field", f"{leaf} has no {name!r}", device)
            if default is not None:
                fields[name] = default
            continue
        value = body[name]
        if not check(value):
            raise BadMessageError("field", f"{leaf}: {name} is {value!r:.80}", device)
        fields[name] = value
    return fields


def topic(device: str, leaf: str) -> str:
    """The topic of a device's leaf."""
    return f"{ROOT}/{VERSION}/{device}/{leaf}"


def encode(fields: Fields) -> bytes:
    """A payload. The caller has cut texts to size (`fit`)."""
    return orjson.dumps(fields)


def for_ms(body: str) -> int | None:
    """How long what one of our own payloads says holds; None for ever. Raises ValueError."""
    value = orjson.loads(body).get("for_ms")
    return value if isinstance(value, int) else None


def lasting(body: str, for_ms: int) -> bytes:
    """The same payload, holding for so long from now on."""
    return orjson.dumps(orjson.loads(body) | {"for_ms": for_ms})


def fit(text: str, max_bytes: int) -> str:
    """The text without control characters, cut at a character to at most so many bytes."""
    if len(text) * 4 <= max_bytes and text.isprintable():
        return text
    clean = _CONTROL.sub(" ", text)
    return clean.encode(errors="replace")[:max_bytes].decode(errors="ignore")
