"""The configuration on flash: config.json, and config.good.json, the last that has proved good.

Owns the two files, and config.refused: the checksum of a config.json that led to no broker while
the good one did. A configuration is good when a broker has let us in and taken our subscriptions.
What its fields may be stands in fields.py; what they are used for is known to nobody here.
"""

import binascii
import json
import os

from bell import flash, release

NAME = "config.json"
GOOD = "config.good.json"
REFUSED = "config.refused"
ADVICE = "run lovebell-tech setup, or correct it by hand"


class ConfigError(ValueError):
    """config.json cannot be used; the message says where and what to do."""


def check(settings: object) -> dict:
    """`settings` with its defaults filled in. Raises ConfigError. Unknown fields are ignored: a
    newer tool may have written them."""
    from bell import fields

    checked = fields.check(settings)
    release("fields")
    return checked


def load(directory: str = ".", prefer: str = NAME) -> tuple:
    """(settings, proof, complaints): the first of the two files that can be used, checked as a
    whole, the preferred one tried first; what the functions below want to know, None if the good
    one is used; and what is wrong with config.json, in words. Without any, settings is None."""
    complaints: list = []
    if is_refused(directory):
        prefer = GOOD
        complaints.append("{} leads to no broker, {} does: {}".format(NAME, GOOD, ADVICE))
    for name in (NAME, GOOD) if prefer == NAME else (GOOD, NAME):
        try:
            raw = _read(directory + "/" + name)
            settings = check(_parsed(raw))
        except ConfigError as why:
            if name == NAME:
                complaints.insert(0, str(why))
            continue
        # Whatever is wrong with the other one, nobody has to mend it.
        return (settings, binascii.crc32(raw), []) if name == NAME else (settings, None, complaints)
    return None, None, complaints


def write(directory: str, settings: dict) -> None:
    """Replace config.json, at once or not at all. Raises ConfigError for one that nobody could
    use, OSError for a flash that does not take it."""
    check(settings)
    _write(directory + "/" + NAME, json.dumps(settings).encode())


def keep(directory: str, proof: int | None) -> None:
    """The configuration that load() gave together with `proof` has led to a good connection:
    copy it, unless it is there or config.json has changed since."""
    try:
        raw = _read(directory + "/" + NAME)
        if binascii.crc32(raw) == proof and raw != _read_or_none(directory + "/" + GOOD):
            _write(directory + "/" + GOOD, raw)
    except (ConfigError, OSError):
        pass  # the next good connection tries again


def other(directory: str, proof: int | None, device: str) -> dict | None:
    """The configuration that load() did not give together with `proof`. None if it is the same or
    cannot be used, or of another device: under that name a press would ring for another home."""
    raw = _read_or_none(directory + "/" + (NAME if proof is None else GOOD))
    if raw is None or binascii.crc32(raw) == proof:
        return None
    try:
        settings = check(_parsed(raw))
    except ConfigError:
        return None
    return settings if settings["device"] == device else None


def choose_other(directory: str, proof: int | None) -> None:
    """The other one leads to a broker, and the one that load() gave together with `proof` does
    not: load() gives the other one from now on, until config.json changes."""
    line = "" if proof is None else str(proof)
    flash.write(directory + "/" + REFUSED, [line.encode()])


def is_refused(directory: str) -> bool:
    """Whether config.json, as it is, led to no broker while the good one did."""
    raw = _read_or_none(directory + "/" + NAME)
    lines, _ = flash.read(directory + "/" + REFUSED)
    return raw is not None and lines == [str(binascii.crc32(raw)).encode()]


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        raise ConfigError("there is no {}: {}".format(path.split("/")[-1], ADVICE))


def _read_or_none(path: str) -> bytes | None:
    try:
        return _read(path)
    except ConfigError:
        return None


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RuntimeError):
        raise ConfigError("{} is not JSON: {}".format(NAME, ADVICE))


def _write(path: str, raw: bytes) -> None:
    # As flash.py does it, but in a form that a person can read and write.
    with open(path + ".new", "wb") as file:
        file.write(raw)
    os.rename(path + ".new", path)
