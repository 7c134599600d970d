"""One line an event on standard error, as text or as JSON.

Owns the shape of log lines. Every line has a time (ISO 8601, UTC, milliseconds), a level, a
logger, a message and the fields that were given with it. Fields whose name speaks of a secret
are blotted out, whoever gives them.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from typing import Literal

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}
_SECRET: Final = re.compile(r"pass(word|wd|phrase)|secret|token|credential", re.IGNORECASE)
_PLAIN: Final = re.compile(r"[^\s\"'=\x00-\x1f\x7f]+\Z")


def set_up(level: str, shape: Literal["text", "json"], stream: TextIO | None = None) -> None:
    """Send everything logged at `level` (debug, info, warning, error) or above to the stream.

    The stream is standard error unless given. Called again, it replaces what it did before.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if shape == "json" else TextLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # What no line of ours shows need not be found out for each (logging's own advice for speed).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.logAsyncioTasks = False  # pyright: ignore[reportAttributeAccessIssue] - from 3.12
    logging._srcfile = None  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    for chatty in ("asyncio", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def event(
    logger: logging.Logger, name: str, level: int = logging.INFO, /, **fields: object
) -> None:
    """Log what happened and its fields. When the level is off it costs one comparison."""
    if logger.isEnabledFor(level):
        logger.log(level, name, extra={"fields": fields}, stacklevel=2)


def _when(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    given = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    # Those whose names may be names that every record has come in a mapping of their own.
    given |= given.pop("fields", {})
    fields = {key: "***" if _SECRET.search(key) else value for key, value in given.items()}
    if record.exc_info:
        fields["trace"] = logging.Formatter().formatException(record.exc_info)
    return fields


class TextLines(logging.Formatter):
    """`2025-01-31T08:00:00.000Z info broker: broker connected broker=127.0.0.1:1883`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the message and the fields hold."""
        logger = record.name.removeprefix("lovebell.")
        head = f"{_when(record)} {record.levelname.lower()} {logger}: {_one_line(record)}"
        fields = " ".join(f"{key}={_text(value)}" for key, value in _fields(record).items())
        return f"{head} {fields}" if fields else head


class JsonLines(logging.Formatter):
    """`{"time": …, "level": …, "logger": …, "message": …}` and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object on one line; what JSON does not know is written as text."""
        line = {
            "time": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields = {f"{key}_" if key in line else key: v for key, v in _fields(record).items()}
        return json.dumps(line | fields, ensure_ascii=False, default=str)


def _one_line(record: logging.LogRecord) -> str:
    return record.getMessage().replace("\r", "\\r").replace("\n", "\\n")


def _text(value: object) -> str:
    text = str(value)
    return text if _PLAIN.match(text) else json.dumps(text, ensure_ascii=False)
