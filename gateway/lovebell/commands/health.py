"""`lovebell health`: whether the gateway is well, seen from beside it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from lovebell import words
from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import command
from lovebell.domain.health import Look, findings
from lovebell.store import watch
from lovebell.store.damage import last_backup
from lovebell.store.errors import BooksError
from lovebell.store.sqlite import is_held, told

if TYPE_CHECKING:
    from pathlib import Path

    from lovebell.domain.health import Finding


@command(
    "health",
    help="网关好不好：好则退出码 0，有问题则一句一条，退出码 1。|Whether the gateway is well: exit "
    "code 0, or 1 and a sentence for each thing that is wrong.",
)
@json_option
@pass_app
def health(app: App, as_json: bool) -> None:
    """Say what is wrong."""
    found = findings(_look(app))
    if as_json:
        print_json(document(app.language, found))
    elif found:
        for finding in found:
            app.say(f"health_{finding.code}", **finding.needs)
    else:
        app.say("health_ok")
    if found:
        click.get_current_context().exit(1)


def _look(app: App) -> Look:
    """What is seen, even where the database cannot be: then that, and whether a gateway runs."""
    path = app.settings.database
    free_mb = shutil.disk_usage(path.parent).free // 1_000_000 if path.parent.exists() else None
    runs = is_held(path)
    try:
        with app.store.reading() as connection:
            look = watch.look(connection, app.now(), runs=runs, free_mb=free_mb)
    except BooksError as why:
        if why.code not in ("damaged", "disk"):
            raise
        return replace(_disk(why.code, str(why.needs["why"]), path), runs=runs, free_mb=free_mb)
    kind, _, why = told(path).partition(" ")  # what the gateway itself has met
    of_disk = _disk(kind, why, path)
    return replace(look, disk=of_disk.disk, damaged=of_disk.damaged, backup=of_disk.backup)


def _disk(kind: str, why: str, path: Path) -> Look:
    if kind == "damaged":
        return Look(damaged=why, backup=last_backup(path))
    return Look(disk=why)


def document(language: str, found: list[Finding]) -> dict[str, object]:
    """What is wrong, for a program."""
    told = [
        {"code": one.code, "sentence": words.say(language, f"health_{one.code}", **one.needs)}
        for one in found
    ]
    return {"ok": not found, "findings": told}
