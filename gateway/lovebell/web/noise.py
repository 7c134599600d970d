"""What is no HTTP, told without filling the log: whoever finds the port may send what he likes.

Owns how much of the library's own log of the web server is told.
"""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError


class Seldom(logging.Filter):
    """What cannot be read as HTTP loses its trace, and is told ever more seldom."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is told."""
        why = record.exc_info[1] if record.exc_info else None
        if not isinstance(why, HttpProcessingError):
            return True
        self._count += 1
        record.msg, record.args, record.exc_info = "no HTTP", (), None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        vars(record)["count"] = self._count
        return self._count & (self._count - 1) == 0


def http_log() -> logging.Logger:
    """A log for one web server."""
    made = logging.Logger("lovebell.web.http")
    made.parent = logging.getLogger("lovebell.web")
    made.addFilter(Seldom())
    return made
