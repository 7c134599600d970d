"""A private Mosquitto on a free loopback port, for the demo, the tests and the benchmarks.

Owns the generated configuration and the process. Knows nothing of the gateway or the boards.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MISSING = (
    "Mosquitto, the MQTT broker, is not installed: run `sudo apt-get install mosquitto` "
    "and start again. 未安装 MQTT 服务器 Mosquitto：请先执行上述命令，再重新启动。"
)

END_S = 60  # a slow disk takes its time over what it holds

# set_tcp_nodelay: without it a hop costs about 44 ms. The queue limits: Mosquitto's defaults
# (1000 queued, 20 in flight) silently dropped 3,800 of 5,000 presses in a burst.
CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
persistence true
persistence_location {directory}/
autosave_interval 30
max_queued_messages 100000
max_inflight_messages 2000
max_packet_size 4096
log_dest file {directory}/mosquitto.log
log_type error
log_type warning
"""


class BrokerMissingError(RuntimeError):
    """Mosquitto is not installed; the message says how to install it."""


def find() -> str:
    """The path of the Mosquitto program, which Debian keeps out of a user's PATH.

    Raises BrokerMissingError when there is none.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    program = shutil.which("mosquitto", path=path)
    if program is None:
        raise BrokerMissingError(MISSING)
    return program


def free_port() -> int:
    """A loopback TCP port that is kept for this process and those whom it tells, until it ends.

    Linux gives a port that a socket is bound to neither to whoever asks for any, nor to a
    connection that leaves; who names it may listen on it, since nobody does and both say
    SO_REUSEADDR, as every server here does. Let go of, it could be another's a moment later, also
    while a broker is down that is to come back on it.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    port = int(probe.getsockname()[1])
    probe.detach()  # the end of the process closes it
    return port


class Mosquitto:
    """One private broker. `start` returns when it accepts connections."""

    def __init__(self, directory: Path, port: int | None = None, extra: str = "") -> None:
        self.directory = directory
        self.port = port or free_port()
        self._extra = extra
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout_s: float = 60) -> None:
        """Start the broker. Raises BrokerMissingError, or RuntimeError if it does not come up."""
        program = find()
        self.directory.mkdir(parents=True, exist_ok=True)
        configuration = self.directory / "mosquitto.conf"
        text = CONFIGURATION.format(port=self.port, directory=self.directory)
        if os.geteuid() == 0:
            text += "user root\n"  # else it drops to a user who cannot read a private folder
        configuration.write_text(text + self._extra)
        self._process = subprocess.Popen(
            [program, "-c", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is for the one who started us
        )
        end = time.monotonic() + timeout_s
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        self.kill()
        raise RuntimeError(
            f"Mosquitto did not start on port {self.port}: see {self.directory}/mosquitto.log"
        )

    @property
    def pid(self) -> int:
        """The process id. Raises RuntimeError when it is not running."""
        if self._process is None:
            raise RuntimeError("Mosquitto is not running")
        return self._process.pid

    def stop(self) -> None:
        """End it in order: it saves what it holds. Nothing happens if it is not running."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it where it stands; its connections stay open and silent."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        os.kill(self.pid, signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
