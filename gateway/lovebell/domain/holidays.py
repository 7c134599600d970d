"""Holidays as a file has them: a day and its name a line, or an iCalendar (RFC 5545).

Pure. Of an iCalendar only events of whole days are read, which is how calendars of public holidays
are written; what repeats by a rule is refused, or a holiday would be missed.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Chinese calendars list the weekend days that are worked in exchange beside the holidays.
_WORKED: Final = re.compile(r"班[)）]?\s*$|补班|上班")
_LINE: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[\s,;]+(.*))?", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{8}", re.ASCII)
_MOST_DAYS: Final = 60


class BadHolidaysError(ValueError):
    """A line that cannot be read; `line` is its number, `text` what stands there."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line}: {text!r}")
        self.line = line
        self.text = text


def read_holidays(text: str) -> tuple[dict[date, str], int]:
    """The days of a file with their names, and how many days it has that are worked in exchange.

    Raises BadHolidaysError.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    first = next((line for line in lines if line.strip()), "")
    is_calendar = first.strip().upper() == "BEGIN:VCALENDAR"
    found: dict[date, str] = {}
    worked = 0
    for day, name in _events(lines) if is_calendar else _listed(lines):
        if _WORKED.search(name):
            worked += 1
        else:
            found[day] = name
    return found, worked


def _listed(lines: list[str]) -> Iterator[tuple[date, str]]:
    for n, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        match = _LINE.fullmatch(text)
        if match is None:
            raise BadHolidaysError(n, line.strip())
        yield _date(match[1].replace("-", ""), n, line), (match[2] or "").strip()


def _events(lines: list[str]) -> Iterator[tuple[date, str]]:
    event: dict[str, tuple[int, str]] | None = None
    for n, line in _unfolded(lines):
        name, _, value = line.partition(":")
        name = name.partition(";")[0].upper()
        if (name, value.upper()) == ("BEGIN", "VEVENT"):
            event = {"BEGIN": (n, line)}
        elif (name, value.upper()) == ("END", "VEVENT") and event is not None:
            yield from _days_of(event)
            event = None
        elif event is not None:
            event.setdefault(name, (n, value.strip()))


def _unfolded(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Lines with what goes on in the next ones, and the number of the first (RFC 5545, 3.1)."""
    n, whole = 0, ""
    for number, line in enumerate(lines, 1):
        if line[:1] in (" ", "\t"):
            whole += line[1:]
            continue
        if whole:
            yield n, whole
        n, whole = number, line.rstrip()
    if whole:
        yield n, whole


def _days_of(event: dict[str, tuple[int, str]]) -> Iterator[tuple[date, str]]:
    line, start = event.get("DTSTART", event["BEGIN"])
    for name in ("RRULE", "RDATE", "DURATION"):
        if name in event:
            raise BadHolidaysError(event[name][0], f"{name}:{event[name][1]}"[:80])
    first = _date(start, line, start)
    end_line, end = event.get("DTEND", (line, ""))
    last = _date(end, end_line, end) if end else first + timedelta(days=1)
    if not 0 <= (last - first).days <= _MOST_DAYS:
        raise BadHolidaysError(end_line, end)
    name = re.sub(r"\\([\\,;])", r"\1", re.sub(r"\\[nN]", " ", event.get("SUMMARY", (0, ""))[1]))
    day = first
    while day < last or day == first:  # the end is the day after (3.6.1)
        yield day, name.strip()
        day += timedelta(days=1)


def _date(text: str, line: int, whole: str) -> date:
    if _DAY.fullmatch(text):
        try:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            raise BadHolidaysError(line, whole.strip()) from None
        if 1971 <= day.year <= 9000:
            return day
    raise BadHolidaysError(line, whole.strip()[:80])
