"""`lovebell outcome`: the words in which an episode may end."""

from __future__ import annotations

from dataclasses import asdict

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import group
from lovebell.store import outcomes as store


@group("outcome", help="办结时可选的结果。|The outcomes that an episode may have.")
def outcome() -> None:
    """The group."""


@outcome.command("add", help="增加一个结果。|Add an outcome.")
@click.argument("word", metavar="WORD")
@click.option("--zh", required=True, help="中文说法，必填。|What it says in Chinese; needed.")
@click.option("--en", required=True, help="英文说法，必填。|What it says in English; needed.")
@json_option
@pass_app
def add(app: App, word: str, zh: str, en: str, as_json: bool) -> None:
    """Add an outcome."""
    new = store.OutcomeWord(word, zh, en)
    with app.store.writing() as connection:
        store.add_outcome(connection, new)
    if as_json:
        print_json(asdict(new))
    else:
        app.say("entered", id=word, name=zh if app.language == "zh" else en)


@outcome.command("list", help="列出所有结果。|List the outcomes.")
@json_option
@pass_app
def list_outcomes(app: App, as_json: bool) -> None:
    """List the outcomes."""
    with app.store.reading() as connection:
        known = store.outcomes(connection)
    if as_json:
        print_json([asdict(one) for one in known.values()])
    else:
        app.table(("outcome", "zh", "en"), ((o.word, o.zh, o.en) for o in known.values()))


@outcome.command("remove", help="去掉一个结果；记录保留。|Remove an outcome; the record stays.")
@click.argument("word", metavar="WORD")
@json_option
@pass_app
def remove(app: App, word: str, as_json: bool) -> None:
    """Remove an outcome."""
    with app.store.writing() as connection:
        store.remove_outcome(connection, word)
    if as_json:
        print_json({"removed": word})
    else:
        app.say("removed", id=word)
