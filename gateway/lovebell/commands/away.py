"""`lovebell away`: responders who are not there for a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lovebell.commands.app import App, json_option, pass_app, print_json, utc
from lovebell.commands.base import group
from lovebell.commands.calendar import wall, warn_plans
from lovebell.commands.months import Moment, Zone, at_ms
from lovebell.store import roster as store
from lovebell.store.books import load_books, responder_of

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from lovebell.domain.model import Away


@group("away", help="外出：其间不呼叫这位响应人。|Absences: the responder is not called then.")
def away() -> None:
    """The group."""


@away.command("add", help="登记一次外出。|Enter an absence.")
@click.argument("responder_id", metavar="RESPONDER")
@click.option(
    "--from",
    "since",
    type=Moment(),
    metavar="TIME",
    help="从何时，如 2027-01-15 或 2027-01-15T18:30；默认现在。"
    "|From when, such as 2027-01-15 or 2027-01-15T18:30; else from now.",
)
@click.option(
    "--to",
    "until",
    type=Moment(),
    required=True,
    metavar="TIME",
    help="到何时，只写日期则含当天，必填。|Until when; of a day its end. Must be given.",
)
@click.option(
    "--zone",
    type=Zone(),
    metavar="NAME",
    help="按哪个时区，默认本机的。|In this time zone, else this machine's.",
)
@click.option("--note", default="", help="备注。|Note.")
@json_option
@pass_app
def add(
    app: App,
    responder_id: str,
    since: date | None,
    until: date,
    zone: ZoneInfo | None,
    note: str,
    as_json: bool,
) -> None:
    """Enter an absence."""
    from_ms = app.now() if since is None else at_ms(since, zone)
    to_ms = at_ms(until, zone, is_end=True)
    with app.store.editing() as connection:
        name = responder_of(load_books(connection), responder_id).name
        entered = store.add_away(connection, responder_id, from_ms, to_ms, note)
    if as_json:
        print_json(_document(entered))
    else:
        times = {"since": wall(from_ms, zone), "until": wall(to_ms, zone)}
        app.say("went_away", name=name, n=entered.n, **times)
    warn_plans(app, app.books())


@away.command("list", help="列出现在和将来的外出。|List absences, present and planned.")
@click.option("--all", "past_too", is_flag=True, help="也列过去的。|Those that are over too.")
@json_option
@pass_app
def list_away(app: App, past_too: bool, as_json: bool) -> None:
    """List absences."""
    with app.store.reading() as connection:
        books = load_books(connection)
    found = [one for one in books.away if past_too or one.to_ms > app.now()]
    if as_json:
        print_json([_document(one) for one in found])
    elif not found:
        app.say("no_away")
    else:
        rows = [
            (
                *(one.n, books.responders[one.responder].name),
                *(wall(one.from_ms, None), wall(one.to_ms, None), one.note),
            )
            for one in found
        ]
        app.table(("n", "responder", "from_time", "to_time", "note"), rows)


@away.command("remove", help="取消一次外出，或提前回来。|Take an absence back, or end it.")
@click.argument("n", type=int, metavar="N")
@json_option
@pass_app
def remove(app: App, n: int, as_json: bool) -> None:
    """Take an absence back."""
    with app.store.editing() as connection:
        books = load_books(connection)
        was = store.remove_away(connection, n)
    if as_json:
        print_json({"removed": n})
    else:
        app.say("came_back", name=books.responders[was.responder].name)


def _document(one: Away) -> dict[str, Any]:
    return {
        "n": one.n,
        "responder": one.responder,
        "from": utc(one.from_ms),
        "to": utc(one.to_ms),
        "note": one.note,
    }
