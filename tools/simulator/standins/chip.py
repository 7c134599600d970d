"""What a chip on a serial port does when power comes: mounts its flash, runs boot.py and main.py,
and leaves whoever breaks in at a prompt. MicroPython only: -i -c 'import chip; chip.start()'.

The flash is a file with littlefs in it; the root of the file system is there and nothing else of
the PC. The hand and the air come over TCP, because the input is the serial line.
"""

import os
import sys
from collections import namedtuple

import micropython
import vfs

FLASH = os.getenv("LOVEBELL_FLASH")
BLOCKS = int(os.getenv("LOVEBELL_BLOCKS"))
CONTROL = int(os.getenv("LOVEBELL_CONTROL"))
MAC = bytes.fromhex(os.getenv("LOVEBELL_MAC"))
RUNS_MAIN = os.getenv("LOVEBELL_MAIN") == "1"
CAUSE = int(os.getenv("LOVEBELL_CAUSE"))
READY = "\x00ready\x00"  # from here on the input is heard
SAYS = namedtuple("SAYS", ("sysname", "nodename", "release", "version", "machine"))
BLOCK = 4096
_COUNT, _SIZE, _ERASE = 4, 5, 6


class Flash:
    """A file as a block device in MicroPython's extended form."""

    def __init__(self, path):
        self._file = open(path, "r+b")

    def readblocks(self, block, buffer, offset=0):
        self._file.seek(block * BLOCK + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        self._file.seek(block * BLOCK + offset)
        self._file.write(buffer)

    def ioctl(self, what, argument):
        if what == _ERASE:
            self._file.seek(argument * BLOCK)
            self._file.write(b"\xff" * BLOCK)
        return {_COUNT: BLOCKS, _SIZE: BLOCK}.get(what, 0)


def load_standins():
    """What the firmware finds in place of the chip, which tells how the chip was started."""
    import asyncio
    import socket

    import control
    import machine
    import network  # noqa: F401 - loaded while there is still a way to it

    async def over_tcp():
        line = socket.socket()
        line.connect(socket.getaddrinfo("127.0.0.1", CONTROL)[0][-1])
        line.setblocking(False)
        return asyncio.StreamReader(line)

    control._stdin = over_tcp
    machine.unique_id = lambda: MAC
    machine.reset_cause = lambda: CAUSE
    run = asyncio.run

    async def both(main):
        listener = asyncio.create_task(control.listen())
        await main
        listener.cancel()

    asyncio.run = lambda main: run(both(main))


class Os:
    """The module os, with what an ESP32 says of itself."""

    def __getattr__(self, name):
        return getattr(os, name)

    def uname(self):
        return SAYS("esp32", "esp32", "1.27.0", "virtual", "Virtual board with ESP32")


class Chip:
    """The module micropython, with what only a chip has use for."""

    def __getattr__(self, name):
        return getattr(micropython, name)

    def alloc_emergency_exception_buf(self, size):
        pass


def mount():
    """Put the flash in the place of the PC's files."""
    vfs.umount("/")
    vfs.mount(vfs.VfsPosix("/"), "/pc")
    chip = Flash("/pc" + FLASH)
    try:
        files = vfs.VfsLfs2(chip)
    except OSError:
        vfs.VfsLfs2.mkfs(chip)
        files = vfs.VfsLfs2(chip)
    vfs.mount(files, "/")
    vfs.umount("/pc")
    sys.path[:] = ["", ".frozen", "/lib"]
    os.chdir("/")


def run(name):
    """Run a file if it is there; what it ends with is told, as on a chip."""
    try:
        with open(name) as file:
            source = file.read()
    except OSError:
        return
    try:
        exec(compile(source, name, "exec"), {"__name__": "__main__"})  # noqa: S102
    except SystemExit:
        raise
    except BaseException as why:  # noqa: BLE001
        sys.print_exception(why)


def start():
    """All of it. In a module of its own, so that the names of the prompt are free."""
    load_standins()
    mount()
    sys.modules["os"] = Os()
    sys.modules["micropython"] = Chip()
    print(READY, end="")
    run("boot.py")
    if RUNS_MAIN:
        run("main.py")
