"""What an operator wants done with an episode: noted for the gateway, which answers.

Owns noting and waiting. Only the gateway changes an episode.
"""

from __future__ import annotations

import getpass
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from lovebell import words
from lovebell.commands.app import App, print_json
from lovebell.domain.records import Command
from lovebell.store import names, record
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Callable

WAIT_MS: Final = 5_000
POLL_S: Final = 0.1


def operator() -> str:
    """Who is typing, as far as the system knows."""
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):
        return "operator"


def wait(
    read: Callable[[], str | None],
    now: Callable[[], int],
    sleep: Callable[[float], None],
    at_most_ms: int = WAIT_MS,
) -> str | None:
    """What `read` returns as soon as it returns something; None when the time is over."""
    until = now() + at_most_ms
    while True:
        found = read()
        if found is not None or now() >= until:
            return found
        sleep(POLL_S)


def order(app: App, verb: str, key: str, as_json: bool, **fields: str) -> None:
    """Note what is wanted, wait for the answer and tell it; exit 1 when it is refused.

    Without a gateway it stays noted, and the gateway does it when it starts. `fields` are those
    of Command. Raises BooksError for an unknown episode or responder and for a bad field.
    """
    by = fields.pop("by", "") or operator()
    with app.store.writing() as connection:
        n, episode = record.find_episode(connection, key)
        wish = replace(Command(0, by, verb, episode.id), **fields)
        # Not from the books: who comes is told at once, and also while they cannot be read.
        if wish.responder and names.noun_in(connection, wish.responder) != "responder":
            raise BooksError("unknown_responder", id=wish.responder)
        noted = record.put_command(connection, wish, app.now())

    def read() -> str | None:
        with app.store.reading() as connection:
            return record.answer(connection, noted)

    answer = wait(read, app.now, app.sleep) if app.store.gateway_runs() else None
    if answer is not None:
        state, code = "answered", 0 if answer in ("ok", "late") else 1
        text = words.of_answer(app.language, answer, verb, n)
    elif app.store.gateway_runs():
        state, code, text = "waiting", 1, app.text("no_answer", n=n)
    else:
        state, code, text = "noted", 0, app.text("noted", n=n)
    if as_json:
        document = {"command": noted, "episode": episode.id, "n": n, "verb": verb}
        print_json(document | {"state": state, "answer": answer, "message": text})
    else:
        click.echo(text, err=code != 0)
    if code:
        click.get_current_context().exit(code)
