"""`lovebell pair` and `lovebell unpair`: who belongs to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import command
from lovebell.commands.months import Moment, at_ms
from lovebell.commands.shown import history_document, pairing_document, show_history
from lovebell.commands.steps import warn_homes
from lovebell.domain.directory import Directory
from lovebell.domain.model import NAME, Books, Link, Pairing
from lovebell.store import pairs
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from datetime import date

    from lovebell.domain.model import Home


@command(
    "pair",
    help="把两者结对，先后不限：按钮与老人家、门铃与响应人、响应人与老人家。|Pair two, in either "
    "order: a button with a home, a chime with a responder, a responder with a home.",
)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--rank",
    type=int,
    help="响应人的次序，小者先叫；默认 1。|Rank of a responder, lowest is called first; else 1.",
)
@json_option
@pass_app
def pair(app: App, a: str, b: str, rank: int | None, as_json: bool) -> None:
    """Pair two ids."""
    with app.store.editing() as connection:
        made = pairs.pair(connection, a, b, rank, app.now())
    _tell(app, app.books(), made, "paired", as_json)


@command("unpair", help="解除结对；历史保留。|End a pairing; its history stays.")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@json_option
@pass_app
def unpair(app: App, a: str, b: str, as_json: bool) -> None:
    """End a pairing."""
    with app.store.editing() as connection:
        ended = pairs.unpair(connection, a, b, app.now())
    _tell(app, app.books(), ended, "unpaired", as_json)


def _tell(app: App, books: Books, pairing: Pairing, done: str, as_json: bool) -> None:
    """What was done, and whom it leaves without anybody to call."""
    if as_json:
        print_json({"done": done, **pairing_document(pairing)})
    else:
        app.say(
            f"{done}_{pairing.link.value}",
            a=_name(app, books, pairing.subject),
            b=_name(app, books, pairing.object),
            rank=pairing.rank,
        )
    directory = Directory(books, app.settings.plan)
    warn_homes(app, directory, _touched(directory, pairing, app.now()))


def _name(app: App, books: Books, thing: str) -> str:
    known = books.homes.get(thing) or books.responders.get(thing)
    return app.text("named", name=known.name, more=thing) if known else thing


def _touched(directory: Directory, pairing: Pairing, now: int) -> list[Home]:
    """The homes whose plan may call other chimes than before."""
    homes = directory.books.homes
    if pairing.link is not Link.CHIME_RESPONDER:
        return [home for home in (homes.get(pairing.object),) if home]
    return [
        home
        for home in homes.values()
        if any(
            target.responder == pairing.object
            for step in directory.call_plan(home, now)
            for target in step.targets
        )
    ]


@command(
    "pairings",
    help="谁何时与谁结对；写编号则看它历来的结对，已除名的也行。"
    "|Who was paired with what, and when; of an id all that it ever had, even "
    "when it is no longer in the books.",
)
@click.argument("thing", metavar="[ID]", default="")
@click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help="只看那时的，如 2027-01-15T18:30，按本机时区；不写编号时默认现在。"
    "|Only those of that time, such as 2027-01-15T18:30 on this machine; without an id, of now.",
)
@json_option
@pass_app
def pairings(app: App, thing: str, at: date | None, as_json: bool) -> None:
    """Show pairings, present or past."""
    if thing and not NAME.match(thing):
        raise BooksError("bad_id", id=thing)
    with app.store.reading() as connection:
        past = pairs.history(connection, thing)
    if at is not None or not thing:
        moment = app.now() if at is None else at_ms(at, None)
        past = [one for one in past if one[1] <= moment and (one[2] is None or moment < one[2])]
    if as_json:
        print_json(history_document(past))
    elif not past:
        app.say("no_pairings")
    else:
        show_history(app, past)
