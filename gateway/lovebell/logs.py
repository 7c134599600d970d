"""One line an event on standard error, as text or as JSON.

Owns the shape of log lines. Every line has a time (ISO 8601, UTC, milliseconds), a level, a
logger, a message and the fields that were given with it. Fields whose name speaks of a secret
are blotted out, whoever gives them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import lru_cache
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
    handler = Gathered(stream or sys.stderr)
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


class Gathered(logging.StreamHandler[TextIO]):
    """What one turn of the event loop has to tell is shaped and written together, after the turn.

    So a receipt does not wait for the log, and a burst of presses costs one write. A warning, and
    whatever is said where no loop runs, is written at once, and before it what waits.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: list[logging.LogRecord] = []
        self._is_due = False

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it until the end of the turn, or write it."""
        self._waiting.append(record)
        if record.levelno >= logging.WARNING:
            self.flush()
        elif not self._is_due:  # to ask for the loop costs as much as all the rest here
            try:
                asyncio.get_running_loop().call_soon(self.flush)
            except RuntimeError:
                self.flush()
            else:
                self._is_due = True

    def flush(self) -> None:
        """Write what waits."""
        with self.lock or nullcontext():
            waiting, self._waiting = self._waiting, []
            self._is_due = False
            if not waiting:
                return
            try:
                self.stream.write("".join([f"{self.format(one)}\n" for one in waiting]))
                super().flush()
            except Exception:  # noqa: BLE001 - a full disk must not end whoever logs
                self.handleError(waiting[-1])


@lru_cache(1)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().removesuffix("+00:00")


def _when(record: logging.LogRecord) -> str:
    second, left = divmod(record.created, 1)
    return f"{_second(int(second))}.{int(left * 1000):03d}Z"


@lru_cache(1024)
def _is_secret(key: str) -> bool:
    return _SECRET.search(key) is not None


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    given = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    # Those whose names may be names that every record has come in a mapping of their own.
    given |= given.pop("fields", {})
    fields = {key: "***" if _is_secret(key) else value for key, value in given.items()}
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
