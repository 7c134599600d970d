"""`lovebell retain`, and `home export` and `home erase`: personal data, given out and taken out."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import command
from lovebell.store import privacy as store

_AGE: Final = re.compile(r"([1-9][0-9]{0,3})(d|m|y)\Z", re.ASCII)
#: Days of a month and a year, on the long side: data is kept rather a day too long than too short.
_DAYS: Final = {"d": 1, "m": 31, "y": 366}
DAY_MS: Final = 86_400_000

_yes = click.option("--yes", is_flag=True, help="真的做；不写只显示。|Do it; else only show.")


def _age(_context: Any, _parameter: Any, value: str) -> int:
    match = _AGE.match(value)
    if match is None:
        raise click.BadParameter("90d, 18m, 2y")
    return int(match[1]) * _DAYS[match[2]] * DAY_MS


@command(
    "retain",
    help="旧求助去掉个人资料，数字保留。|Take personal data out of old episodes; figures stay.",
)
@click.option(
    "--older-than",
    "age_ms",
    required=True,
    metavar="AGE",
    callback=_age,
    help="多久以前的，如 90d、18m、2y，必填。|How old, such as 90d, 18m or 2y; must be given.",
)
@_yes
@json_option
@pass_app
def retain(app: App, age_ms: int, yes: bool, as_json: bool) -> None:
    """Take personal data out of old episodes."""
    before = app.now() - age_ms
    scope = store.Scope(before_ms=before)
    if yes:
        n = 0
        while True:
            with app.store.writing() as connection:
                done = store.anonymise(connection, scope, app.now())
            n += done
            if done < store.PORTION:
                break
    else:
        with app.store.reading() as connection:
            n = store.count(connection, scope)
    day = datetime.fromtimestamp(before / 1000, UTC).date().isoformat()
    if as_json:
        print_json({"episodes": n, "before": day, "done": yes})
    else:
        app.say("retained" if yes else "would_retain", n=n, day=day)


@command("export", help="导出一户的全部资料（JSON）。|All that is stored of a home, as JSON.")
@click.argument("home_id", metavar="HOME")
@json_option
@pass_app
def export_home(app: App, home_id: str, as_json: bool) -> None:
    """Export a home."""
    with app.store.reading() as connection:
        print_json(store.home_document(connection, home_id))


@command("erase", help="除名一户并抹去个人资料。|Take a home out and erase its personal data.")
@click.argument("home_id", metavar="HOME")
@_yes
@json_option
@pass_app
def erase_home(app: App, home_id: str, yes: bool, as_json: bool) -> None:
    """Erase a home."""
    if yes:
        with app.store.editing() as connection:
            n = store.erase_home(connection, home_id, app.now())
    else:
        with app.store.reading() as connection:
            store.home_document(connection, home_id)
            store.check_closed(connection, home_id)
            n = store.count(connection, store.Scope(home=home_id))
    if as_json:
        print_json({"home": home_id, "episodes": n, "done": yes})
    else:
        app.say("erased" if yes else "would_erase", id=home_id, n=n)
