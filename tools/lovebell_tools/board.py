"""One MicroPython board, by mpremote.

Owns the connection to its prompt. Every word of the protocol is mpremote's; what goes wrong with
it is told as one kind of error. Knows nothing of identities and of what the files mean.
"""

from __future__ import annotations

import errno
import json
import struct
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mpremote import transport_serial
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport
from serial import SerialException

from lovebell_tools.plan import PACKAGE, SLOTS, UNDER_ANOTHER_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence


# mpremote prints what a board said that did not answer. Eight boards at once would print over
# each other, and over a JSON document; but it is good to know.
_heard: Final = threading.local()


def _keep(*said: object) -> None:
    """In the place of its print()."""
    _heard.said = repr(said)


setattr(transport_serial, "print", _keep)  # noqa: B010 - a name that it does not have yet

CHUNK: Final = 1024  # bytes of a file in one command; a fresh heap has room for forty of them
SILENCE_S: Final = 1.0
# Seconds that each knock waits. A board that starts misses the first; one that connects hears none
# for a second or two; one whose flash has just been written first makes a file system.
QUICK_S: Final = (0.7, 0.8, 1.5, 3.0, 6.0)
PATIENT_S: Final = (*QUICK_S, 8.0)
# What the ROM of an ESP32 says, over and over, when there is nothing on its flash (Espressif,
# esptool's page "Boot troubleshooting"): no use in knocking again.
BARE: Final = "invalid header"
RETURNS_S: Final = 5
# A port that is not to be had: the program that had it last is just ending (a lock is let go of
# with the last process that holds it, also one that was only started beside it), another one looks
# at whatever is plugged in, or a board with a USB of its own is starting.
BUSY_S: Final = 2
BETWEEN_S: Final = 0.25


def _not_opened() -> tuple[type[Exception], ...]:
    """What opening a port may raise. pyserial lets the terminal's own error through when the port
    goes while it is being opened, as that of a chip with a USB of its own does when it starts."""
    try:
        import termios
    except ImportError:  # Windows
        return (OSError,)
    return OSError, termios.error


NOT_OPENED: Final = _not_opened()
T = TypeVar("T")
_DIRECTORY: Final = 0x4000
# Facts that every board knows of itself. Runs on the board.
_FACTS: Final = """\
import os, sys, json, machine
try:  # what runs may have come over the air
    good = open('slots').read().split()[1]
    if good in ('a', 'b'):
        sys.path.insert(0, good)
except Exception:
    pass
try:
    version = __import__('bell').VERSION
except Exception:
    version = None
disk = os.statvfs('/')
print(json.dumps({'release': os.uname().release, 'machine': os.uname().machine,
 'mpy': getattr(sys.implementation, '_mpy', 0) & 0xff, 'mac': machine.unique_id().hex(),
 'version': version, 'free': disk[0] * disk[3]}))
"""
_BLINK: Final = """\
import time
from machine import Pin
lamp = Pin({pin}, Pin.OUT)
for on in (1, 0) * {times}:
    lamp.value(on)
    time.sleep_ms({ms})
"""


class BoardError(Exception):
    """Something went wrong with a board. `name` is a sentence in words.py, `needs` its gaps."""

    def __init__(self, name: str, **needs: object) -> None:
        super().__init__(name, needs)
        self.name = name
        self.needs = needs


@dataclass(frozen=True, slots=True)
class Facts:
    """What a board says of itself. `mpy` is the format of compiled modules that it loads,
    `version` that of the firmware on it, None without; `free` is in bytes."""

    release: str
    machine: str
    mpy: int
    mac: str
    version: str | None
    free: int


class Board:
    """A board at its prompt. Use it as a context, from one thread."""

    def __init__(self, port: str, knocks_s: Sequence[float] = QUICK_S) -> None:
        """Breaks into whatever runs there. Raises BoardError: `no_port` or `no_answer`."""
        self._port = port
        self._line: Any = again(self._open, BUSY_S)
        try:
            self._enter(knocks_s)
        except BoardError:
            self.close()
            raise

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port. The board stays at its prompt."""
        with suppress(OSError):  # it has been unplugged
            self._line.close()

    def facts(self) -> Facts:
        """What it says of itself. Raises BoardError."""
        with _told():
            said: dict[str, Any] = json.loads(self._line.exec(_FACTS))
            said["mac"] = ":".join(_pairs(said["mac"]))
            return Facts(**said)

    def hashes(self) -> dict[str, str]:
        """SHA-256 of each file in the root and in the firmware's package; of those in the slots,
        which are only ever removed, "". Raises BoardError."""
        with _told():
            found = {path: self._line.fs_hashfile(path, "sha256").hex() for path in self._files()}
            return found | dict.fromkeys(self._slot_files(), "")

    def read(self, path: str) -> bytes | None:
        """The content of a file, None if there is none. Raises BoardError."""
        with _told():
            try:
                return bytes(self._line.fs_readfile(path, CHUNK))
            except OSError as why:
                if why.errno == errno.ENOENT:
                    return None
                raise

    def write(self, path: str, content: bytes) -> None:
        """Put a file there, whole or not at all. Raises BoardError, `full` without room."""
        with _told():
            if path.startswith(PACKAGE) and not self._line.fs_exists(PACKAGE[:-1]):
                self._line.fs_mkdir(PACKAGE[:-1])
            new = path + UNDER_ANOTHER_NAME
            self._line.fs_writefile(new, content, CHUNK)
            self._line.exec(f"import os\nos.rename({new!r}, {path!r})")

    def remove(self, path: str) -> None:
        """Take a file away. Raises BoardError."""
        with _told():
            self._line.fs_rmfile(path)

    def blink(self, pin: int, times: int, ms: int) -> None:
        """Light the lamp on `pin` so many times for `ms` each. Raises BoardError."""
        with _told():
            self._line.exec(_BLINK.format(pin=pin, times=times, ms=ms))

    def restart(self) -> None:
        """Have the chip start as if power had come. The prompt is gone. Raises BoardError."""
        with _told():
            self._line.exec_raw_no_follow("import machine\nmachine.reset()")
        self.close()

    def start_afresh(self) -> None:
        """Start the chip and come back to the prompt. With nothing that runs by itself on it,
        neither a watchdog nor the radio is running any more. Raises BoardError."""
        with _told():
            self._line.exec_raw_no_follow("import machine\nmachine.reset()")
        self.close()
        self._line = again(self._open)
        self._enter(PATIENT_S)

    def _open(self) -> Any:
        try:
            return SerialTransport(self._port, timeout=SILENCE_S)
        except (TransportError, *NOT_OPENED):
            raise BoardError("no_port", port=self._port) from None

    def _enter(self, knocks_s: Sequence[float]) -> None:
        for wait_s in knocks_s:
            _heard.said = ""
            try:
                with _told():
                    self._line.enter_raw_repl(timeout_overall=wait_s)
            except BoardError as why:
                if why.name == "unplugged":
                    raise
                if BARE in _heard.said:
                    break
            else:
                return
        raise BoardError("no_answer", port=self._port)

    def _files(self) -> list[str]:
        found: list[str] = []
        for entry in self._line.fs_listdir("/"):
            is_directory = entry.st_mode & _DIRECTORY
            if not is_directory:
                found.append(entry.name)
            elif entry.name == PACKAGE[:-1]:
                found += [PACKAGE + below.name for below in self._line.fs_listdir(entry.name)]
        return found

    def _slot_files(self) -> list[str]:
        folders = [f"{slot}/{PACKAGE[:-1]}" for slot in SLOTS]
        return [
            f"{folder}/{entry.name}"
            for folder in folders
            if self._line.fs_exists(folder)
            for entry in self._line.fs_listdir(folder)
        ]


def again(open_port: Callable[[], T], seconds: float = RETURNS_S) -> T:
    """Open a port that may not be there for a moment, as that of a chip with a USB of its own
    that has just started. Raises BoardError `no_port` when it does not come within `seconds`."""
    for _ in range(int(seconds / BETWEEN_S)):
        try:
            return open_port()
        except BoardError:
            time.sleep(BETWEEN_S)
    return open_port()


def _pairs(text: str) -> Iterator[str]:
    return (text[at : at + 2] for at in range(0, len(text), 2))


@contextmanager
def _told() -> Generator[None, None, None]:
    try:
        yield
    except SerialException:
        raise BoardError("unplugged") from None
    except OSError as why:
        if why.errno == errno.ENOSPC:
            raise BoardError("full") from None
        if why.errno in (errno.EIO, errno.ENXIO, errno.ENODEV, errno.EBADF):
            raise BoardError("unplugged") from None
        raise BoardError("broken", why=str(why)) from None
    # Cut short in the middle of an answer it is half an answer.
    except (TransportError, struct.error, ValueError, SyntaxError, TypeError) as why:
        lines = str(why).strip().splitlines()
        raise BoardError("broken", why=lines[-1] if lines else type(why).__name__) from None
