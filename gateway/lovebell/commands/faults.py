"""`lovebell faults`, `lovebell fault` and `lovebell rollcall`: what needs a technician, and who
has not been heard since an outage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lovebell import story
from lovebell.commands.app import App, json_option, namer, pass_app, print_json, utc
from lovebell.commands.base import command, group
from lovebell.domain.faults import GATEWAY
from lovebell.domain.model import Link
from lovebell.store import record, watch
from lovebell.store.books import load_books
from lovebell.story import clock_time

if TYPE_CHECKING:
    from lovebell.domain.model import Books
    from lovebell.domain.records import Seen
    from lovebell.domain.rollcall import Absent
    from lovebell.store.watch import Noted


def _fault_document(app: App, one: Noted) -> dict[str, Any]:
    fault = one.fault
    return {
        "n": one.n,
        "device": None if fault.device == GATEWAY else fault.device,
        "fault": fault.word,
        "sentence": story.fault(fault.word, app.language),
        "open": fault.is_open,
        "opened": utc(fault.opened_ms),
        "last": utc(fault.last_ms),
        "closed": utc(fault.closed_ms),
        "count": fault.count,
        "note": one.note,
    }


@command(
    "faults",
    help="故障：需要技术员处理的设备。|Faults: the devices that need a technician.",
)
@click.option(
    "--all", "also_closed", is_flag=True, help="已消除的也列出。|Also those that are over."
)
@json_option
@pass_app
def faults(app: App, also_closed: bool, as_json: bool) -> None:
    """List the faults."""
    with app.store.reading() as connection:
        found = watch.faults(connection, also_closed=also_closed)
        books = load_books(connection)
    if as_json:
        print_json([_fault_document(app, one) for one in found])
    elif not found:
        app.say("no_faults")
    else:
        headings = ("n", "device", "fault", "fault_since", "fault_over", "times", "note")
        app.table(headings, (_fault_row(app, books, one) for one in found))


def _fault_row(app: App, books: Books, one: Noted) -> tuple[object, ...]:
    fault = one.fault
    is_gateway = fault.device == GATEWAY
    return (
        one.n,
        app.text("the_gateway") if is_gateway else namer(app, books)(fault.device),
        story.fault(fault.word, app.language),
        clock_time(fault.opened_ms),
        "" if fault.closed_ms is None else clock_time(fault.closed_ms),
        fault.count,
        one.note,
    )


@group("fault", help="一件故障。|One fault.")
def fault() -> None:
    """The group."""


@fault.command("note", help="给故障写备注：查到什么、做了什么。|Write what was found or done.")
@click.argument("n", metavar="N", type=int)
@click.argument("text", metavar="TEXT")
@json_option
@pass_app
def note(app: App, n: int, text: str, as_json: bool) -> None:
    """Write a note."""
    with app.store.writing() as connection:
        noted = watch.note_fault(connection, n, text)
    if as_json:
        print_json(_fault_document(app, noted))
    else:
        app.say("fault_noted", n=n)


@group(
    "rollcall",
    invoke_without_command=True,
    help="点名：网关或 MQTT 服务器停过以后，还没有听到哪几户。|Roll call: which homes have not "
    "been heard since the gateway or the broker was down.",
)
@json_option
@click.pass_context
def rollcall(context: click.Context, as_json: bool) -> None:
    """List who is missing, unless a command follows."""
    if context.invoked_subcommand is not None:
        return
    app = context.find_object(App)
    assert app is not None  # noqa: S101  the root made it
    with app.store.reading() as connection:
        missing = watch.absent(connection)
        books = load_books(connection)
        heard = record.seen(connection)
    if as_json:
        print_json([_absent_document(books, heard, one) for one in missing])
    elif not missing:
        app.say("nobody_missing")
    else:
        app.table(
            ("home", "name", "phone", "button", "last_seen", "missing_since", "after"),
            (_absent_row(app, books, heard, one) for one in missing),
        )


def _button_of(books: Books, home: str) -> str:
    links = (p for p in books.pairings if p.link is Link.BUTTON_HOME and p.object == home)
    return ", ".join(pair.subject for pair in links)


def _heard_ms(heard: dict[str, Seen], buttons: str) -> int | None:
    times = [heard[button].at_ms for button in buttons.split(", ") if button in heard]
    return max(times) if times else None


def _absent_document(books: Books, heard: dict[str, Seen], one: Absent) -> dict[str, Any]:
    home = books.homes[one.home]
    buttons = _button_of(books, one.home)
    return {
        "home": home.id,
        "name": home.name,
        "address": home.address,
        "phone": home.phone,
        "buttons": buttons.split(", ") if buttons else [],
        "last_seen": utc(_heard_ms(heard, buttons)),
        "since": utc(one.since_ms),
        "why": one.why,
    }


def _absent_row(app: App, books: Books, heard: dict[str, Seen], one: Absent) -> tuple[object, ...]:
    home = books.homes[one.home]
    buttons = _button_of(books, one.home)
    last = _heard_ms(heard, buttons)
    told = app.text("never") if last is None else clock_time(last)
    after = app.text(f"after_{one.why}")
    return (home.id, home.name, home.phone, buttons, told, clock_time(one.since_ms), after)


@rollcall.command("tick", help="确认一户平安，从名单上划去。|Tick a home off: it was reached.")
@click.argument("home_id", metavar="HOME")
@click.option(
    "--by", required=True, metavar="WHO", help="谁确认的，必填。|Who says so; must be given."
)
@json_option
@pass_app
def tick(app: App, home_id: str, by: str, as_json: bool) -> None:
    """Tick a home off."""
    with app.store.editing() as connection:
        watch.tick_off(connection, home_id, by, app.now())
        left = len(watch.absent(connection))
    if as_json:
        print_json({"ticked": home_id, "by": by, "missing": left})
    else:
        app.say("ticked", id=home_id, left=left)
