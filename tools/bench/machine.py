"""What the benchmark ran on: a figure without its machine says nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import subprocess
import time
from pathlib import Path

from simulator import mosquitto


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def sync_p50_us(folder: Path, times: int = 50) -> float:
    """How long the disk under `folder` takes to keep 4 kB for good: no receipt can be faster."""
    took: list[float] = []
    path = folder / "sync"
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - begin) * 1e6)
    path.unlink()
    return round(statistics.median(took), 1)


def describe(folder: Path) -> dict[str, str | int | float]:
    """The machine, and the versions of everything that is measured along with the gateway."""
    version = subprocess.run([mosquitto.find(), "-h"], capture_output=True, text=True).stdout
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "load_before": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "mosquitto": version.splitlines()[0].removeprefix("mosquitto version ") if version else "",
        "sync_p50_us": sync_p50_us(folder),
    }
