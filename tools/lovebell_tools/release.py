"""The compiled firmware that goes onto the boards.

Owns the reading of a folder with manifest.json, as `make firmware` leaves it. A file that is not
what the manifest says is never copied to a board.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lovebell_tools.board import BoardError
from lovebell_tools.plan import hash_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Firmware:
    """A release: its files by path on the board, and the format of .mpy that they have."""

    version: str
    mpy: int
    files: Mapping[str, bytes]


def read(folder: Path) -> Firmware:
    """The release in `folder`. Raises BoardError: `no_firmware`, `damaged_firmware`."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files: dict[str, bytes] = {}
        for path, about in manifest["files"].items():
            files[path] = (folder / path).read_bytes()
            if hash_of(files[path]) != about["sha256"]:
                raise BoardError("damaged_firmware", path=folder / path)
        return Firmware(str(manifest["version"]), int(manifest["mpy"]["version"]), files)
    except FileNotFoundError as why:
        raise BoardError("no_firmware", path=why.filename) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BoardError("damaged_firmware", path=folder / MANIFEST) from None


def made(folder: Path) -> Firmware:
    """The release of this checkout or installation, compiled into `folder`.

    Raises BoardError: `not_compiled`.
    """
    from simulator.build import compiled
    from simulator.interpreter import find_firmware

    try:
        compiled(find_firmware(), folder)
    except (OSError, RuntimeError, subprocess.SubprocessError, ImportError):
        raise BoardError("not_compiled") from None
    return read(folder)
