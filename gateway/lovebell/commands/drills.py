"""`lovebell tests` and `lovebell test`: the monthly test of every home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lovebell.commands.app import App, json_option, pass_app, print_json, utc
from lovebell.commands.base import command, group
from lovebell.domain.drill import Drill, Standing
from lovebell.store import drills as store
from lovebell.store.books import load_books
from lovebell.store.errors import BooksError
from lovebell.story import clock_time

if TYPE_CHECKING:
    from lovebell.domain.model import Books


def _day(at_ms: int) -> str:
    return clock_time(at_ms)[:10]


@command(
    "tests",
    help="每月测试：每户最近一次测试通过是何时。|The monthly test: when each home last passed one.",
)
@click.option(
    "--overdue",
    is_flag=True,
    help="只看三十天没有通过的。|Only those without one in thirty days.",
)
@json_option
@pass_app
def tests(app: App, overdue: bool, as_json: bool) -> None:
    """List how homes stand."""
    with app.store.reading() as connection:
        found = store.drills(connection, app.now(), _day)
        books = load_books(connection)
    if overdue:
        found = [drill for drill in found if drill.standing is not Standing.PASSED]
    if as_json:
        print_json([_document(drill) for drill in found])
    elif not found:
        app.say("no_overdue" if overdue else "no_homes")
    else:
        headings = ("home", "name", "phone", "last_passed", "due", "attempts", "standing")
        app.table(headings, (_row(app, books, drill) for drill in found))


def _document(drill: Drill) -> dict[str, object]:
    return {
        "home": drill.home,
        "standing": drill.standing.value,
        "last_passed": utc(drill.passed_ms),
        "due": utc(drill.due_ms),
        "attempts": drill.attempts,
    }


def _row(app: App, books: Books, drill: Drill) -> tuple[object, ...]:
    home = books.homes[drill.home]
    passed = app.text("never") if drill.passed_ms is None else clock_time(drill.passed_ms)
    standing = app.text(f"standing_{drill.standing.value}")
    due = app.text("now") if drill.due_ms is None else _day(drill.due_ms)
    return (home.id, home.name, home.phone, passed, due, drill.attempts, standing)


@group("test", help="一户的每月测试。|The monthly test of one home.")
def test() -> None:
    """The group."""


@test.command(
    "attempt",
    help="记下：请过这户测试，没有成。|Note that the home was asked for a test in vain.",
)
@click.argument("home_id", metavar="HOME")
@click.option("--by", required=True, metavar="WHO", help="谁请的，必填。|Who asked; must be given.")
@json_option
@pass_app
def attempt(app: App, home_id: str, by: str, as_json: bool) -> None:
    """Note an attempt."""
    with app.store.editing() as connection:
        store.note_attempt(connection, home_id, by, app.now())
    with app.store.reading() as connection:
        found = store.drills(connection, app.now(), _day)
    drill = next((one for one in found if one.home == home_id), None)
    if drill is None:  # it has left the books since
        raise BooksError("unknown_home", id=home_id)
    if as_json:
        print_json(_document(drill))
    else:
        app.say("attempted", id=home_id, n=drill.attempts)
