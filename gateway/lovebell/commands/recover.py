"""`lovebell device recover`, and what `lovebell restore` says of devices."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import FilePath, command
from lovebell.domain.recovery import to_admit, to_pair, to_shut_out
from lovebell.store import recovery
from lovebell.store.books import load_books, noun_of
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lovebell.domain.model import Books
    from lovebell.domain.recovery import Move

_FILE = FilePath()
#: With what a device is paired, and by which command that is entered.
_PARTNERS: Final = {"button": "home", "chime": "responder"}


@command(
    "recover",
    help="恢复备份之后，从原来的数据库接回备份以后登记的设备，并吊销备份以后吊销的。|After a "
    "restore, take over from the old database the devices enrolled since the backup, and revoke "
    "those revoked since.",
)
@click.argument("file", type=_FILE, metavar="FILE")
@json_option
@pass_app
def recover(app: App, file: Path, as_json: bool) -> None:
    """Take them over."""
    other = recovery.standing_in(file)
    with app.store.editing() as connection:
        admitted, shut_out = recovery.take_over(connection, other, app.now())
    with app.store.reading() as connection:
        mine, books = recovery.standing(connection), load_books(connection)
    kinds = {**other.kinds, **mine.kinds}
    # A name that is somebody else's by now is left.
    moved = [
        one for one in to_pair(mine, other) if noun_of(books, one.device) in ("", kinds[one.device])
    ]
    alone = [one for one in admitted if not mine.paired.get(one) and not other.paired.get(one)]
    lines = [
        *(line for one in moved for line in _commands(one, kinds[one.device], books)),
        *(f"lovebell pair {one} {_PARTNERS[mine.kinds[one]].upper()}" for one in alone),
    ]
    commands = list(dict.fromkeys(lines))  # two devices may belong to one new home
    if as_json:
        print_json({"recovered": admitted, "revoked": shut_out, "commands": commands})
        return
    if not admitted and not shut_out and not commands:
        app.say("recovered_none", path=file)
    if admitted:
        app.say("recovered", path=file, n=len(admitted), devices=_listed(app, admitted))
    if shut_out:
        app.say("recovered_gone", path=file, n=len(shut_out), devices=_listed(app, shut_out))
    if commands:
        app.say("recovered_pairs")
        for line in commands:
            click.echo(f"  {line}")


def _commands(move: Move, kind: str, books: Books) -> list[str]:
    """What an operator types who finds that the other database is right."""
    lines: list[str] = []
    if move.here:
        lines.append(f"lovebell unpair {move.device} {move.here}")
    if move.there:
        if not noun_of(books, move.device):  # without a secret of ours it was not taken over
            lines.append(f"lovebell device add {move.device} --kind {kind}")
        if not noun_of(books, move.there):
            lines.append(f"lovebell {_PARTNERS[kind]} add {move.there} --name NAME")
        lines.append(f"lovebell pair {move.device} {move.there}")
    return lines


def differences(database: Path, kept: Path) -> dict[str, Any]:
    """What a restore does to devices: `cut_off`, those that can connect no more, and
    `let_in`, those whose void secrets are good again; `moved`, those that were paired or unpaired
    since. None where a database cannot be read."""
    try:
        now, before = recovery.standing_in(database), recovery.standing_in(kept)
    except BooksError:
        return {"cut_off": None, "let_in": None, "moved": None}
    changed = to_admit(now, before)
    again = [one for one in changed if one in now.hashes]
    return {
        "cut_off": changed,
        "let_in": sorted({*again, *to_shut_out(now, before)}),
        "moved": [one.device for one in to_pair(now, before)],
    }


def warn(app: App, found: dict[str, Any], kept: Path) -> None:
    """Say it, and the command that mends it."""
    if found["cut_off"] is None:
        app.say("restore_unread")
        return
    if found["cut_off"]:
        app.say("restore_cuts", devices=_listed(app, found["cut_off"]))
    if found["let_in"]:
        app.say("restore_admits", devices=_listed(app, found["let_in"]))
    if found["moved"]:
        app.say("restore_moves", devices=_listed(app, found["moved"]))
    if found["cut_off"] or found["let_in"] or found["moved"]:
        app.say("restore_mend", path=shlex.quote(str(kept)))


def _listed(app: App, names: Iterable[str]) -> str:
    return app.text("comma").join(names)
