"""Releases of the firmware, as they are offered to devices: docs/protocol.md, section 11.

Owns what a release is and how versions compare. Knows nothing of keys, files and networks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lovebell.domain.wire import Fields

#: The longest image (`size` of the protocol).
MOST_BYTES: Final = 262_144
#: So much of an image is in one piece: as base64 it fits into one message.
PIECE_BYTES: Final = 600

_NUMBER: Final = r"(0|[1-9][0-9]{0,4})"
_VERSION: Final = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Release:
    """A signed firmware; `sha256` is that of its image, `signature` in base64."""

    version: str
    mpy: int
    size: int
    sha256: str
    signature: str

    def offer(self, attempt: int) -> Fields:
        """The fields of the `firmware` message that offers it."""
        return {
            "version": self.version,
            "mpy": self.mpy,
            "size": self.size,
            "sha256": self.sha256,
            "signature": self.signature,
            "attempt": attempt,
        }


@lru_cache(256)  # thousands of devices have few versions
def numbers(version: str) -> tuple[int, int, int]:
    """The three numbers of a version, for comparing: 0.10.1 is later than 0.9.12.

    Raises ValueError for what is not written as the protocol wants it.
    """
    found = _VERSION.match(version)
    if found is None:
        raise ValueError(f"{version!r} is no version")
    first, second, third = (int(part) for part in found.groups())
    if max(first, second, third) > 65_535:
        raise ValueError(f"{version!r} has a number above 65535")
    return first, second, third


def is_newer(version: str, than: str) -> bool:
    """Whether a version is later; than one that is not written as it should be, any is.

    Raises ValueError for a `version` that is none.
    """
    try:
        before = numbers(than)
    except ValueError:
        before = (-1, 0, 0)
    return numbers(version) > before
