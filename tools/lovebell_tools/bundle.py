"""The bundle of identities that the gateway's operator hands to a technician.

Owns how its errors are told here. Its form stands in `lovebell.provision.bundle`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lovebell.provision.bundle import Bundle, BundleError
from lovebell.provision.bundle import open_bundle as opened
from lovebell_tools.board import BoardError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def open_bundle(path: Path, ask: Callable[[], str]) -> Bundle:
    """The bundle in that file; `ask` is asked for its passphrase. Raises BoardError."""
    try:
        return opened(path, ask, time.time_ns() // 1_000_000)
    except BundleError as why:
        raise BoardError(why.code, **why.needs) from None
