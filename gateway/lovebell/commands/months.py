"""Months and days as a calendar has them, in a time zone, as UTC milliseconds."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

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


def next_month(first: date) -> date:
    """The first day of the month after."""
    return (first + timedelta(days=31)).replace(day=1)


def month_namer(zone: ZoneInfo | None) -> Callable[[int], str]:
    """What month a moment lies in, as 2027-01."""

    def name(at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m")

    return name
