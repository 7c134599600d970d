"""The image on flash: checked, and laid out as the files of a slot.

Owns the reading of an image, as the protocol page, section 11, describes it, and what is in a
slot's directory. Each function is a generator whose steps read or write a kilobyte, or do one
thing to the flash's tables: between them the device goes on. OSError is the flash's, ValueError
an image that is none.
"""

import hashlib
import os

CHUNK = 1024
BLOCK = 4096
# What must stay free for presses, starts and configuration, each of which needs a new block before
# it can let go of its old one.
RESERVE = 8 * BLOCK
_FULL = 28  # ENOSPC
_NAME = "abcdefghijklmnopqrstuvwxyz0123456789_"
_DIRECTORY = 0x4000
LONGEST_LINE = 128


def size_of(path: str) -> int:
    """How long the file is, 0 if there is none."""
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def need(directory: str, size: int) -> None:
    """Raises OSError if so many bytes are not free, besides what must stay free."""
    about = os.statvfs(directory)
    if about[0] * about[3] < size + RESERVE:
        raise OSError(_FULL)


def clear(slot: str):
    """Take away what is in a slot. The empty directories stay."""
    for name in _names(slot + "/bell"):
        os.remove(slot + "/bell/" + name)
        yield


def digest(path: str):
    """Returns the SHA-256 of a file in hexadecimal digits."""
    summed = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            part = file.read(CHUNK)
            if not part:
                return summed.digest().hex()
            summed.update(part)
            yield


def unpack(path: str, directory: str, slot: str):
    """Lay out the image at `path` in a slot of `directory`, which has been cleared, and read it
    back."""
    start = yield from _check(path, directory)
    for made in (directory + "/" + slot, directory + "/" + slot + "/bell"):
        try:
            os.mkdir(made)
        except OSError:
            if not os.stat(made)[0] & _DIRECTORY:
                raise
    with open(path, "rb") as head, open(path, "rb") as body:
        body.seek(start)
        while True:
            line = _line(head)
            if line is None:
                return
            target = directory + "/" + slot + "/" + line[0]
            yield from _copy(body, target, line[1])
            if (yield from digest(target)) != line[2]:
                raise OSError("not as written")


def _copy(body, target: str, size: int):
    with open(target, "wb") as file:
        while size > 0:
            part = body.read(min(CHUNK, size))
            if not part:
                raise ValueError("the image ends too soon")
            file.write(part)
            size -= len(part)
            yield


def _check(path: str, directory: str):
    """Returns where the first file begins, when all lines are in order and there is room."""
    before = ""
    total = blocks = 0
    with open(path, "rb") as head:
        while True:
            line = _line(head)
            if line is None:
                break
            if line[0] <= before:
                raise ValueError("paths not in order")
            before = line[0]
            total += line[1]
            blocks += 1 + line[1] // BLOCK
            yield
        start = head.tell()
    if start + total != size_of(path):
        raise ValueError("its lines are of another image")
    need(directory, (blocks + 4) * BLOCK)  # and a pair for each of two directories
    return start


def _line(head) -> tuple | None:
    """(path, size, SHA-256) of the next line, None for the empty one."""
    raw = head.readline(LONGEST_LINE)
    if raw == b"\n":
        return None
    words = raw.decode().split(" ")
    if len(words) != 3 or raw[-1:] != b"\n" or not is_module(words[0]):
        raise ValueError("a line that is none")
    return words[0], int(words[1]), words[2][:-1]


def is_module(path: str) -> bool:
    """Whether the path is one of a module of the package, and of nothing else on the flash."""
    name = path[5:-4]
    if path[:5] != "bell/" or path[-4:] != ".mpy" or not 1 <= len(name) <= 32:
        return False
    return all(letter in _NAME for letter in name)


def _names(directory: str) -> list:
    try:
        return os.listdir(directory)
    except OSError:
        return []
