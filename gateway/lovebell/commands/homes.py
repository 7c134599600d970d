"""`lovebell home`: the elders' households."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import group
from lovebell.commands.shown import history_document, show_history
from lovebell.commands.steps import plan_document, show_steps, warn_dead_steps
from lovebell.domain.directory import Directory
from lovebell.domain.model import Books, Home, Link, Responder
from lovebell.store import books as store
from lovebell.store import pairs


@group("home", help="老人家：在哪里，是谁。|Homes: where the elders live, and who they are.")
def home() -> None:
    """The group."""


def _fields(function: Any) -> Any:
    """The options of `add` and `edit`."""
    for option in reversed(
        (
            click.option("--address", help="地址，门铃上会显示。|Address; a chime shows it."),
            click.option("--phone", help="电话。|Telephone."),
            click.option(
                "--notes", help="备注，如病史、钥匙在谁处。|Notes: illness, who has keys."
            ),
            click.option(
                "--care-level",
                type=int,
                help="照护等级 1 到 5，默认 1。|Care level 1 to 5, else 1.",
            ),
            click.option("--grid", help="所属网格的编号。|Id of its grid."),
            click.option("--community", help="所属社区的编号。|Id of its community."),
        )
    ):
        function = option(function)
    return function


@home.command("add", help="登记一户老人家。|Enter a home.")
@click.argument("home_id", metavar="HOME")
@click.option("--name", required=True, help="称呼，必填。|Name; must be given.")
@_fields
@json_option
@pass_app
def add(app: App, home_id: str, as_json: bool, **fields: Any) -> None:
    """Enter a home."""
    given = {key: value for key, value in fields.items() if value is not None}
    entered = Home(home_id, **given)
    with app.store.editing() as connection:
        store.add_home(connection, entered)
    if as_json:
        print_json(asdict(entered))
    else:
        app.say("entered", id=entered.id, name=entered.name)


@home.command("list", help="列出所有老人家。|List all homes.")
@json_option
@pass_app
def list_homes(app: App, as_json: bool) -> None:
    """List all homes."""
    with app.store.reading() as connection:
        books = store.load_books(connection)
    if as_json:
        print_json([asdict(one) for one in books.homes.values()])
    elif not books.homes:
        app.say("no_homes")
    else:
        app.table(
            ("id", "name", "address", "phone", "grid", "care_level", "button", "responder"),
            (_row(books, one) for one in books.homes.values()),
        )


def _row(books: Books, one: Home) -> tuple[object, ...]:
    buttons = _paired(books, one.id, Link.BUTTON_HOME)
    people = [books.responders[who].name for who in _paired(books, one.id, Link.RESPONDER_HOME)]
    rest = (one.grid, one.care_level, ", ".join(buttons), ", ".join(people))
    return (one.id, one.name, one.address, one.phone, *rest)


def _paired(books: Books, home_id: str, link: Link) -> list[str]:
    """What is paired with the home, lowest rank first."""
    found = [pair for pair in books.pairings if (pair.link, pair.object) == (link, home_id)]
    return [pair.subject for pair in sorted(found, key=lambda pair: (pair.rank, pair.subject))]


@home.command("show", help="一户的全部：结对、方案、历史。|All of a home: pairings, plan, history.")
@click.argument("home_id", metavar="HOME")
@json_option
@pass_app
def show(app: App, home_id: str, as_json: bool) -> None:
    """Show a home."""
    with app.store.reading() as connection:
        books = store.load_books(connection)
        one = store.home_of(books, home_id)
        past = pairs.history(connection, home_id)
    directory = Directory(books, app.settings.plan)
    ranks = {p.subject: p.rank for p in books.pairings if p.object == home_id}
    people = [books.responders[who] for who in _paired(books, home_id, Link.RESPONDER_HOME)]
    buttons = _paired(books, home_id, Link.BUTTON_HOME)
    if as_json:
        responders = [{"id": p.id, "name": p.name, "rank": ranks[p.id]} for p in people]
        document = {**asdict(one), "buttons": buttons, "responders": responders}
        plan = plan_document(directory, one, app.now())
        print_json(document | {"plan": plan, "history": history_document(past)})
        return
    app.details((name, value) for name, value in asdict(one).items())
    app.details(
        (
            ("button", ", ".join(buttons) or app.text("none")),
            ("responder", _people(app, people, ranks)),
        )
    )
    show_steps(app, directory, one)
    show_history(app, past)
    warn_dead_steps(app, directory, one)


def _people(app: App, people: list[Responder], ranks: dict[str, int]) -> str:
    """Who stands by, with the rank of each."""
    names = (app.text("ranked", name=p.name, id=p.id, rank=ranks[p.id]) for p in people)
    return app.text("comma").join(names)


@home.command("edit", help="更改一户的资料。|Change a home's fields.")
@click.argument("home_id", metavar="HOME")
@click.option("--name", help="称呼。|Name.")
@_fields
@json_option
@pass_app
def edit(app: App, home_id: str, as_json: bool, **fields: Any) -> None:
    """Change a home's fields."""
    with app.store.editing() as connection:
        edited = store.edit_home(connection, home_id, **fields)
    if as_json:
        print_json(asdict(edited))
    else:
        app.say("changed", id=edited.id, name=edited.name)


@home.command("remove", help="除名一户；记录保留。|Take a home out; the record stays.")
@click.argument("home_id", metavar="HOME")
@json_option
@pass_app
def remove(app: App, home_id: str, as_json: bool) -> None:
    """Take a home out of the books."""
    with app.store.editing() as connection:
        store.remove_home(connection, home_id)
    if as_json:
        print_json({"removed": home_id})
    else:
        app.say("removed", id=home_id)
