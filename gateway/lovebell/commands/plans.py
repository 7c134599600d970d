"""`lovebell plan`: whom a home's press calls, in what order and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import group
from lovebell.commands.calendar import finding_document, finding_text, zone_of
from lovebell.commands.months import Moment, at_ms
from lovebell.commands.steps import plan_document, show_steps, warn_dead_steps
from lovebell.domain.check import check
from lovebell.domain.directory import Directory
from lovebell.store import pairs
from lovebell.store.books import home_of, load_books

if TYPE_CHECKING:
    from datetime import date

    from lovebell.domain.model import Home


@group("plan", help="一人一策：先叫谁，后叫谁。|Plans: whom to call, and whom next.")
def plan() -> None:
    """The group."""


@plan.command(
    "show", help="一户的方案，每步现在叫到谁。|A home's plan, and whom each step means now."
)
@click.argument("home_id", metavar="HOME")
@click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help="那时会叫谁，如 2027-01-15T18:30，按社区的时区，没有社区则按本机。"
    "|Whom it would call then, such as 2027-01-15T18:30 in the community's time zone, or this "
    "machine's if it belongs to none.",
)
@json_option
@pass_app
def show(app: App, home_id: str, at: date | None, as_json: bool) -> None:
    """Show a plan."""
    with app.store.reading() as connection:
        books = load_books(connection)
    directory, home = Directory(books, app.settings.plan), home_of(books, home_id)
    moment = None if at is None else at_ms(at, zone_of(directory, home))
    _show(app, directory, home, moment, as_json)


@plan.command(
    "check",
    help="查所有方案：叫不到的人、没有人的时段。|Look through all plans: who cannot be reached, "
    "when nobody is there.",
)
@json_option
@pass_app
def check_plans(app: App, as_json: bool) -> None:
    """Look through all plans; ends with 1 when something is wrong."""
    with app.store.reading() as connection:
        books = load_books(connection)
    directory = Directory(books, app.settings.plan)
    found = check(directory, app.now())
    if as_json:
        print_json([finding_document(one) for one in found])
    elif not found:
        app.say("plans_good", n=len(books.homes))
    else:
        for one in found:
            click.echo(finding_text(app, directory, one))
    if found:
        click.get_current_context().exit(1)


@plan.command(
    "set",
    help='给一户定方案，每步写“谁 多久”，如 "paired 45s" "desk 1min"；谁：paired（结对响应人）、'
    "neighbours（所有响应人）、grid（网格长）、desk（值班台），或响应人、小组、排班的编号。"
    '|Give a home its plan; a step is who and how long, such as "paired 45s" "desk 1min"; who is '
    "paired, neighbours, grid, desk or the id of a responder, a group or a rota.",
)
@click.argument("home_id", metavar="HOME")
@click.argument("steps", metavar="[STEP]...", nargs=-1)
@click.option(
    "--default", "reset", is_flag=True, help="回到默认方案。|Go back to the default plan."
)
@json_option
@pass_app
def set_plan(app: App, home_id: str, steps: tuple[str, ...], reset: bool, as_json: bool) -> None:
    """Set a plan."""
    if reset == bool(steps):
        click.get_current_context().fail("steps_or_default")
    wanted = () if reset else pairs.read_steps(steps)
    with app.store.editing() as connection:
        if reset:
            pairs.reset_plan(connection, home_id)
        else:
            pairs.set_plan(connection, home_id, wanted)
    books = app.books()
    _show(app, Directory(books, app.settings.plan), home_of(books, home_id), None, as_json)


def _show(app: App, directory: Directory, home: Home, at: int | None, as_json: bool) -> None:
    if as_json:
        print_json(plan_document(directory, home, app.now() if at is None else at))
    else:
        show_steps(app, directory, home, at)
    warn_dead_steps(app, directory, home)
    for one in check(directory, app.now(), [home]):
        if one.code == "uncovered":
            what = finding_text(app, directory, one)
            click.echo(app.text("note_that", what=what), err=True)
