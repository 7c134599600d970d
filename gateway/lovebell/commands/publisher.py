"""The publisher of the firmware, as the settings name it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lovebell.provision.signing import read_modulus
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from lovebell.config import Settings

log = logging.getLogger("lovebell.publisher")


def publisher_of(settings: Settings) -> str | None:
    """The modulus by which boards know the publisher; None if the key is not set.

    Raises BooksError (file, bad_publisher).
    """
    path = settings.firmware_publisher
    if path is None:
        return None
    try:
        return read_modulus(path.read_text(encoding="utf-8"))
    except OSError as why:
        raise BooksError("file", path=str(path), why=why.strerror or str(why)) from None
    except ValueError:  # KeyFileError, and what is no text
        raise BooksError("bad_publisher", path=str(path)) from None


def publisher_if_any(settings: Settings) -> str | None:
    """The same for a gateway, which starts all the same: boards without a publisher call for help
    like others, and are updated by cable."""
    try:
        return publisher_of(settings)
    except BooksError as why:
        log.error("new boards will know no publisher", extra={"why": str(why)})
        return None
