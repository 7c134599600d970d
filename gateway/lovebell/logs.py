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
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal

#: What is to be written: when, level, logger, what, fields.
Said = tuple[float, str, str, str, "Mapping[str, object]"]

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
    lines = JsonLines() if shape == "json" else TextLines()
    handler = Gathered(stream or sys.stderr, lines)
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


def sayer(name: str) -> Callable[[str, Mapping[str, object]], None]:
    """What says an event and its fields as the logger of this name does at `info`.

    Where `set_up` has been called it makes no record for `logging` to carry about: a press says
    four lines, and that took two thirds of their time.
    """
    logger = logging.getLogger(name)

    def say(what: str, fields: Mapping[str, object]) -> None:
        if not logger.isEnabledFor(logging.INFO):
            return
        handlers = logging.root.handlers
        if len(handlers) == 1 and isinstance(handlers[0], Gathered) and not logger.handlers:
            handlers[0].say(name, what, fields)
        else:
            logger.info(what, extra={"fields": fields})

    return say


class Gathered(logging.StreamHandler[TextIO]):
    """What one turn of the event loop has to tell is shaped and written together, after the turn.

    So a receipt does not wait for the log, and a burst of presses costs one write. A warning, and
    whatever is said where no loop runs, is written at once, and before it what waits.
    """

    def __init__(self, stream: TextIO, lines: Lines) -> None:
        super().__init__(stream)
        self.setFormatter(lines)
        self._lines = lines
        self._waiting: list[logging.LogRecord | Said] = []
        self._is_due = False

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it until the end of the turn, or write it."""
        self._waiting.append(record)
        if record.levelno >= logging.WARNING:
            self.flush()
        elif not self._is_due:
            self._flush_soon()

    def say(self, logger: str, what: str, fields: Mapping[str, object]) -> None:
        """What a record of this logger at `info` would say."""
        self._waiting.append((time.time(), "info", logger, what, fields))
        if not self._is_due:  # to ask for the loop costs as much as all the rest here
            self._flush_soon()

    def _flush_soon(self) -> None:
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
                self.stream.write("".join([f"{self._shape(one)}\n" for one in waiting]))
                super().flush()
            except Exception:  # noqa: BLE001 - a full disk must not end whoever logs
                self.handleError(logging.makeLogRecord({"msg": "log not written"}))

    def _shape(self, one: logging.LogRecord | Said) -> str:
        return self._lines.line(*one) if isinstance(one, tuple) else self.format(one)


@lru_cache(1)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().removesuffix("+00:00")


def _when(created: float) -> str:
    return _at(int(created * 1000))


@lru_cache(1)  # what one press says it says at once
def _at(at_ms: int) -> str:
    return f"{_second(at_ms // 1000)}.{at_ms % 1000:03d}Z"


@lru_cache(1024)
def _is_secret(key: str) -> bool:
    return _SECRET.search(key) is not None


def _fields(record: logging.LogRecord) -> dict[str, object]:
    given = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    # Those whose names may be names that every record has come in a mapping of their own.
    given |= given.pop("fields", {})
    if record.exc_info:
        given["trace"] = logging.Formatter().formatException(record.exc_info)
    return given


class Lines(logging.Formatter):
    """The shape of a line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the message and the fields hold."""
        level, message = record.levelname.lower(), record.getMessage()
        return self.line(record.created, level, record.name, message, _fields(record))

    def line(
        self, created: float, level: str, logger: str, message: str, fields: Mapping[str, object]
    ) -> str:
        """The same, of what a record holds."""
        raise NotImplementedError


class TextLines(Lines):
    """`2025-01-31T08:00:00.000Z info broker: broker connected broker=127.0.0.1:1883`."""

    def line(
        self, created: float, level: str, logger: str, message: str, fields: Mapping[str, object]
    ) -> str:
        """One line of text."""
        told = _when(created) + _head(level, logger, message)
        for key, value in fields.items():
            text = "***" if _is_secret(key) else str(value)
            told += f" {key}={text if _PLAIN.match(text) else _quoted(text)}"
        return told


class JsonLines(Lines):
    """`{"time": …, "level": …, "logger": …, "message": …}` and the fields."""

    def line(
        self, created: float, level: str, logger: str, message: str, fields: Mapping[str, object]
    ) -> str:
        """One JSON object on one line; what JSON does not know is written as text."""
        line: dict[str, object] = {
            "time": _when(created),
            "level": level,
            "logger": logger,
            "message": message,
        }
        for key, value in fields.items():
            name = f"{key}_" if key in ("time", "level", "logger", "message") else key
            line[name] = "***" if _is_secret(key) else value
        return json.dumps(line, ensure_ascii=False, default=str)


@lru_cache(256)  # what is said is often the same
def _head(level: str, logger: str, message: str) -> str:
    return f" {level} {logger.removeprefix('lovebell.')}: {_one_line(message)}"


def _one_line(message: str) -> str:
    return message.replace("\r", "\\r").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
