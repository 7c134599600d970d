"""Which processes know of a folder: whoever has ended must have left none."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def processes(folder: Path) -> list[str]:
    """The command lines, and what else gives them away, of processes that know of this folder."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended meanwhile, or not ours
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            line = f"{words.decode(errors='replace')} {(entry / 'cwd').readlink()}"
            if str(folder) in line and entry.name != str(os.getpid()):
                found.append(line.replace("\0", " ")[:200])
    return found
