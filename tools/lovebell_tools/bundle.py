"""The bundle of identities that the gateway's operator hands to a technician.

Owns how its errors are told here. Its form stands in `lovebell.provision.bundle`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lovebell.provision import bundle as files
from lovebell_tools.board import BoardError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def open_bundle(path: Path, ask: Callable[[], str]) -> files.Bundle:
    """The bundle in that file; `ask` is asked for its passphrase. Raises BoardError."""
    try:
        return files.open_bundle(path, ask, time.time_ns() // 1_000_000)
    except files.BundleError as why:
        raise BoardError(why.code, **why.needs) from None
