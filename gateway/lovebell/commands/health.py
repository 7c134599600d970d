"""`lovebell health`: whether the gateway is well, seen from beside it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from lovebell import words
from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import command
from lovebell.domain.health import findings
from lovebell.store import watch

if TYPE_CHECKING:
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
    store = app.store
    free_mb = shutil.disk_usage(app.settings.database.parent).free // 1_000_000
    with store.reading() as connection:
        look = watch.look(connection, app.now(), runs=store.gateway_runs(), free_mb=free_mb)
    found = findings(look)
    if as_json:
        print_json(document(app.language, found))
    elif found:
        for finding in found:
            app.say(f"health_{finding.code}", **finding.needs)
    else:
        app.say("health_ok")
    if found:
        click.get_current_context().exit(1)


def document(language: str, found: list[Finding]) -> dict[str, object]:
    """What is wrong, for a program."""
    told = [
        {"code": one.code, "sentence": words.say(language, f"health_{one.code}", **one.needs)}
        for one in found
    ]
    return {"ok": not found, "findings": told}
