"""`lovebell group`: responders that are called together."""

from __future__ import annotations

from dataclasses import asdict

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import group
from lovebell.commands.calendar import warn_plans
from lovebell.domain.model import Group
from lovebell.store import roster as store
from lovebell.store.books import load_books


@group("group", help="小组：一起呼叫的响应人。|Groups: responders that are called together.")
def groups() -> None:
    """The group."""


@groups.command("set", help="登记小组，或重定成员。|Enter a group, or give it other members.")
@click.argument("group_id", metavar="GROUP")
@click.argument("members", metavar="MEMBER...", nargs=-1, required=True)
@click.option("--name", help="名称；默认用编号。|Name; its id unless given.")
@json_option
@pass_app
def set_group(
    app: App, group_id: str, members: tuple[str, ...], name: str | None, as_json: bool
) -> None:
    """Enter a group, or change it."""
    with app.store.editing() as connection:
        was = load_books(connection).groups.get(group_id)
        named = name if name is not None else was.name if was else group_id
        wanted = Group(group_id, named, tuple(dict.fromkeys(members)))
        store.set_group(connection, wanted)
    if as_json:
        print_json(asdict(wanted))
    else:
        told = app.text("comma").join(wanted.members)
        app.say("group_set", id=group_id, name=named, members=told)
    warn_plans(app, app.books())


@groups.command("list", help="列出所有小组。|List all groups.")
@json_option
@pass_app
def list_groups(app: App, as_json: bool) -> None:
    """List all groups."""
    with app.store.reading() as connection:
        books = load_books(connection)
    if as_json:
        print_json([asdict(one) for one in books.groups.values()])
    elif not books.groups:
        app.say("no_groups")
    else:
        rows = [(one.id, one.name, ", ".join(one.members)) for one in books.groups.values()]
        app.table(("id", "name", "member"), rows)


@groups.command("remove", help="除名一个小组。|Take a group out.")
@click.argument("group_id", metavar="GROUP")
@json_option
@pass_app
def remove(app: App, group_id: str, as_json: bool) -> None:
    """Take a group out of the books."""
    with app.store.editing() as connection:
        store.remove_group(connection, group_id)
    if as_json:
        print_json({"removed": group_id})
    else:
        app.say("removed", id=group_id)
