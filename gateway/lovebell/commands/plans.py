"""`lovebell plan`: whom a home's press calls, in what order and for how long."""

from __future__ import annotations

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import group
from lovebell.commands.steps import plan_document, show_steps, warn_dead_steps
from lovebell.domain.directory import Directory
from lovebell.store import pairs
from lovebell.store.books import home_of, load_books


@group("plan", help="一人一策：先叫谁，后叫谁。|Plans: whom to call, and whom next.")
def plan() -> None:
    """The group."""


@plan.command(
    "show", help="一户的方案，每步现在叫到谁。|A home's plan, and whom each step means now."
)
@click.argument("home_id", metavar="HOME")
@json_option
@pass_app
def show(app: App, home_id: str, as_json: bool) -> None:
    """Show a plan."""
    with app.store.reading() as connection:
        books = load_books(connection)
    _show(app, Directory(books, app.settings.plan), home_id, as_json)


@plan.command(
    "set",
    help='给一户定方案，每步写“谁 多久”，如 "paired 45s" "desk 1min"；谁：paired（结对响应人）、'
    "neighbours（所有响应人）、grid（网格长）、desk（值班台）或响应人编号。"
    '|Give a home its plan; a step is who and how long, such as "paired 45s" "desk 1min"; who is '
    "paired, neighbours, grid, desk or the id of a responder.",
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
    with app.store.writing() as connection:
        if reset:
            pairs.reset_plan(connection, home_id)
        else:
            pairs.set_plan(connection, home_id, wanted)
        books = load_books(connection)
    _show(app, Directory(books, app.settings.plan), home_id, as_json)


def _show(app: App, directory: Directory, home_id: str, as_json: bool) -> None:
    home = home_of(directory.books, home_id)
    if as_json:
        print_json(plan_document(directory, home, app.now()))
    else:
        show_steps(app, directory, home)
    warn_dead_steps(app, directory, home)
