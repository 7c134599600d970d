"""The configuration on flash: config.json, and config.good.json, the last that has proved good.

Owns the two files. A configuration is good when it has led to a connection. What its fields may
be stands in fields.py; what they are used for is known to nobody here.
"""

import binascii
import json
import os
import sys

NAME = "config.json"
GOOD = "config.good.json"
ADVICE = "run lovebell-tech provision, or correct it by hand"


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
    whole, the preferred one tried first; what keep() wants to know; and what is wrong with those
    that cannot be used, in words. Without any, settings is None."""
    complaints = []
    for name in (NAME, GOOD) if prefer == NAME else (GOOD, NAME):
        try:
            raw = _read(directory + "/" + name)
            settings = check(_parsed(raw))
        except ConfigError as why:
            either = "{} cannot be used either".format(GOOD)
            complaints.append(str(why) if name == NAME else either)
            continue
        return settings, binascii.crc32(raw) if name == NAME else None, complaints
    return None, None, complaints


def write(directory: str, settings: dict) -> None:
    """Replace config.json, at once or not at all. Raises ConfigError for one that nobody could
    use, OSError for a flash that does not take it."""
    check(settings)
    _write(directory + "/" + NAME, json.dumps(settings).encode())


def keep(directory: str, proof: object) -> None:
    """The configuration that load() gave together with `proof` has led to a good connection:
    copy it, unless it is there or config.json has changed since."""
    try:
        raw = _read(directory + "/" + NAME)
        if binascii.crc32(raw) == proof and raw != _read_or_none(directory + "/" + GOOD):
            _write(directory + "/" + GOOD, raw)
    except (ConfigError, OSError):
        pass  # the next good connection tries again


def release(name: str) -> None:
    """Let go of a module of ours that has done its work: on a board its place is needed."""
    sys.modules.pop("bell." + name, None)
    package = sys.modules["bell"]
    if hasattr(package, name):
        delattr(package, name)


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
