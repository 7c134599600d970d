"""The image: the files of a firmware in one piece, and what of it is signed.

Pure. The form is that of docs/protocol.md, section 11: a board reads it line by line and file by
file, without room for more than one of either.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from lovebell.domain.firmware import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATH: Final = re.compile(r"bell/[a-z0-9_]{1,32}\.mpy\Z", re.ASCII)
_LINE: Final = re.compile(r"(\S+) (0|[1-9][0-9]{0,6}) ([0-9a-f]{64})\Z", re.ASCII)


class ImageError(ValueError):
    """Files that make no image, or an image that is none. `code` is bad_path, bad_mpy, empty_image,
    large_image or bad_image; `needs` are the gaps of a sentence about it."""

    def __init__(self, code: str, **needs: str | int) -> None:
        super().__init__(code, needs)
        self.code = code
        self.needs = needs


def pack(files: Mapping[str, bytes], mpy: int) -> bytes:
    """The image of these files, by path, compiled for that version of the .mpy format.

    Raises ImageError (bad_path, bad_mpy, empty_image, large_image).
    """
    if not files:
        raise ImageError("empty_image")
    paths = sorted(files)
    for path in paths:
        if not _PATH.match(path):
            raise ImageError("bad_path", path=path)
        if files[path][:2] != b"M" + bytes([mpy]):  # how a .mpy file begins (MicroPython, .mpy)
            raise ImageError("bad_mpy", path=path, mpy=mpy)
    lines = (f"{path} {len(files[path])} {_sha256(files[path])}\n" for path in paths)
    image = "".join(lines).encode() + b"\n" + b"".join(files[path] for path in paths)
    if len(image) > MOST_BYTES:
        raise ImageError("large_image", size=len(image), most=MOST_BYTES)
    return image


def unpack(image: bytes) -> dict[str, bytes]:
    """The files in an image, by path. Raises ImageError (bad_image)."""
    head, parted, rest = image.partition(b"\n\n")
    files: dict[str, bytes] = {}
    for line in head.decode("ascii", "replace").split("\n"):
        found = _LINE.match(line)
        if not parted or found is None or not _PATH.match(found[1]):
            raise ImageError("bad_image", why=f"line {len(files) + 1}")
        path, size = found[1], int(found[2])
        files[path], rest = rest[:size], rest[size:]
        if len(files[path]) != size or _sha256(files[path]) != found[3]:
            raise ImageError("bad_image", why=path)
    # Read back and written again it is the same: nothing twice, unsorted or left over.
    if len(image) > MOST_BYTES or rest or list(files) != sorted(files):
        raise ImageError("bad_image", why="order or length")
    if head.count(b"\n") + 1 != len(files):
        raise ImageError("bad_image", why="a path twice")
    return files


def statement(version: str, mpy: int, size: int, sha256: str) -> bytes:
    """What the publisher signs."""
    return f"lovebell firmware 1\n{version}\n{mpy}\n{size}\n{sha256}\n".encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
