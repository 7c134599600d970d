"""`lovebell community`: homes with one calendar and, if they like, one plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import group
from lovebell.commands.calendar import warn_plans
from lovebell.domain.model import DEFAULT_ZONE, Community
from lovebell.domain.plan import format_step
from lovebell.store import pairs
from lovebell.store import roster as store
from lovebell.store.books import load_books

if TYPE_CHECKING:
    from lovebell.domain.model import Books

_zone = click.option(
    "--zone", metavar="NAME", help="时区，默认 Asia/Shanghai。|Time zone, else Asia/Shanghai."
)


@group("community", help="社区：时区、节假日、方案。|Communities: time zone, holidays, plan.")
def community() -> None:
    """The group."""


@community.command("add", help="登记一个社区。|Enter a community.")
@click.argument("community_id", metavar="COMMUNITY")
@click.option("--name", required=True, help="名称，必填。|Name; must be given.")
@_zone
@json_option
@pass_app
def add(app: App, community_id: str, name: str, zone: str | None, as_json: bool) -> None:
    """Enter a community."""
    entered = Community(community_id, name, zone or DEFAULT_ZONE)
    with app.store.writing() as connection:
        store.add_community(connection, entered)
    _tell(app, app.books(), entered, "entered", as_json)


@community.command("edit", help="更改名称或时区。|Change its name or time zone.")
@click.argument("community_id", metavar="COMMUNITY")
@click.option("--name", help="名称。|Name.")
@_zone
@json_option
@pass_app
def edit(app: App, community_id: str, name: str | None, zone: str | None, as_json: bool) -> None:
    """Change a community."""
    with app.store.editing() as connection:
        edited = store.edit_community(connection, community_id, name, zone)
    _tell(app, app.books(), edited, "changed", as_json)


@community.command("list", help="列出所有社区。|List all communities.")
@json_option
@pass_app
def list_communities(app: App, as_json: bool) -> None:
    """List all communities."""
    with app.store.reading() as connection:
        books = load_books(connection)
    if as_json:
        print_json([_document(books, one) for one in books.communities.values()])
    elif not books.communities:
        app.say("no_communities")
    else:
        rows = [
            (one.id, one.name, one.zone, len(_homes(books, one)), _plan_text(app, one))
            for one in books.communities.values()
        ]
        app.table(("id", "name", "zone", "home", "plan"), rows)


@community.command(
    "plan",
    help="给一个社区定方案，写法同 plan set；自己没有方案的老人家都用它。"
    "|Give a community its plan, written as for `plan set`; its homes that have none follow it.",
)
@click.argument("community_id", metavar="COMMUNITY")
@click.argument("steps", metavar="[STEP]...", nargs=-1)
@click.option(
    "--default", "reset", is_flag=True, help="回到默认方案。|Go back to the default plan."
)
@json_option
@pass_app
def plan(app: App, community_id: str, steps: tuple[str, ...], reset: bool, as_json: bool) -> None:
    """Set a community's plan."""
    if reset == bool(steps):
        click.get_current_context().fail("steps_or_default")
    wanted = () if reset else pairs.read_steps(steps)
    with app.store.editing() as connection:
        store.set_community_plan(connection, community_id, wanted)
    books = app.books()
    one = store.community_of(books, community_id)
    if as_json:
        print_json(_document(books, one))
    elif one.plan:
        app.say("community_plan_set", id=one.id)
        rows = enumerate((format_step(step) for step in one.plan), 1)
        app.table(("step", "plan_text"), rows)
    else:
        app.say("community_plan_default", id=one.id)
    warn_plans(app, books, [home for home in books.homes.values() if home.community == one.id])


@community.command("remove", help="除名一个社区。|Take a community out.")
@click.argument("community_id", metavar="COMMUNITY")
@json_option
@pass_app
def remove(app: App, community_id: str, as_json: bool) -> None:
    """Take a community out of the books."""
    with app.store.editing() as connection:
        store.remove_community(connection, community_id)
    if as_json:
        print_json({"removed": community_id})
    else:
        app.say("removed", id=community_id)


def _tell(app: App, books: Books, one: Community, done: str, as_json: bool) -> None:
    if as_json:
        print_json(_document(books, one))
    else:
        app.say(done, id=one.id, name=app.text("comma").join((one.name, one.zone)))


def _homes(books: Books, one: Community) -> list[str]:
    return [home.id for home in books.homes.values() if home.community == one.id]


def _plan_text(app: App, one: Community) -> str:
    return "; ".join(format_step(step) for step in one.plan) or app.text("none")


def _document(books: Books, one: Community) -> dict[str, Any]:
    plan = [format_step(step) for step in one.plan]
    return {
        "id": one.id,
        "name": one.name,
        "zone": one.zone,
        "plan": plan or None,
        "homes": _homes(books, one),
    }
