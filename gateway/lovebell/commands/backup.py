"""`lovebell backup` and `lovebell restore`: a copy of the database, and the way back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import FilePath, command
from lovebell.commands.enrol import DAY_MS
from lovebell.commands.recover import differences, warn
from lovebell.domain.enrolment import USED_WITHIN_MS
from lovebell.store import backup as store
from lovebell.store import boards, credentials

if TYPE_CHECKING:
    from pathlib import Path

_FILE = FilePath()


@command("backup", help="备份数据库，网关不用停。|Back up the database; the gateway may go on.")
@click.argument("file", type=_FILE, metavar="FILE")
@json_option
@pass_app
def backup(app: App, file: Path, as_json: bool) -> None:
    """Back up the database."""
    size = store.backup(app.settings.database, file.absolute())
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        app.say("backed_up", file=file, bytes=size)


@command("restore", help="用备份换下数据库；先停网关。|Restore a backup; stop the gateway first.")
@click.argument("file", type=_FILE, metavar="FILE")
@json_option
@pass_app
def restore(app: App, file: Path, as_json: bool) -> None:
    """Restore a backup."""
    stamp = datetime.fromtimestamp(app.now() / 1000).astimezone().strftime("%Y%m%d-%H%M%S")
    kept = store.restore(file.absolute(), app.settings.database.absolute(), stamp)
    found = {} if kept is None else differences(app.settings.database, kept)
    until = app.now() + USED_WITHIN_MS
    # One that was revoked since the backup would be good again; none lasts for long anyway.
    with app.store.writing() as connection:
        prolonged = credentials.prolong(connection, until, app.now())
        tokens = boards.revoke_all_tokens(connection, app.now())
    if as_json:
        done = {"database": str(app.settings.database), "kept": kept and str(kept), **found}
        print_json(done | {"tokens_revoked": tokens, "prolonged": prolonged})
        return
    app.say("restored", file=file)
    if kept:
        app.say("kept_aside", file=kept)
        warn(app, found, kept)
    if prolonged:
        days = USED_WITHIN_MS // DAY_MS
        app.say("restore_unheard", devices=app.text("comma").join(prolonged), days=days)
    if tokens:
        app.say("restore_tokens", numbers=app.text("comma").join(map(str, tokens)))
