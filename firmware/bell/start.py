"""From power to the loop: counts the start, finds a configuration, chooses safe mode.

Owns the order of the start, and what is imported when: on a board every module has its price.
Knows nothing of pins, messages and lamps.
"""

import asyncio
import os
import sys

from bell import release
from bell.starts import Starts

# What neither a press nor a ring needs, and may be what has failed.
_OPTIONAL = ("sound", "supply", "ntp")
_OPTIONAL_PINS = ("supply", "sck", "ws", "sd")
_running: list = []  # the device, once there is one


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
    from bell import app, board

    word = board.left()
    settings["set_up"], settings["owed"] = word == "set-up", word == "call"
    _running.append(app.App(settings, directory, starts, proof))
    _forget()
    asyncio.run(_running[0].run())


def _forget() -> None:
    """Let go of what is done once: the code of it takes room on the heap."""
    global _configuration, _firmware
    del _configuration, _firmware
    Starts.__init__ = None  # type: ignore


def farewell() -> None:
    """The chip is about to start again, whatever has ended run(): keep what was pressed since."""
    if _running:
        _running[0].farewell()


def _configuration(directory: str, starts: Starts) -> tuple:
    """(settings or None, proof, complaint)."""
    from bell import config

    if starts.is_safe:
        print("safe mode: {} starts have failed".format(starts.failed))
    prefer = config.GOOD if starts.is_safe else config.NAME
    settings, proof, complaints = config.load(directory, prefer)
    for complaint in complaints:
        print(complaint)
    if settings is not None:
        if complaints:
            print("going on with {}".format(config.GOOD))
        if starts.is_safe:
            settings.update(dict.fromkeys(_OPTIONAL))
            for name in _OPTIONAL_PINS:
                settings["pins"].pop(name, None)
        settings["safe"] = starts.is_safe
        settings["old"] = bool(complaints)
        settings["slot"], settings["update"] = _firmware(directory)
        release("config")
    return settings, proof, complaints[0] if complaints else ""


def _firmware(directory: str) -> tuple:
    """(slot, update): where this firmware lies, and what there is to tell of the last update."""
    slot = sys.path[0] if sys.path[0] in ("a", "b") else "-"  # as main.py has left it
    if "slots" not in os.listdir(directory):
        return slot, None
    from bell import slots

    told = slots.story(directory, slot)
    release("slots")
    return slot, told
