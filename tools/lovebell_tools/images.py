"""The MicroPython image for a bare chip: one that was checked, or one that the technician names.

Owns the table of known images and the download. An image whose SHA-256 is not that of the table is
never written.
"""

from __future__ import annotations

import hashlib
import re
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.error import URLError

from lovebell_tools.board import BoardError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PATIENCE_S: Final = 60
MOST_BYTES: Final = 8 << 20
MAGIC: Final = 0xE9  # the first byte of every image of these chips
PAGE: Final = "https://micropython.org/download/"
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Image:
    """A release of MicroPython for a chip, and where it comes from."""

    release: str
    url: str
    sha256: str


#: By chip, as esptool names it. MicroPython publishes no checksums; that of the ESP32's image is
#: the one that several projects have written down independently of each other. For the other chips
#: there is none of which that can be said: name an image by its path.
KNOWN: Final[Mapping[str, Image]] = {
    "ESP32": Image(
        "1.27.0",
        "https://micropython.org/resources/firmware/ESP32_GENERIC-20251209-v1.27.0.bin",
        "aa4be80ec695911ba0f13f7558e559ce540f90efbf40c23b853ca49162136b9f",
    ),
}


def checked(path: Path, sha256: str | None = None) -> Path:
    """The image that the technician named, which must have that SHA-256 if one is told.

    Raises BoardError: `no_image`, `not_an_image`, `bad_sha256`, `wrong_image`.
    """
    try:
        content = path.read_bytes()
    except OSError as why:
        raise BoardError("no_image", path=path, why=why.strerror) from None
    if content[:1] != bytes([MAGIC]):
        raise BoardError("not_an_image", path=path)
    if sha256 is not None:
        if _SHA256.fullmatch(sha256) is None:
            raise BoardError("bad_sha256", sha256=sha256)
        if sha256.lower() != _hash(content):
            raise BoardError("wrong_image", path=path, expected=sha256, found=_hash(content))
    return path


def fetched(chip: str, folder: Path, known: Mapping[str, Image] = KNOWN) -> Path:
    """The checked image for that chip in `folder`, downloaded if it is not there yet.

    Raises BoardError: `no_known_image`, `no_download`, `wrong_hash`.
    """
    if chip not in known:
        page = PAGE + chip.replace("ESP32", "ESP32_GENERIC").replace("-", "_")
        raise BoardError("no_known_image", chip=chip, chips=", ".join(known), page=page)
    image = known[chip]
    path = folder / image.url.rpartition("/")[2]
    if path.exists() and _hash(path.read_bytes()) == image.sha256:
        return path
    content = _download(image.url)
    if _hash(content) != image.sha256:
        raise BoardError("wrong_hash", url=image.url, expected=image.sha256, found=_hash(content))
    folder.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".part")
    new.write_bytes(content)
    new.replace(path)
    return path


def _download(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310 - of our table
            return answer.read(MOST_BYTES)
    except (URLError, OSError) as why:
        raise BoardError("no_download", url=url, why=getattr(why, "reason", why)) from None


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
