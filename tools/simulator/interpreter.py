"""What runs the firmware on this PC: MicroPython, or CPython where there is none.

Owns the choice and where the firmware and its stand-ins lie. Knows no board.
"""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path
from typing import Literal, NamedTuple

HERE = Path(__file__).parent
STANDINS = HERE / "standins"
FAST = STANDINS / "fast"

Name = Literal["micropython", "cpython"]


class Interpreter(NamedTuple):
    """What runs the firmware, and a sentence that says why."""

    name: Name
    why: str


def choose(wanted: Name | None = None) -> Interpreter:
    """The interpreter for virtual boards: MicroPython where there is a wheel of it.

    Raises RuntimeError if MicroPython is `wanted` and not there.
    """
    is_there = importlib.util.find_spec("micropython_unix") is not None
    if wanted == "cpython":
        return Interpreter("cpython", "the firmware runs under CPython, as asked")
    if is_there:
        return Interpreter("micropython", "the firmware runs in MicroPython")
    why = f"there is no MicroPython package for {platform.system()} on {platform.machine()}"
    if wanted == "micropython":
        raise RuntimeError(f"{why}: leave the choice open to run the firmware under CPython")
    return Interpreter("cpython", f"{why}: the same firmware runs under CPython")


def find_firmware() -> Path:
    """The firmware's folder: in a checkout, else in the installed package.

    Raises RuntimeError if it is in neither.
    """
    for folder in (HERE.parent.parent / "firmware", HERE / "firmware"):
        if (folder / "main.py").is_file():
            return folder
    raise RuntimeError("the firmware is missing: install lovebell again, or use a full checkout")
