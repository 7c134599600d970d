"""`lovebell rota`: who is on duty when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lovebell.commands.app import App, json_option, pass_app, print_json, utc
from lovebell.commands.base import group
from lovebell.commands.calendar import wall, warn_plans
from lovebell.commands.months import Moment, at_ms
from lovebell.domain.check import AHEAD_MS
from lovebell.domain.directory import Directory
from lovebell.domain.model import Rota
from lovebell.domain.rota import format_shift, windows
from lovebell.domain.spans import holds, joined, within, without
from lovebell.store import roster as store
from lovebell.store.books import load_books
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from lovebell.domain.model import Books
    from lovebell.domain.spans import Spans

_WEEK_MS = 7 * 24 * 3_600_000

_at = click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help="看那时，如 2027-01-15T18:30，按社区的时区；默认现在。"
    "|Then, such as 2027-01-15T18:30 in the community's time zone; else now.",
)


@group("rota", help="排班：什么时候谁值班。|Rotas: who is on duty when.")
def rota() -> None:
    """The group."""


@rota.command(
    "set",
    help="登记排班，或重排；每班写“哪几天 几点到几点 谁”，"
    '如 "mon-fri 18:00-08:00 r-1,r-2"；哪几天：mon 到 sun、daily（每天）、'
    "holidays（节假日也上）、not-holidays（节假日不上）；谁：响应人或小组。"
    '|Enter a rota, or give it other shifts; a shift is days, hours and who, such as "mon-fri '
    '18:00-08:00 r-1,r-2"; days are mon to sun, daily, holidays (on these too), not-holidays; '
    "who is responders and groups.",
)
@click.argument("rota_id", metavar="ROTA")
@click.argument("shifts", metavar="SHIFT...", nargs=-1, required=True)
@click.option("--name", help="名称；默认用编号。|Name; its id unless given.")
@click.option(
    "--community",
    metavar="COMMUNITY",
    help="按哪个社区的时区和节假日；只有一个社区时可不写。"
    "|By whose time zone and holidays; may be left out when there is one community only.",
)
@json_option
@pass_app
def set_rota(
    app: App,
    rota_id: str,
    shifts: tuple[str, ...],
    name: str | None,
    community: str | None,
    as_json: bool,
) -> None:
    """Enter a rota, or change it."""
    wanted = store.read_shifts(shifts)
    with app.store.editing() as connection:
        books = load_books(connection)
        was = books.rotas.get(rota_id)
        named = name if name is not None else was.name if was else rota_id
        where = community or (was.community if was else store.only_community(books))
        store.set_rota(connection, Rota(rota_id, named, where, wanted))
        zone = books.communities[where].zone
    books = app.books()
    directory, one = Directory(books, app.settings.plan), store.rota_of(books, rota_id)
    if as_json:
        print_json(_document(directory, one, app.now()))
    else:
        app.say("rota_set", id=rota_id, name=named, zone=zone, n=len(wanted))
    _warn_gaps(app, directory, one, app.now())
    warn_plans(app, books)


@rota.command("list", help="列出所有排班，现在谁值班。|List all rotas, and who is on duty now.")
@_at
@json_option
@pass_app
def list_rotas(app: App, at: date | None, as_json: bool) -> None:
    """List all rotas."""
    with app.store.reading() as connection:
        books = load_books(connection)
    directory = Directory(books, app.settings.plan)
    moments = {one.id: _moment(app, directory, one, at) for one in books.rotas.values()}
    if as_json:
        print_json([_document(directory, one, moments[one.id]) for one in books.rotas.values()])
    elif not books.rotas:
        app.say("no_rotas")
    else:
        rows = [
            (
                one.id,
                one.name,
                one.community,
                _names(app, books, _on_duty(directory, one, moments[one.id])),
            )
            for one in books.rotas.values()
        ]
        app.table(("id", "name", "community", "on_duty"), rows)


@rota.command("show", help="一份排班，和七天里谁值班。|A rota, and who is on duty for a week.")
@click.argument("rota_id", metavar="ROTA")
@_at
@json_option
@pass_app
def show(app: App, rota_id: str, at: date | None, as_json: bool) -> None:
    """Show a rota."""
    with app.store.reading() as connection:
        books = load_books(connection)
    one = store.rota_of(books, rota_id)
    directory = Directory(books, app.settings.plan)
    moment = _moment(app, directory, one, at)
    zone, holidays = _zone(directory, one), directory.holidays(one.community)
    week = windows(one.shifts, zone, holidays, moment, moment + _WEEK_MS)
    if as_json:
        shifts = [
            {"from": utc(a), "to": utc(b), "members": list(shift.members)} for a, b, shift in week
        ]
        print_json(_document(directory, one, moment) | {"week": shifts})
        return
    app.details((("id", one.id), ("name", one.name), ("community", one.community)))
    app.details(("shift", format_shift(shift)) for shift in one.shifts)
    named = _names(app, books, _on_duty(directory, one, moment))
    app.details((("on_duty", named),))
    app.say("coming_week", at=wall(moment, zone), zone=zone.key)
    rows = [
        (wall(a, zone), wall(b, zone), _names(app, books, directory.people(shift.members)))
        for a, b, shift in week
    ]
    app.table(("from_time", "to_time", "who"), rows)
    _warn_gaps(app, directory, one, moment)


@rota.command("remove", help="除名一份排班。|Take a rota out.")
@click.argument("rota_id", metavar="ROTA")
@json_option
@pass_app
def remove(app: App, rota_id: str, as_json: bool) -> None:
    """Take a rota out of the books."""
    with app.store.editing() as connection:
        store.remove_rota(connection, rota_id)
    if as_json:
        print_json({"removed": rota_id})
    else:
        app.say("removed", id=rota_id)


def _zone(directory: Directory, one: Rota) -> ZoneInfo:
    """Raises BooksError (bad_zone) when this machine does not know it."""
    try:
        return directory.zone(one.community)
    except (KeyError, ValueError, OSError):
        zone = directory.books.communities[one.community].zone
        raise BooksError("bad_zone", zone=zone) from None


def _moment(app: App, directory: Directory, one: Rota, at: date | None) -> int:
    return app.now() if at is None else at_ms(at, _zone(directory, one))


def _on_duty(directory: Directory, one: Rota, at: int) -> list[str]:
    targets = directory.targets((one.id,), None, at)
    return [target.responder for target in targets if target.is_on_duty(at)]


def _names(app: App, books: Books, people: tuple[str, ...] | list[str]) -> str:
    names = (books.responders[person].name for person in people)
    return app.text("comma").join(names) or app.text("nobody")


def _gaps(directory: Directory, one: Rota, since: int) -> Spans:
    """When nobody is on duty in the next four weeks; absences count."""
    until = since + AHEAD_MS
    hours = directory.hours((one.id,), since, until)
    there = joined(span for spans in hours.values() for span in spans)
    return without(((since, until),), within(there, since, until))


def _warn_gaps(app: App, directory: Directory, one: Rota, since: int) -> None:
    gaps = _gaps(directory, one, since)
    if gaps:
        zone = _zone(directory, one)
        begin, end = (wall(at, zone) for at in gaps[0])
        told = app.text("rota_gap", id=one.id, since=begin, until=end, n=len(gaps))
        click.echo(told, err=True)


def _document(directory: Directory, one: Rota, at: int) -> dict[str, Any]:
    gaps = _gaps(directory, one, at)
    return {
        "id": one.id,
        "name": one.name,
        "community": one.community,
        "zone": directory.books.communities[one.community].zone,
        "shifts": [format_shift(shift) for shift in one.shifts],
        "at": utc(at),
        "on_duty": _on_duty(directory, one, at),
        "is_covered": not holds(gaps, at),
        "gaps": [{"from": utc(begin), "to": utc(end)} for begin, end in gaps],
    }
