"""A new network in config.json, and nothing else in it changed.

Owns the order: the new one first, what was there after it. config.good.json is left alone, so that
a network that leads nowhere makes way for the one that did, as for every new configuration.
"""

import json

from bell import config

MOST = 4  # as fields.py has it


def merged(old: list, new: dict, is_proven: bool) -> list:
    """`old` with `new` before it. What `old` says of the same network goes when `new` has been
    joined; else it stays, because the new password may be the wrong one. Of more than MOST the
    last are dropped."""
    kept = []
    for network in old:
        is_same = network["ssid"] == new["ssid"]
        if not is_same or not (is_proven or network.get("password", "") == new["password"]):
            kept.append(network)
    return ([new] + kept)[:MOST]


def save(directory: str, device: str, new: dict, is_proven: bool) -> None:
    """Write it. Raises ConfigError for what nobody could use, OSError for a flash that does not
    take it; both leave everything as it was."""
    settings = _settings(directory, device)
    settings["wifi"] = merged(settings["wifi"], new, is_proven)
    config.write(directory, settings)


def _settings(directory: str, device: str) -> dict:
    """As they stand in the file, with what a newer tool may have written. config.json is what the
    technician wanted last; where nobody can use it, the good one is what there is. So too where it
    led to no broker: with the new network it would do so no more than before."""
    names = (config.NAME, config.GOOD)
    for name in reversed(names) if config.is_refused(directory) else names:
        try:
            with open(directory + "/" + name, "rb") as file:
                settings = json.loads(file.read())
            if config.check(settings)["device"] == device:
                return settings
        except (OSError, ValueError, RuntimeError):
            pass  # the next one, then
    raise config.ConfigError("there is no configuration of {}: {}".format(device, config.ADVICE))
