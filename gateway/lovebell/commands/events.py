"""`lovebell events`: the record, line by line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from lovebell.commands.app import App, json_option, namer, pass_app, print_json, utc
from lovebell.commands.base import command
from lovebell.store import record
from lovebell.store.books import load_books
from lovebell.store.outcomes import outcomes
from lovebell.story import clock_time, sentence

if TYPE_CHECKING:
    from collections.abc import Callable

FOLLOW_S = 0.5


def line_document(app: App, found: record.Numbered, name: Callable[[str], str]) -> dict[str, Any]:
    """A line of the record for a program."""
    line = found.line
    return {
        "n": found.n,
        "at": utc(line.at_ms),
        "episode": line.episode or None,
        "what": line.what,
        "who": line.who,
        "detail": dict(line.detail),
        "sentence": sentence(line.what, line.who, line.detail, app.language, name),
    }


@command("events", help="记录，逐条成句。|The record, a sentence a line.")
@click.option("-f", "--follow", is_flag=True, help="等待并输出新的记录。|Wait for new lines.")
@click.option("--episode", "key", help="只看一件求助：编号或代号的开头。|Only this episode.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=20,
    help="先输出最近多少条，默认 20。|How many of the latest lines at first, else 20.",
)
@json_option
@pass_app
def events(app: App, follow: bool, key: str | None, limit: int, as_json: bool) -> None:
    """Show the record."""
    with app.store.reading() as connection:
        episode = record.find_episode(connection, key)[1].id if key else ""
        found = record.lines(connection, episode=episode, limit=limit or 1)
        books, known = load_books(connection), outcomes(connection)
    after = found[-1].n if found else 0
    shown = found if limit else []
    if as_json and not follow:
        print_json([line_document(app, one, namer(app, books, known)) for one in shown])
        return
    if not shown and not follow:
        app.say("no_events")
    _print(app, shown, namer(app, books, known), as_json)
    try:
        while follow:
            app.sleep(FOLLOW_S)
            with app.store.reading() as connection:
                found = record.lines(connection, after=after, episode=episode)
                books = load_books(connection) if found else books
            after = found[-1].n if found else after
            _print(app, found, namer(app, books, known), as_json)
    except KeyboardInterrupt:
        return


def _print(
    app: App, found: list[record.Numbered], name: Callable[[str], str], as_json: bool
) -> None:
    for one in found:
        if as_json:
            click.echo(json.dumps(line_document(app, one, name), ensure_ascii=False))
            continue
        line = one.line
        told = sentence(line.what, line.who, line.detail, app.language, name)
        about = f"[{line.episode}] " if line.episode else ""
        click.echo(f"{clock_time(line.at_ms)}  {about}{told}")
