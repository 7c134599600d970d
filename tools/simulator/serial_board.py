"""A virtual board on a serial port: what a technician's laptop finds when one is plugged in.

Owns the pseudo-terminal, the process behind it and what a chip does at a reset. Behind the port
there is the loader of the ROM, and, once an image has been written, MicroPython with a flash of
its own; so the real esptool and the real mpremote can be tried on it.

A pseudo-terminal has no lines for a reset. In their place the first frame of esptool leads to the
loader, and the first byte that is no frame starts the program, as far as there is one.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import socket
import subprocess
import sys
import termios
import threading
import tty
from typing import TYPE_CHECKING, Final

from simulator.interpreter import STANDINS
from simulator.rom_loader import END, IMAGE_AT, IMAGE_MAGIC, SYNC, RomLoader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READY: Final = b"\x00ready\x00"
RESET: Final = re.compile(rb"\x01reset\r?\n")
BLOCKS: Final = 512  # 2 MiB, what the usual image leaves for files
POWER, HARD, SOFT = 1, 2, 5  # causes of a reset, as the ESP32 port numbers them
PATIENCE_S: Final = 60
LISTEN_S: Final = 5  # whoever listens on a busy PC may be asleep for a while
START: Final = "import chip; chip.start()"
# The program has to own its terminal, or Ctrl-C would break into nothing.
PROGRAM: Final = "import os, micropython_unix; os.login_tty(0); micropython_unix.main()"
EMPTY: Final = b"invalid header: 0xffffffff\r\n"  # what the ROM says of a flash with nothing on it
_RAW, _FRIENDLY = b"raw REPL; CTRL-B", b">>> "


class SerialBoard:
    """One board, plugged in from `plug` to `unplug`. `port` is the path of its serial port.

    `is_bare`: nothing has been written to it yet. A `mute` one never says a word. `blocks` of
    4 KiB are what its flash has room for. `heard` is what it has said on its port.
    """

    def __init__(
        self,
        directory: Path,
        number: int = 1,
        *,
        is_bare: bool = False,
        is_mute: bool = False,
        blocks: int = BLOCKS,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.mac = bytes((0x24, 0x6F, 0x28, 0, 0, number))
        self.port = ""
        self.heard = bytearray()
        self.loader = RomLoader(self.mac)
        if not is_bare:
            self.loader.flash[IMAGE_AT] = IMAGE_MAGIC
        self._is_mute = is_mute
        self._blocks = blocks
        self._files = directory / "flash.img"
        if not self._files.exists():
            self._files.write_bytes(b"\xff" * (blocks * 4096))
        self._process: subprocess.Popen[bytes] | None = None
        self._inner = -1  # our end of the program's terminal
        self._outer = -1  # our end of the port
        self._slave = -1
        self._is_raw = False
        self._is_loading = False
        self._tail = b""
        self._is_heard = True
        self._hand = socket.create_server(("127.0.0.1", 0))
        self._line: socket.socket | None = None
        self._ends = threading.Event()
        self._cut_at: bytes | None = None
        self._thread: threading.Thread | None = None

    def plug(self) -> None:
        """Give it power and a port."""
        self._outer, self._slave = pty.openpty()
        tty.setraw(self._outer)
        os.set_blocking(self._outer, False)
        tty.setraw(self._slave)  # and kept open, or the settings would go with the last reader
        self.port = os.ttyname(self._slave)
        self._ends.clear()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Take port and power away. What is on the flash stays, as after any power cut."""
        self._ends.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def unplug_at(self, words: bytes) -> None:
        """Pull the plug by itself when these bytes come over the port."""
        self._cut_at = words

    def close(self) -> None:
        """Unplug it and leave nothing behind."""
        self.unplug()
        self._hand.close()

    def tell(self, line: str) -> None:
        """A line for the hand that presses, see standins/control.py. The firmware must run."""
        if self._line is None:
            raise RuntimeError(f"the firmware of {self.port} does not run")
        self._line.sendall(line.encode() + b"\n")

    def wait_for(self, words: bytes, timeout_s: float = 60) -> None:
        """Until it has said `words` on its port. Raises TimeoutError with its last ones."""
        waited = threading.Event()
        for _ in range(int(timeout_s * 50)):
            if words in self.heard:
                return
            waited.wait(0.02)
        raise TimeoutError(f"{self.port} has not said {words!r}: {bytes(self.heard[-500:])!r}")

    def _live(self) -> None:
        try:
            self._power_up()
            while not self._ends.is_set():
                self._turn()
        finally:
            self._power_off()
            os.close(self._outer)
            os.close(self._slave)

    def _power_up(self) -> None:
        self._is_loading = False
        if self._is_mute:
            return
        if self.loader.has_image:
            self._start(main=True, cause=POWER)
        else:
            self._say(EMPTY)

    def _power_off(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            os.close(self._inner)
        if self._line is not None:
            self._line.close()
            self._line = None

    def _turn(self) -> None:
        ends: list[int | socket.socket] = [self._outer, self._hand]
        if self._process is not None:
            ends.append(self._inner)
        ready, _, _ = select.select(ends, [], [], 0.1)
        if self._hand in ready:
            self._line, _ = self._hand.accept()
        if self._outer in ready:
            self._from_laptop(os.read(self._outer, 4096))
        if self._process is not None and self._inner in ready:
            self._from_program()

    def _from_laptop(self, data: bytes) -> None:
        if self._cut_at is not None and self._cut_at in data:
            self._cut_at = None
            self._ends.set()
            return
        if self._is_mute:
            return
        if SYNC in data and not self._is_loading:
            self._power_off()
            self._is_loading = True
            data = data[data.index(SYNC) :]
        if self._is_loading:
            answers, data = self.loader.feed(data)
            self._say(answers)
            if not data:
                return
            self._is_loading = False
            if self.loader.has_image:
                self._start(main=True, cause=POWER)
        if self._process is not None:
            with contextlib.suppress(OSError):
                os.write(self._inner, data)
        elif not data.startswith(END):
            self._say(EMPTY)

    def _from_program(self) -> None:
        try:
            data = os.read(self._inner, 4096)
        except OSError:
            data = b""
        if data:
            self._tail = (self._tail + data)[-200:]
            raw, friendly = self._tail.rfind(_RAW), self._tail.rfind(_FRIENDLY)
            if max(raw, friendly) >= 0:
                self._is_raw = raw > friendly
            self._say(RESET.sub(b"", data))
            return
        if self._process is not None and self._process.wait() == 0:
            self._soft_reset()
        else:
            self._power_off()
            self._say(b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0xc (SW_CPU_RESET)\r\n")
            self._start(main=True, cause=HARD)

    def _soft_reset(self) -> None:
        """Ctrl-D: a prompt comes back as it was, and main.py only runs in the friendly one."""
        was_raw = self._is_raw
        self._power_off()
        self._say(b"MPY: soft reboot\r\n")
        said = self._start(main=not was_raw, cause=SOFT, is_quiet=was_raw)
        if was_raw:
            said = self._read_until(lambda said: said.endswith(b">>> "), said)
            self._say(said.split(b"MicroPython ")[0])
            os.write(self._inner, b"\x01")
            said = self._read_until(lambda said: said.endswith(b"to exit\r\n>"))
            self._say(said[said.index(b"raw REPL") :])
            self._is_raw = True

    def _start(self, *, main: bool, cause: int, is_quiet: bool = False) -> bytes:
        """Start the program. Returns what it has said before it heard anything."""
        self._inner, slave = pty.openpty()
        tty.setraw(slave)
        modes = termios.tcgetattr(slave)
        modes[3] |= termios.ISIG | termios.NOFLSH  # Ctrl-C breaks in, and loses nothing
        termios.tcsetattr(slave, termios.TCSANOW, modes)
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "-X", "heapsize=1m", "-i", "-c", START],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=self._environment(main, cause),
        )
        os.close(slave)
        self._tail = b""
        self._is_raw = False
        said = self._read_until(lambda said: READY in said).replace(READY, b"")
        if not is_quiet:
            self._say(said)
        return said

    def _environment(self, main: bool, cause: int) -> dict[str, str]:
        return {
            **os.environ,
            "TERM": "dumb",
            "MICROPYPATH": f"{STANDINS}:.frozen",
            "LOVEBELL_FLASH": str(self._files.absolute()),
            "LOVEBELL_BLOCKS": str(self._blocks),
            "LOVEBELL_CONTROL": str(self._hand.getsockname()[1]),
            "LOVEBELL_MAC": self.mac.hex(),
            "LOVEBELL_MAIN": str(int(main)),
            "LOVEBELL_CAUSE": str(cause),
        }

    def _read_until(self, is_enough: Callable[[bytes], bool], said: bytes = b"") -> bytes:
        while not is_enough(said):
            ready, _, _ = select.select([self._inner], [], [], PATIENCE_S)
            if not ready:
                break
            try:
                said += os.read(self._inner, 4096)
            except OSError:
                break  # it has ended
        return said

    def _say(self, data: bytes) -> None:
        """Say it to whoever listens. To nobody, as on a real line, it is lost."""
        self.heard += data
        while data:
            try:
                data = data[os.write(self._outer, data) :]
                self._is_heard = True
            except BlockingIOError:
                if not self._is_heard or not select.select([], [self._outer], [], LISTEN_S)[1]:
                    self._is_heard = False
                    return
