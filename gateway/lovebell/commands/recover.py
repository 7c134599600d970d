"""`lovebell device recover`, and what `lovebell restore` says of devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import FilePath, command
from lovebell.domain.recovery import to_admit, to_shut_out
from lovebell.store import recovery
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_FILE = FilePath()


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
    with app.store.writing() as connection:
        paired = recovery.standing(connection).paired
        admitted, shut_out = recovery.take_over(connection, other, app.now())
    lost = [one for one in admitted if one in other.paired and one not in paired]
    if as_json:
        print_json({"recovered": admitted, "revoked": shut_out, "to_pair": lost})
        return
    if not admitted and not shut_out:
        app.say("recovered_none", path=file)
    if admitted:
        app.say("recovered", path=file, n=len(admitted), devices=_listed(app, admitted))
    if shut_out:
        app.say("recovered_gone", path=file, n=len(shut_out), devices=_listed(app, shut_out))
    if lost:
        pairs = [app.text("named", name=one, more=other.paired[one]) for one in lost]
        app.say("recovered_pairs", devices=_listed(app, pairs))


def differences(database: Path, kept: Path) -> dict[str, Any]:
    """What a restore does to devices: `cut_off`, those that can connect no more, and
    `let_in`, those whose void secrets are good again. None where a database cannot be read."""
    try:
        now, before = recovery.standing_in(database), recovery.standing_in(kept)
    except BooksError:
        return {"cut_off": None, "let_in": None}
    changed = to_admit(now, before)
    again = [one for one in changed if one in now.hashes]
    return {
        "cut_off": changed,
        "let_in": sorted({*again, *to_shut_out(now, before)}),
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
    if found["cut_off"] or found["let_in"]:
        app.say("restore_mend", path=kept)


def _listed(app: App, names: Iterable[str]) -> str:
    return app.text("comma").join(names)
