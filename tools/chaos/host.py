"""The machine on which the gateway believes itself: a clock that is set, a disk that is full.

Owns the library that stands in front of the real machine, and the file that tells it what to be.
Needs a C compiler and a system that knows LD_PRELOAD; needs no rights.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_suffix(".c")
MISSING: Final = (
    "There is no C compiler, which the chaos needs for the gateway's clock and disk: run "
    "`sudo apt-get install gcc libc6-dev` and start again. "
    "未安装 C 编译器：请先执行上述命令，再重新启动。"
)


class CompilerMissingError(RuntimeError):
    """No C compiler is installed; the message says how to install one."""


class Host:
    """The machine of one gateway. Give `environment` to it."""

    def __init__(self, folder: Path) -> None:
        """Raises CompilerMissingError."""
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise CompilerMissingError(MISSING)
        library, self._file = folder / "host.so", folder / "host"
        flags = ("-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
        command = [compiler, *flags, "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True)
        self.offset_s = 0
        self._is_full = False
        self._file.write_bytes(bytes(16))
        self.environment = {"LD_PRELOAD": str(library), "CHAOS_HOST": str(self._file)}

    def step(self, offset_s: int) -> None:
        """Set the clock to so many seconds after the true time."""
        self.offset_s = offset_s
        self._tell()

    def fill(self, is_full: bool) -> None:
        """Leave no room on the disk of the database, or give it back."""
        self._is_full = is_full
        self._tell()

    def _tell(self) -> None:
        with self._file.open("r+b") as file:  # in place: the gateway looks into it
            file.write(struct.pack("<qq", self.offset_s, int(self._is_full)))
