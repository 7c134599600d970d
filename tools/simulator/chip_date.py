"""A calendar of its own for a virtual board, so that TLS believes the date that the firmware set.

Owns the library that stands in front of the PC's clock, and the file with the difference. Needs a
C compiler and a system that knows LD_PRELOAD.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
POWER_ON_S = 946_684_800  # an ESP32 begins at 2000-01-01


def is_possible() -> bool:
    """Whether there is a compiler."""
    return shutil.which("cc") is not None


class ChipDate:
    """The calendar of one board. Give `environment` to the board."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        library = directory / "chip_date.so"
        flags = ("-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
        subprocess.run(["cc", *flags, "-o", str(library), str(SOURCE)], check=True)
        self._file = directory / "date"
        self.set(POWER_ON_S)
        self.environment = {
            "LD_PRELOAD": str(library),
            "LOVEBELL_DATE": str(self._file),
            "TZ": "UTC",
        }

    @property
    def now(self) -> float:
        """What the board believes, in seconds since 1970."""
        (moved,) = struct.unpack("<q", self._file.read_bytes())
        return time.time() + moved

    def set(self, seconds: float) -> None:
        """Set it. A power cut of an ESP32 sets it to POWER_ON_S."""
        self._file.write_bytes(struct.pack("<q", round(seconds - time.time())))
