"""A bare chip, by esptool.

Owns the command line of esptool and the reading of what it prints. esptool runs as a command of
its own: several at once would share one log, and its licence, the GPL, stays with it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lovebell_tools.board import BoardError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

#: Where an image of MicroPython begins, by chip, as its download pages say.
BEGINS_AT: Final = {"ESP32": 0x1000, "ESP32-S2": 0x1000, "ESP32-S3": 0x0, "ESP32-C3": 0x0}
PATIENCE_S: Final = 300
_CHIP: Final = re.compile(r"^Detecting chip type\.\.\. (\S+)", re.MULTILINE)
_MAC: Final = re.compile(r"^MAC:\s+([0-9a-f:]{17})", re.MULTILINE)
_PER_CENT: Final = re.compile(r"(\d+)\.\d%")
_WHY: Final = re.compile(r"A fatal error occurred: (.+)")


@dataclass(frozen=True, slots=True)
class Chip:
    """A chip in its loader, with the name and the address that it says it has."""

    name: str
    mac: str


def find(port: str) -> Chip | None:
    """The chip on that port, if its loader answers. Restarts it afterwards."""
    try:
        said = _run(port, ("--connect-attempts", "2"), ("read-mac",))
    except BoardError:
        return None
    name, mac = _CHIP.search(said), _MAC.search(said)
    return Chip(name[1], mac[1]) if name and mac else None


def write(port: str, chip: Chip, image: Path, progress: Callable[[int], None]) -> None:
    """Write an image and verify it. `progress` hears per cents.

    Raises BoardError: `unknown_chip`, `write_failed`.
    """
    if chip.name not in BEGINS_AT:
        raise BoardError("unknown_chip", chip=chip.name, chips=", ".join(BEGINS_AT))
    before = ("--chip", chip.name.lower().replace("-", ""), "--baud", "460800")
    command = ("write-flash", "--compress", hex(BEGINS_AT[chip.name]), str(image))
    _run(port, before, command, progress)


def _run(
    port: str,
    before: Sequence[str],
    command: Sequence[str],
    progress: Callable[[int], None] | None = None,
) -> str:
    # Without esptool's second stage: some cheap boards stumble over it, and all the ROM can do is
    # enough for one image.
    arguments = [sys.executable, "-m", "esptool", "--port", port, "--no-stub", *before, *command]
    process = subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said = b""
    try:
        while process.stdout is not None and (part := os.read(process.stdout.fileno(), 4096)):
            said += part
            if progress is not None and (found := _PER_CENT.findall(part.decode(errors="replace"))):
                progress(int(found[-1]))
        process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    text = said.decode(errors="replace").replace("\r", "\n")
    if process.returncode:
        why = _WHY.search(text)
        raise BoardError("write_failed", why=why[1].strip() if why else text.strip()[-200:])
    return text
