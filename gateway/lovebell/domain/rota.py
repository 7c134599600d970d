"""Rotas: how an operator writes a shift, and when it is, by the calendar of a place.

Pure: the time zone and the holidays are arguments. The rule for clocks that are put forward and
back: a shift begins when its first minute comes, and is over when its last minute has gone for
good. So a shift that begins or ends at a time that the clock leaves out does so at the moment the
clock is put forward, and one within the hour that comes twice has both of them: nobody is missing
where one shift follows another, at most two are on duty.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from lovebell.domain.model import NAME, Holidays, Shift
from lovebell.domain.spans import Spans, joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import tzinfo

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60
MAX_SHIFTS: Final = 64
_DAILY: Final = "daily"
_HOLIDAYS: Final = "holidays"
_NOT_HOLIDAYS: Final = "not-holidays"
_TIME: Final = r"(?:[01]?[0-9]|2[0-4]):[0-5][0-9]"
_SHIFT: Final = re.compile(
    rf"\s*(?P<days>[a-z,-]+)\s+(?P<begins>{_TIME})-(?P<ends>{_TIME})\s+"
    r"(?P<members>[^\s,]+(?:\s*,\s*[^\s,]+)*)\s*",
    re.ASCII,
)
_MINUTE: Final = timedelta(minutes=1)


class BadShiftError(ValueError):
    """What was written is no shift."""


class EmptyShiftError(ValueError):
    """A shift in which there is no time: it ends when it begins."""


# -- as it is written ----------------------------------------------------------------------------


def parse_shift(text: str) -> Shift:
    """Read `"mon-fri,not-holidays 18:00-08:00 r-1,g-night"`.

    Days are `mon` to `sun`, stretches such as `fri-mon`, `daily`, `holidays` (on these too,
    whatever the weekday) and `not-holidays`. Raises BadShiftError, EmptyShiftError.
    """
    match = _SHIFT.fullmatch(text)
    if match is None:
        raise BadShiftError(text)
    days, holidays = _days(match["days"])
    begins, ends = _minute(match["begins"]), _minute(match["ends"])
    members = tuple(dict.fromkeys(part.strip() for part in match["members"].split(",")))
    if begins == DAY_MINUTES or any(not NAME.match(member) for member in members):
        raise BadShiftError(text)
    if begins == ends:
        raise EmptyShiftError(text)
    return Shift(days, begins, ends, members, holidays)


def format_shift(shift: Shift) -> str:
    """The text that `parse_shift` reads as this shift."""
    hours = f"{_clock(shift.begins)}-{_clock(shift.ends)}"
    return f"{format_days(shift)} {hours} {','.join(shift.members)}"


def format_days(shift: Shift) -> str:
    """The days of a shift as they are written."""
    parts: list[str] = []
    if len(shift.days) == len(DAYS):
        parts.append(_DAILY)
    else:
        run: list[int] = []
        for day in (*shift.days, 99):
            if run and day != run[-1] + 1:
                short = [DAYS[one] for one in run]
                parts += short if len(run) < 3 else [f"{short[0]}-{short[-1]}"]
                run = []
            run.append(day)
    if shift.holidays is not Holidays.ALIKE:
        parts.append(_HOLIDAYS if shift.holidays is Holidays.ALSO else _NOT_HOLIDAYS)
    return ",".join(parts)


def _days(text: str) -> tuple[tuple[int, ...], Holidays]:
    found: set[int] = set()
    words: set[str] = set()
    for part in text.split(","):
        if part in (_DAILY, _HOLIDAYS, _NOT_HOLIDAYS):
            words.add(part)
            continue
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise BadShiftError(text)
        begin = DAYS.index(first)
        length = (DAYS.index(last) - begin) % len(DAYS) if dash else 0
        found |= {(begin + day) % len(DAYS) for day in range(length + 1)}
    if {_HOLIDAYS, _NOT_HOLIDAYS} <= words or (found and _DAILY in words):
        raise BadShiftError(text)
    if _DAILY in words or (not found and _NOT_HOLIDAYS in words):
        found = set(range(len(DAYS)))
    if _NOT_HOLIDAYS in words:
        return tuple(sorted(found)), Holidays.NEVER
    return tuple(sorted(found)), Holidays.ALSO if _HOLIDAYS in words else Holidays.ALIKE


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    minute = int(hours) * 60 + int(minutes)
    if minute > DAY_MINUTES:
        raise BadShiftError(text)
    return minute


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


# -- by the calendar -----------------------------------------------------------------------------


def is_on(shift: Shift, day: date, holidays: Collection[date]) -> bool:
    """Whether the shift begins on this day."""
    if day in holidays and shift.holidays is not Holidays.ALIKE:
        return shift.holidays is Holidays.ALSO
    return day.weekday() in shift.days


def span_of(shift: Shift, day: date, zone: tzinfo) -> tuple[int, int]:
    """When the shift of this day begins and ends; the same moment twice when it is left out."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a date of the wall
    length = (shift.ends - shift.begins - 1) % DAY_MINUTES + 1
    begins = midnight + timedelta(minutes=shift.begins)
    return first_of(begins, zone), gone_of(begins + timedelta(minutes=length), zone)


def windows(
    shifts: Iterable[Shift], zone: tzinfo, holidays: Collection[date], since: int, until: int
) -> list[tuple[int, int, Shift]]:
    """Every shift of which some part lies from `since` to just before `until`, whole, in order."""
    day = datetime.fromtimestamp(since / 1000, zone).date() - timedelta(days=2)
    last = datetime.fromtimestamp(until / 1000, zone).date() + timedelta(days=1)
    shifts = tuple(shifts)
    found: list[tuple[int, int, Shift]] = []
    while day <= last:
        for shift in shifts:
            if is_on(shift, day, holidays):
                begins, ends = span_of(shift, day, zone)
                if begins < ends and begins < until and since < ends:
                    found.append((begins, ends, shift))
        day += timedelta(days=1)
    return sorted(found, key=lambda one: one[:2])


def covered(
    shifts: Iterable[Shift], zone: tzinfo, holidays: Collection[date], since: int, until: int
) -> Spans:
    """When anybody is on duty, as far as it touches this stretch of time."""
    found = windows(shifts, zone, holidays, since, until)
    return joined((begins, ends) for begins, ends, _ in found)


def first_of(wall: datetime, zone: tzinfo) -> int:
    """When the clocks of the zone first show this time, or when they leap over it; in UTC ms."""
    moment = wall.replace(tzinfo=zone, fold=0)
    return _leap(wall, zone) if _is_left_out(wall, zone) else _ms(moment)


def gone_of(wall: datetime, zone: tzinfo) -> int:
    """When the minute before this time is over for good, or was leapt over; in UTC ms."""
    last = wall - _MINUTE
    if _is_left_out(last, zone):
        return _leap(last, zone)
    return _ms(last.replace(tzinfo=zone, fold=1)) + 60_000


def _is_left_out(wall: datetime, zone: tzinfo) -> bool:
    there = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None, fold=0) != wall


def _leap(wall: datetime, zone: tzinfo) -> int:
    """When the clocks leap over this time: between what it would be by the new offset and by the
    old one, to the second.
    """
    before = _ms(wall.replace(tzinfo=zone, fold=1)) // 1000
    after = _ms(wall.replace(tzinfo=zone, fold=0)) // 1000
    old = datetime.fromtimestamp(before, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after * 1000


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
