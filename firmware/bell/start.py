"""From power to the loop: counts the start, finds a configuration, chooses safe mode.

Owns the order of the start, and what is imported when: on a board every module has its price.
Knows nothing of pins, messages and lamps.
"""

import asyncio

from bell.starts import Starts

# What neither a press nor a ring needs, and may be what has failed.
_OPTIONAL = ("sound", "supply", "ntp")


def run(directory: str = ".") -> None:
    """Be what the configuration in `directory` says. Returns only to be started anew."""
    starts = Starts(directory)
    if starts.was_lost:
        print("the count of starts was lost: ids begin another life")
    settings, proof, complaint = _configuration(directory, starts)
    if settings is None:
        from bell import setup

        asyncio.run(setup.Setup(directory).run(complaint))
        return
    from bell import app

    prove = None if proof is None else lambda: _keep(directory, proof)
    asyncio.run(app.App(settings, directory, starts, prove).run())


def _configuration(directory: str, starts: Starts) -> tuple:
    """(settings or None, what keep() wants to know, complaint)."""
    from bell import config

    if starts.is_safe:
        print("safe mode: {} starts have failed".format(starts.failed))
    prefer = config.GOOD if starts.is_safe else config.NAME
    settings, proof, complaints = config.load(directory, prefer)
    for complaint in complaints:
        print(complaint)
    if settings is not None:
        if complaints:
            print("going on with {}".format(config.NAME if proof else config.GOOD))
        for name in _OPTIONAL if starts.is_safe else ():
            settings[name] = None
        settings["safe"] = starts.is_safe
        settings["old"] = bool(complaints)
        config.release("config")
    return settings, proof, complaints[0] if complaints else ""


def _keep(directory: str, proof: int) -> None:
    try:
        from bell import config  # again: it has been let go of

        config.keep(directory, proof)
        config.release("config")
    except MemoryError:
        print("no memory to keep a copy of the configuration")  # which is no reason to fail now
