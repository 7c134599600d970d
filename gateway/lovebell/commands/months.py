"""Months and days as a calendar has them, in a time zone, as UTC milliseconds."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from lovebell.domain.rota import first_of

if TYPE_CHECKING:
    from collections.abc import Callable

    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # generic only in later releases of click

_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])\Z", re.ASCII)


class Month(_ParamType):
    """A month such as 2027-01, as the date of its first day."""

    name = "month"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        """Raises click.BadParameter for anything else."""
        match = _MONTH.match(str(value))
        if match is None or match[1] in ("0000", "9999"):
            self.fail("2027-01", param, ctx)
        return date(int(match[1]), int(match[2]), 1)


class Day(_ParamType):
    """A day such as 2027-01-15."""

    name = "day"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        """Raises click.BadParameter for anything else."""
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            self.fail("2027-01-15", param, ctx)
        if not 1971 <= day.year <= 9000:
            self.fail("2027-01-15", param, ctx)
        return day


class Moment(_ParamType):
    """A moment as a clock on the wall shows it, such as 2027-01-15T18:30; a day alone is a date."""

    name = "moment"

    def convert(self, value: Any, param: Any, ctx: Any) -> date | datetime:
        """Raises click.BadParameter for anything else, and for one with a time zone."""
        text = str(value).strip().replace(" ", "T")
        try:
            moment = datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
        except ValueError:
            self.fail("2027-01-15T18:30", param, ctx)
        is_bare = not isinstance(moment, datetime) or moment.tzinfo is None
        if not is_bare or not 1971 <= moment.year <= 9000:
            self.fail("2027-01-15T18:30", param, ctx)
        return moment


class Zone(_ParamType):
    """A time zone by its name, such as Asia/Shanghai."""

    name = "zone"

    def convert(self, value: Any, param: Any, ctx: Any) -> ZoneInfo:
        """Raises click.BadParameter for a name that this machine does not know."""
        if isinstance(value, ZoneInfo):
            return value
        try:
            return ZoneInfo(str(value))
        except (ValueError, OSError, KeyError):
            self.fail("Asia/Shanghai", param, ctx)


def begins(day: date, zone: ZoneInfo | None) -> int:
    """When a day begins, in UTC milliseconds; without a zone, where this machine is."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return round((midnight if zone else midnight.astimezone()).timestamp() * 1000)


def at_ms(moment: date | datetime, zone: ZoneInfo | None, *, is_end: bool = False) -> int:
    """A moment in UTC milliseconds; of a day its beginning, or with `is_end` its end.

    One that the clock leaves out is when it is put forward, of one that comes twice it is the
    first.
    """
    if not isinstance(moment, datetime):
        return begins(moment + timedelta(days=1) if is_end else moment, zone)
    if zone is None:
        return round(moment.astimezone().timestamp() * 1000)
    return first_of(moment, zone)


def next_month(first: date) -> date:
    """The first day of the month after."""
    return (first + timedelta(days=31)).replace(day=1)


def month_namer(zone: ZoneInfo | None) -> Callable[[int], str]:
    """What month a moment lies in, as 2027-01."""

    def name(at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m")

    return name
