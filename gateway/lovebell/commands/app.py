"""What every command is handed: the settings, the store, the language, the screen, the time."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lovebell import config, words
from lovebell.clock import SystemClock
from lovebell.domain.model import DeviceKind, Link
from lovebell.store.access import OperatorStore
from lovebell.store.books import load_books

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lovebell.domain.model import Books
    from lovebell.store.outcomes import OutcomeWord


@dataclass(frozen=True, slots=True)
class Edge:
    """Where time comes from; a test hands in its own."""

    now: Callable[[], int] = field(default_factory=lambda: SystemClock().now)
    sleep: Callable[[float], None] = time.sleep


class App:
    """One run of the command. Settings and store are opened when they are first asked for."""

    def __init__(self, path: Path | None, language: str | None, edge: Edge) -> None:
        self._path = path
        self._language = language
        self.now = edge.now
        self.sleep = edge.sleep

    @cached_property
    def settings(self) -> config.Settings:
        """What is set. Raises ConfigError."""
        return config.load(self._path)

    @cached_property
    def language(self) -> str:
        """zh or en. Raises ConfigError."""
        return self._language or self.settings.language

    @cached_property
    def store(self) -> OperatorStore:
        """The database, made if there is none; closed with the command.

        Raises ConfigError, BooksError (disk), NewerDatabaseError.
        """
        store = OperatorStore(self.settings.database)
        click.get_current_context().call_on_close(store.close)
        return store

    def books(self) -> Books:
        """The books as they are by now. Raises what `store` raises."""
        with self.store.reading() as connection:
            return load_books(connection)

    def text(self, name: str, /, **needs: object) -> str:
        """A sentence or a word of `lovebell.words` in the language of this run."""
        return words.say(self.language, name, **needs)

    def say(self, name: str, /, **needs: object) -> None:
        """Print a sentence of `lovebell.words`."""
        click.echo(self.text(name, **needs))

    def table(self, headings: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
        """Print rows below headings, which are names in `lovebell.words`."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for heading in headings:
            table.add_column(self.text(heading), overflow="fold")
        for row in rows:
            table.add_row(*(Text(str(cell)) for cell in row))
        # In a pipe there is no width to fit into.
        console = Console(highlight=False, width=None if _is_terminal() else 200)
        with console.capture() as capture:
            console.print(table)
        lines = (line.rstrip() for line in capture.get().splitlines())
        click.echo("\n".join(line for line in lines if line))

    def details(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Print what there is to say of one thing, a line each; what is empty is left out."""
        for name, value in pairs:
            if value not in ("", None, []):
                click.echo(f"{self.text(name)}{self.text('colon')}{value}")


def print_json(document: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def utc(at_ms: int | None) -> str | None:
    """A time for a program: ISO 8601, UTC, milliseconds; None stays None."""
    if at_ms is None:
        return None
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def namer(
    app: App, books: Books, outcomes: Mapping[str, OutcomeWord] | None = None
) -> Callable[[str], str]:
    """Ids as a human knows them: a responder, a group, a rota by name, a button by its home, else
    the id.

    `outcomes` are words that are told as the community has entered them.
    """
    home_of = {
        pair.subject: pair.object for pair in books.pairings if pair.link == Link.BUTTON_HOME
    }

    def name(thing: str) -> str:
        for things in (books.responders, books.homes, books.groups, books.rotas):
            if thing in things:
                return things[thing].name
        device = books.devices.get(thing)
        home = books.homes.get(home_of.get(thing, ""))
        if device is not None and device.kind is DeviceKind.BUTTON and home is not None:
            return app.text("named", name=thing, more=home.name)
        said = (outcomes or {}).get(thing)
        if said is not None:
            return said.zh if app.language == "zh" else said.en
        return thing

    return name


def _is_terminal() -> bool:
    return sys.stdout.isatty()


_F = TypeVar("_F", bound=Callable[..., Any])

pass_app: Final = click.make_pass_decorator(App)

_json: Final[Any] = click.option(
    "--json", "as_json", is_flag=True, help="输出一份 JSON。|Print one JSON document."
)


def json_option(function: _F) -> _F:
    """Give a command the option --json, as the argument `as_json`."""
    return _json(function)
