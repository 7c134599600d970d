"""Runs the C tools against a broker and reads what they measured.

Owns their command lines, their processes and the shape of their answer. Knows nothing of the
gateway.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel

from bench.build import compile_tool
from bench.stopping import held

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


class LoadError(RuntimeError):
    """The load tool could not measure; the message says why."""


class Answers(BaseModel):
    """Rings or receipts of one run: how many, and how long after their press, in µs."""

    count: int
    missing: int
    duplicates: int
    p50_us: float
    p90_us: float
    p99_us: float
    max_us: float


class Load(BaseModel):
    """What one run of the load tool measured. Its press n had the id `<life>-1-<n>`."""

    life: str
    presses: int
    seconds: float
    presses_per_s: float
    ring: Answers
    receipt: Answers | None = None
    puback: int
    foreign: int

    @property
    def missing(self) -> int:
        """Presses without a ring, plus presses without a receipt if those were waited for."""
        return self.ring.missing + (self.receipt.missing if self.receipt else 0)


@dataclass(frozen=True)
class Tools:
    """The compiled programs."""

    echo: Path
    load: Path
    fleet: Path
    hear: Path

    @classmethod
    def compile(cls, folder: Path) -> Tools:
        """Compile them into `folder`. Raises CompilerMissingError or CompileError."""
        return cls(
            compile_tool("echo", folder),
            compile_tool("load", folder),
            compile_tool("fleet", folder),
            compile_tool("hear", folder),
        )


@contextmanager
def running(command: list[str]) -> Generator[subprocess.Popen[bytes]]:
    """The process, which ends with this block."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with held():
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the benchmark, which then ends this
            )
        yield process
    finally:
        if process is not None:
            process.kill()
            process.communicate()


@contextmanager
def echoing(tools: Tools, port: int, name: str = "bench-echo") -> Generator[None]:
    """The bare two-hop echo answers every press at the broker on `port` while this is open."""
    with running([str(tools.echo), str(port), name]) as process:
        if process.stdout is None or process.stdout.readline() != b"ready\n":
            raise LoadError("the echo did not start: is the broker there?")
        yield


def beat(tools: Tools, port: int, buttons: int) -> None:
    """Let so many buttons, from the first, send a heartbeat, as each does every minute.

    Raises LoadError when the broker did not take them.
    """
    options = [f"--port={port}", f"--presses={buttons}", "--heartbeats"]
    with running([str(tools.load), *options]) as process:
        _, err = process.communicate()
    if process.returncode:
        raise LoadError(f"no heartbeats: {err.decode(errors='replace').strip()}")


def press(tools: Tools, port: int, presses: int, *options: str, window: int = 1) -> Load:
    """Press `presses` times with at most `window` unanswered; `options` go to the load tool.

    Raises LoadError when it could not measure. Missing answers are in the result, not raised.
    """
    command = [str(tools.load), f"--port={port}", f"--presses={presses}", f"--window={window}"]
    with running([*command, *options]) as process:
        out, err = process.communicate()
    if process.returncode not in (0, 1):
        raise LoadError(f"the load tool failed: {err.decode(errors='replace').strip()}")
    return Load.model_validate_json(out)
