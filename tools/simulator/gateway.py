"""The real gateway as a process that can be started, frozen, killed and stopped.

Owns the process and its log. Knows the gateway from outside only: its command and its settings.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMMAND = (sys.executable, "-m", "lovebell", "serve")
# Ten times slower a machine is no fault.
READY_S = 120
STOP_S = 60


class GatewayError(RuntimeError):
    """The gateway did not start or did not stop in order; the message holds its last words."""


class GatewayProcess:
    """One gateway on the database `directory/lovebell.db`. `stop` or `kill` it in the end.

    The log of all its lives lies in `directory/gateway.log`.
    """

    def __init__(self, directory: Path, port: int, settings: Mapping[str, str] = {}) -> None:
        """`port` is the broker's on this machine; `settings` are further LOVEBELL_ variables."""
        self.database = directory / "lovebell.db"
        self.log = directory / "gateway.log"
        self._settings = {
            "LOVEBELL_DATABASE": str(self.database),
            "LOVEBELL_BROKER_PORT": str(port),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._read_from = 0

    @property
    def is_alive(self) -> bool:
        """Whether the process runs, frozen or not."""
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Return when it is connected to the broker. Raises GatewayError."""
        self.spawn()
        for _ in range(READY_S * 20):
            if "broker connected" in self.words():
                return
            if not self.is_alive:
                break
            await asyncio.sleep(0.05)
        self.kill()
        raise GatewayError(f"the gateway did not start; it said:\n{self.words()[-2000:]}")

    def spawn(self) -> None:
        """Start it; it is not ready yet."""
        ours = {k: v for k, v in os.environ.items() if not k.upper().startswith("LOVEBELL_")}
        self._read_from = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                COMMAND,
                env=ours | self._settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the one who started us
            )

    def words(self) -> str:
        """What it has logged since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._read_from)
            return log.read().decode(errors="replace")

    def freeze(self) -> None:
        """Stop it where it stands."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9; nothing happens if it does not run."""
        self._send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    async def stop(self) -> None:
        """End it as an operator would. Raises GatewayError when it does not end with 0."""
        if self._process is None or not self.is_alive:
            return
        self._send(signal.SIGCONT)
        self._send(signal.SIGTERM)
        for _ in range(STOP_S * 20):
            if not self.is_alive:
                break
            await asyncio.sleep(0.05)
        else:
            self.kill()
            raise GatewayError(f"the gateway did not stop within {STOP_S} s")
        if self._process.returncode:
            raise GatewayError(f"the gateway ended badly; it said:\n{self.words()[-2000:]}")

    def _send(self, what: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(what)
