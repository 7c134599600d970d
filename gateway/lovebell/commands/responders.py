"""`lovebell responder`: those who can answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import group
from lovebell.commands.shown import history_document, show_history
from lovebell.domain.model import Books, Link, Responder, ResponderKind
from lovebell.store import books as store
from lovebell.store import pairs

_KINDS = [kind.value for kind in ResponderKind]


@group("responder", help="响应人：谁能应答。|Responders: those who can answer.")
def responder() -> None:
    """The group."""


def _fields(function: Any) -> Any:
    """The options of `add` and `edit`."""
    for option in reversed(
        (
            click.option(
                "--kind",
                type=click.Choice(_KINDS),
                help="志愿者、亲属、网格长、值班台、诊所；默认志愿者。"
                "|What they are; volunteer unless given.",
            ),
            click.option("--phone", help="电话。|Telephone."),
            click.option("--grid", help="网格长所管网格的编号。|Id of a grid leader's grid."),
        )
    ):
        function = option(function)
    return function


@responder.command("add", help="登记一位响应人。|Enter a responder.")
@click.argument("responder_id", metavar="RESPONDER")
@click.option("--name", required=True, help="称呼，必填。|Name; must be given.")
@_fields
@json_option
@pass_app
def add(app: App, responder_id: str, as_json: bool, **fields: Any) -> None:
    """Enter a responder."""
    given = {key: value for key, value in _typed(fields).items() if value is not None}
    entered = Responder(responder_id, **given)
    with app.store.writing() as connection:
        store.add_responder(connection, entered)
    if as_json:
        print_json(asdict(entered))
    else:
        app.say("entered", id=entered.id, name=entered.name)


@responder.command("list", help="列出所有响应人。|List all responders.")
@json_option
@pass_app
def list_responders(app: App, as_json: bool) -> None:
    """List all responders."""
    with app.store.reading() as connection:
        books = store.load_books(connection)
    if as_json:
        print_json([asdict(one) for one in books.responders.values()])
    elif not books.responders:
        app.say("no_responders")
    else:
        app.table(
            ("id", "name", "kind", "phone", "grid", "chime", "home"),
            (_row(app, books, one) for one in books.responders.values()),
        )


def _row(app: App, books: Books, one: Responder) -> tuple[object, ...]:
    homes = ", ".join(home for home, _ in _homes(books, one.id))
    chimes = ", ".join(_chimes(books, one.id)) or app.text("none")
    return (one.id, one.name, app.text(one.kind), one.phone, one.grid, chimes, homes)


def _chimes(books: Books, responder_id: str) -> list[str]:
    its = (Link.CHIME_RESPONDER, responder_id)
    return sorted(pair.subject for pair in books.pairings if (pair.link, pair.object) == its)


def _homes(books: Books, responder_id: str) -> list[tuple[str, int]]:
    its = (Link.RESPONDER_HOME, responder_id)
    return sorted(
        (pair.object, pair.rank) for pair in books.pairings if (pair.link, pair.subject) == its
    )


@responder.command("show", help="一位响应人的全部：门铃、结对、历史。|All of a responder.")
@click.argument("responder_id", metavar="RESPONDER")
@json_option
@pass_app
def show(app: App, responder_id: str, as_json: bool) -> None:
    """Show a responder."""
    with app.store.reading() as connection:
        books = store.load_books(connection)
        one = store.responder_of(books, responder_id)
        past = pairs.history(connection, responder_id)
    chimes, homes = _chimes(books, responder_id), _homes(books, responder_id)
    contacts = [contact for contact in books.contacts if contact.responder == responder_id]
    if as_json:
        paired = [{"id": home, "name": books.homes[home].name, "rank": n} for home, n in homes]
        document = {**asdict(one), "chimes": chimes, "homes": paired}
        document["contacts"] = [asdict(contact) for contact in contacts]
        print_json(document | {"history": history_document(past)})
        return
    app.details((name, value) for name, value in asdict(one).items() if name != "kind")
    app.details(
        (
            ("kind", app.text(one.kind)),
            ("chime", ", ".join(chimes) or app.text("none")),
            ("contact", ", ".join(f"{each.channel} {each.address}".strip() for each in contacts)),
            ("home", app.text("comma").join(_home(app, books, home, n) for home, n in homes)),
        )
    )
    show_history(app, past)


def _home(app: App, books: Books, home: str, rank: int) -> str:
    """A home that the responder stands by."""
    return app.text("ranked", name=books.homes[home].name, id=home, rank=rank)


@responder.command("edit", help="更改一位响应人的资料。|Change a responder's fields.")
@click.argument("responder_id", metavar="RESPONDER")
@click.option("--name", help="称呼。|Name.")
@_fields
@json_option
@pass_app
def edit(app: App, responder_id: str, as_json: bool, **fields: Any) -> None:
    """Change a responder's fields."""
    with app.store.editing() as connection:
        edited = store.edit_responder(connection, responder_id, **_typed(fields))
    if as_json:
        print_json(asdict(edited))
    else:
        app.say("changed", id=edited.id, name=edited.name)


def _typed(fields: dict[str, Any]) -> dict[str, Any]:
    kind = fields.get("kind")
    return fields | {"kind": None if kind is None else ResponderKind(kind)}


@responder.command("remove", help="除名一位响应人；记录保留。|Take one out; the record stays.")
@click.argument("responder_id", metavar="RESPONDER")
@json_option
@pass_app
def remove(app: App, responder_id: str, as_json: bool) -> None:
    """Take a responder out of the books."""
    with app.store.editing() as connection:
        store.remove_responder(connection, responder_id)
    if as_json:
        print_json({"removed": responder_id})
    else:
        app.say("removed", id=responder_id)
