"""Small files that a power cut cannot break, and that tell when the flash has rotted.

Owns the form of such a file: short lines, each behind its checksum. Knows nothing of what they
say.

A file is written under another name and renamed: on littlefs a power cut leaves the old one or
the new one, torn writes included. Removing first and renaming then would leave none. What stays
behind under the other name is written over the next time. littlefs checks its own tables but not
what is in a file: that is what the checksum is for.
"""

import binascii
import os

_MISSING = 2  # ENOENT
MOST_ASIDE = 4096  # of a broken file, in bytes


def write(path: str, lines) -> bool:
    """Replace the file by `lines`, bytes without a line end. Whether the flash took it."""
    try:
        with open(path + ".new", "wb") as file:
            for line in lines:
                file.write(_checked(line))
        os.rename(path + ".new", path)
    except (OSError, MemoryError):  # a full heap may have room again the next time
        return False
    return True


def read(path: str) -> tuple:
    """(lines, broken): the lines that are as they were written, and how many are not."""
    lines = []
    broken = 0
    try:
        with open(path, "rb") as file:
            for raw in file:
                line = raw[9:-1]
                if raw == _checked(line):
                    lines.append(line)
                else:
                    broken += 1
    except OSError as why:
        if why.args[0] != _MISSING:
            broken += 1
    return lines, broken


def put_aside(path: str) -> None:
    """Copy a broken file, so that a technician can look at it. One, and not without end."""
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_ASIDE)
        with open(path + ".broken", "wb") as file:
            file.write(content)
    except OSError:
        pass  # it was broken before


def _checked(line: bytes) -> bytes:
    return "{:08x} ".format(binascii.crc32(line)).encode() + line + b"\n"
