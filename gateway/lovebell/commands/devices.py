"""`lovebell device`: buttons and chimes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from lovebell.commands.app import App, json_option, namer, pass_app, print_json, utc
from lovebell.commands.base import group
from lovebell.commands.shown import history_document, show_history
from lovebell.domain.episode import What
from lovebell.domain.model import Books, Device, DeviceKind
from lovebell.store import boards, credentials, pairs, record
from lovebell.store import books as store
from lovebell.store.errors import BooksError
from lovebell.story import clock_time

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lovebell.domain.records import Seen

_KINDS = [kind.value for kind in DeviceKind]


@group("device", help="设备：按钮与门铃。|Devices: buttons and chimes.")
def device() -> None:
    """The group."""


@device.command("add", help="登记一台设备。|Enter a device.")
@click.argument("device_id", metavar="DEVICE")
@click.option(
    "--kind",
    type=click.Choice(_KINDS),
    required=True,
    help="按钮还是门铃，必填。|Button or chime; must be given.",
)
@click.option("--note", default="", help="备注，如放在哪里。|A note, such as where it stands.")
@json_option
@pass_app
def add(app: App, device_id: str, kind: str, note: str, as_json: bool) -> None:
    """Enter a device."""
    entered = Device(device_id, DeviceKind(kind), note)
    with app.store.writing() as connection:
        _check_kept(app, connection, device_id)
        store.add_device(connection, entered)
    if as_json:
        print_json(asdict(entered))
    else:
        app.say("entered", id=entered.id, name=app.text(entered.kind))


def _check_kept(app: App, connection: Connection, device_id: str) -> None:
    """Else two boards would have one name. Raises BooksError (kept_id)."""
    kept = boards.kept(connection, device_id, app.now())
    if kept is not None:
        mac, token = kept
        needs = {"mac": mac, "who": token.who, "n": token.n, "until": clock_time(token.until_ms)}
        raise BooksError("kept_id", id=device_id, **needs)


@device.command(
    "list",
    help="列出设备与在线情况；听到过而未登记的也列出。|List devices and whether they are on line, "
    "also those that were heard but not entered.",
)
@json_option
@pass_app
def list_devices(app: App, as_json: bool) -> None:
    """List devices."""
    with app.store.reading() as connection:
        books = store.load_books(connection)
        heard = record.seen(connection)
    everything = sorted({*books.devices, *heard})
    if as_json:
        print_json([_document(books, heard.get(one), one) for one in everything])
    elif not everything:
        app.say("no_devices")
    else:
        app.table(
            ("id", "kind", "paired_with", "online", "last_seen", "firmware", "note"),
            (_row(app, books, heard.get(one), one) for one in everything),
        )


def _paired_with(books: Books, device_id: str) -> str:
    return next((pair.object for pair in books.pairings if pair.subject == device_id), "")


def _document(books: Books, heard: Seen | None, device_id: str) -> dict[str, Any]:
    one = books.devices.get(device_id)
    return {
        "id": device_id,
        "kind": one.kind if one else None,
        "note": one.note if one else "",
        "entered": one is not None,
        "paired_with": _paired_with(books, device_id) or None,
        "online": heard.online if heard else None,
        "last_seen": utc(heard.at_ms) if heard else None,
        "firmware": heard.firmware if heard else "",
        "heartbeat": dict(heard.heartbeat) if heard else {},
    }


def _row(app: App, books: Books, heard: Seen | None, device_id: str) -> tuple[object, ...]:
    one = books.devices.get(device_id)
    return (
        device_id,
        app.text(one.kind if one else "not_entered"),
        namer(app, books)(_paired_with(books, device_id)),
        app.text("never" if heard is None else "yes" if heard.online else "no"),
        "" if heard is None else clock_time(heard.at_ms),
        "" if heard is None else heard.firmware,
        "" if one is None else one.note,
    )


@device.command("show", help="一台设备的全部：心跳、结对、历史。|All of a device.")
@click.argument("device_id", metavar="DEVICE")
@json_option
@pass_app
def show(app: App, device_id: str, as_json: bool) -> None:
    """Show a device."""
    with app.store.reading() as connection:
        books = store.load_books(connection)
        heard = record.seen(connection).get(device_id)
        if heard is None:
            store.device_of(books, device_id)
        past = pairs.history(connection, device_id)
        macs = boards.of_device(connection, device_id)
    if as_json:
        more = {"boards": macs, "history": history_document(past)}
        print_json(_document(books, heard, device_id) | more)
        return
    names = ("id", "kind", "paired_with", "online", "last_seen", "firmware", "note")
    app.details(zip(names, _row(app, books, heard, device_id), strict=True))
    app.details([("token_boards", ", ".join(macs))])
    if heard is not None:
        beat = ", ".join(f"{key}={value}" for key, value in heard.heartbeat.items())
        app.details([("heartbeat", beat)])
    show_history(app, past)


@device.command("remove", help="除名一台设备。|Take a device out.")
@click.argument("device_id", metavar="DEVICE")
@json_option
@pass_app
def remove(app: App, device_id: str, as_json: bool) -> None:
    """Take a device out of the books."""
    with app.store.editing() as connection:
        if store.remove_device(connection, device_id):
            # Else a restore would let it in again, and nobody would know.
            boards.note(connection, app.now(), What.REVOKED, device_id, {})
    if as_json:
        print_json({"removed": device_id})
    else:
        app.say("removed", id=device_id)


@device.command(
    "revoke",
    help="吊销被偷的设备：密码作废，立即断开。|A stolen device: its secret is "
    "void, and it is cut off.",
)
@click.argument("device_id", metavar="DEVICE")
@json_option
@pass_app
def revoke(app: App, device_id: str, as_json: bool) -> None:
    """Make what the device has useless."""
    with app.store.writing() as connection:
        credentials.revoke(connection, device_id)
        boards.forget(connection, device_id)
        boards.note(connection, app.now(), What.REVOKED, device_id, {})
    if as_json:
        print_json({"revoked": device_id})
    else:
        app.say("revoked", id=device_id)
