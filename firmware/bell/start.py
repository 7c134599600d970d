"""From power to the loop: counts the start, finds a configuration, chooses safe mode.

Owns the order of the start, and what is imported when: on a board every module has its price.
Knows nothing of pins, messages and lamps.
"""

import asyncio

from bell import config
from bell.starts import Starts

# What neither a press nor a ring needs, and may be what has failed.
_OPTIONAL = ("sound", "supply", "ntp")


def run(directory: str = ".") -> None:
    """Be what the configuration in `directory` says. Returns only to be started anew."""
    starts = Starts(directory)
    if starts.was_lost:
        print("the count of starts was lost: ids begin another life")
    if starts.is_safe:
        print("safe mode: {} starts have failed".format(starts.failed))
    prefer = config.GOOD if starts.is_safe else config.NAME
    settings, proof, complaints = config.load(directory, prefer)
    for complaint in complaints:
        print(complaint)
    if settings is None:
        from bell import setup

        asyncio.run(setup.Setup(directory).run(complaints[0]))
        return
    if complaints:
        print("going on with {}".format(config.NAME if proof else config.GOOD))
    if starts.is_safe:
        for name in _OPTIONAL:
            settings[name] = None
    settings["safe"] = starts.is_safe
    settings["old"] = bool(complaints)
    from bell import app

    device = app.App(settings, directory, starts, lambda: config.keep(directory, proof))
    asyncio.run(device.run())
