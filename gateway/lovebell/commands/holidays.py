"""`lovebell holiday`: days on which other shifts are on duty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import FilePath, group
from lovebell.commands.calendar import warn_plans
from lovebell.commands.months import Day
from lovebell.domain.holidays import BadHolidaysError, read_holidays
from lovebell.store import roster as store
from lovebell.store.books import load_books
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

#: Larger than any calendar of holidays.
_MOST_BYTES = 1_000_000

_community = click.option(
    "--community",
    default="",
    metavar="COMMUNITY",
    help="哪个社区的；默认所有社区。|Of this community; of all unless given.",
)


@group("holiday", help="节假日。|Holidays.")
def holiday() -> None:
    """The group."""


@holiday.command("add", help="登记一个节假日。|Enter a holiday.")
@click.argument("day", type=Day(), metavar="DAY")
@click.option("--name", default="", help="名称，如 春节。|Name, such as New Year.")
@_community
@json_option
@pass_app
def add(app: App, day: date, name: str, community: str, as_json: bool) -> None:
    """Enter a holiday."""
    _enter(app, community, {day: name}, 0, as_json)


@holiday.command(
    "import",
    help="从文件登记：每行写日期和名称，或整天的 iCalendar；名称带“班”的调休上班日不算。"
    "|Enter those of a file: a day and its name a line, or an iCalendar of whole days.",
)
@click.argument("file", type=FilePath(), metavar="FILE")
@_community
@json_option
@pass_app
def import_file(app: App, file: Path, community: str, as_json: bool) -> None:
    """Enter the holidays of a file."""
    days, worked = _read(file)
    _enter(app, community, days, worked, as_json)


@holiday.command("list", help="列出所有节假日。|List all holidays.")
@json_option
@pass_app
def list_holidays(app: App, as_json: bool) -> None:
    """List all holidays."""
    with app.store.reading() as connection:
        books = load_books(connection)
    found = sorted(
        (day, name, community)
        for community, days in books.holidays.items()
        for day, name in days.items()
    )
    if as_json:
        print_json(
            [{"day": d.isoformat(), "name": name, "community": c or None} for d, name, c in found]
        )
    elif not found:
        app.say("no_holidays")
    else:
        rows = [(d.isoformat(), name, c or app.text("everybody")) for d, name, c in found]
        app.table(("day", "name", "community"), rows)


@holiday.command("remove", help="去掉一个节假日。|Take a holiday out.")
@click.argument("day", type=Day(), metavar="DAY")
@_community
@json_option
@pass_app
def remove(app: App, day: date, community: str, as_json: bool) -> None:
    """Take a holiday out of the books."""
    with app.store.writing() as connection:
        store.remove_holiday(connection, community, day)
    if as_json:
        print_json({"removed": day.isoformat()})
    else:
        app.say("holiday_removed", day=day.isoformat())


def _read(file: Path) -> tuple[dict[date, str], int]:
    """Raises BooksError (file, bad_holidays, no_holidays)."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as why:
        reason = why.strerror or str(why) if isinstance(why, OSError) else "UTF-8"
        raise BooksError("file", path=str(file), why=reason) from why
    try:
        days, worked = read_holidays(text)
    except BadHolidaysError as why:
        line, shown = why.line, why.text[:80]
        raise BooksError("bad_holidays", path=str(file), line=line, text=shown) from why
    if not days:
        raise BooksError("no_holidays", path=str(file))
    return days, worked


def _enter(app: App, community: str, days: Mapping[date, str], worked: int, as_json: bool) -> None:
    with app.store.editing() as connection:
        store.add_holidays(connection, community, days)
    if as_json:
        print_json({"entered": [day.isoformat() for day in sorted(days)], "worked_days": worked})
    else:
        app.say("holidays_added", n=len(days))
        if worked:
            app.say("worked_days", n=worked)
    warn_plans(app, app.books())
