"""`lovebell episodes` and `lovebell episode`: what followed from each press."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from lovebell.commands.app import App, json_option, namer, pass_app, print_json, utc
from lovebell.commands.base import command, group
from lovebell.commands.events import line_document
from lovebell.commands.orders import order
from lovebell.domain.priority import elsewhere, need
from lovebell.store import record
from lovebell.store.books import home_of, load_books
from lovebell.store.outcomes import outcomes
from lovebell.story import clock_time, outcome, sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from lovebell.domain.episode import Episode
    from lovebell.domain.model import Books

_HEADINGS: Final = ("n", "begun", "home", "kind", "state", "coming", "outcome", "presses")
#: More open episodes than any desk has ever seen, so that none of them is left out.
_MOST_OPEN: Final = 100_000


@command(
    "episodes",
    help="列出求助事件：未办结的在前，最急的最前；办结的最近的在前。|List episodes: open ones "
    "first, what needs a human most at the top; then the latest.",
)
@click.option("--open", "only_open", is_flag=True, help="只看未办结的。|Only those still open.")
@click.option("--home", "home_id", help="只看一户的。|Only those of a home.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    help="最多多少件，默认 20。|At most so many, else 20.",
)
@json_option
@pass_app
def episodes(app: App, only_open: bool, home_id: str | None, limit: int, as_json: bool) -> None:
    """List episodes."""
    with app.store.reading() as connection:
        books = load_books(connection)
        if home_id:
            home_of(books, home_id)
        found = _by_need(app, connection, books, home_id or "", limit, only_open=only_open)
        name = namer(app, books, outcomes(connection))
    if as_json:
        print_json([_document(n, one) | {"care_level": _care(books, one)} for n, one in found])
    elif not found:
        app.say("no_episodes")
    else:
        headings = (*_HEADINGS, "care_level")
        rows = ((*_row(app, n, one, name), _care(books, one)) for n, one in found)
        app.table(headings, rows)


def _by_need(
    app: App, connection: Connection, books: Books, home: str, limit: int, *, only_open: bool
) -> list[tuple[int, Episode]]:
    """What is open, by need; then the latest of what is over."""
    now = app.now()
    found = record.episodes(connection, only_open=True, home=home, limit=_MOST_OPEN)
    found.sort(key=lambda one: need(one[1], _care(books, one[1]), now))
    if not only_open:
        latest = record.episodes(connection, home=home, limit=limit)
        found += [one for one in latest if not one[1].is_open]
    return found[:limit]


def _care(books: Books, one: Episode) -> int:
    """Of a home that is no longer in the books, or of none: the lowest."""
    home = books.homes.get(one.home)
    return 1 if home is None else home.care_level


def _row(app: App, n: int, one: Episode, name: Callable[[str], str]) -> tuple[object, ...]:
    coming = app.text("comma").join(target.name for target in one.coming)
    ended = outcome(one.outcome, app.language)
    if ended == one.outcome:  # no word of the program's own
        ended = name(ended)
    where = one.label or one.home or one.button
    kind, state = app.text(f"kind_{one.kind.value}"), app.text(f"state_{one.state.value}")
    return (n, clock_time(one.begun_ms), where, kind, state, coming, ended, one.presses)


def _document(n: int, one: Episode) -> dict[str, Any]:
    return {
        "n": n,
        "id": one.id,
        "kind": one.kind,
        "button": one.button,
        "home": one.home or None,
        "label": one.label,
        "state": one.state,
        "step": one.step + 1,
        "steps": len(one.plan),
        "begun": utc(one.begun_ms),
        "until": utc(one.until_ms),
        "ended": utc(one.ended_ms),
        "presses": one.presses,
        "coming": [{"responder": t.responder, "name": t.name} for t in one.coming],
        "outcome": one.outcome or None,
        "follows": one.follows or None,
    }


@group("episode", help="一件求助：查看、应答、到达、办结、重开。|An episode: show it, act on it.")
def episode() -> None:
    """The group."""


@episode.command("show", help="一件求助的经过。|The story of an episode.")
@click.argument("key", metavar="N")
@json_option
@pass_app
def show(app: App, key: str, as_json: bool) -> None:
    """Show an episode."""
    with app.store.reading() as connection:
        n, one = record.find_episode(connection, key)
        found = record.lines(connection, episode=one.id)
        open_now = record.episodes(connection, only_open=True, limit=_MOST_OPEN)
        name = namer(app, load_books(connection), outcomes(connection))
    busy = elsewhere(one, open_now) if one.is_open else []
    if as_json:
        calls = [
            {"chime": c.chime, "responder": c.responder, "phase": c.phase, "step": c.step + 1}
            for c in one.calls
        ]
        lines = [line_document(app, line, name) for line in found]
        others = [{"responder": who, "name": called, "n": at} for who, called, at in busy]
        more = {"calls": calls, "busy": others, "record": lines}
        print_json(_document(n, one) | more)
        return
    app.details(zip(_HEADINGS, _row(app, n, one, name), strict=True))
    app.details(_waiting(app, one))
    told = (app.text("busy_with", name=called, n=at) for _, called, at in busy)
    app.details([("busy", app.text("comma").join(told)), ("follows", one.follows)])
    app.say("story")
    for numbered in found:
        line = numbered.line
        told = sentence(line.what, line.who, line.detail, app.language, name)
        click.echo(f"  {clock_time(line.at_ms, with_day=False)}  {told}")


def _waiting(app: App, one: Episode) -> list[tuple[str, object]]:
    """What an open episode waits for."""
    details: list[tuple[str, object]] = [("episode_id", one.id)]
    if one.is_open:
        details.append(("step", f"{one.step + 1}/{len(one.plan)}"))
    if one.is_open and one.until_ms is not None:
        details.append(("until", clock_time(one.until_ms)))
    return details


_by_responder = click.option(
    "--by",
    "responder",
    required=True,
    metavar="RESPONDER",
    help="哪位响应人，必填。|Which responder; must be given.",
)


@episode.command("acknowledge", help="代一位响应人应答：我来了。|Say that a responder is coming.")
@click.argument("key", metavar="N")
@_by_responder
@json_option
@pass_app
def acknowledge(app: App, key: str, responder: str, as_json: bool) -> None:
    """Acknowledge."""
    order(app, "acknowledge", key, as_json, responder=responder)


@episode.command("arrive", help="记下一位响应人到了。|Record that a responder has arrived.")
@click.argument("key", metavar="N")
@_by_responder
@json_option
@pass_app
def arrive(app: App, key: str, responder: str, as_json: bool) -> None:
    """Arrive."""
    order(app, "arrive", key, as_json, responder=responder)


@episode.command("resolve", help="办结一件求助。|Resolve an episode.")
@click.argument("key", metavar="N")
@click.option(
    "--outcome",
    required=True,
    metavar="WORD",
    help="结果，必填，如 helped、hospital；见 lovebell outcome list。|How it ended, such as helped "
    "or hospital: see lovebell outcome list; must be given.",
)
@click.option("--note", default="", help="备注。|A note.")
@click.option("--by", default="", metavar="WHO", help="谁办结，默认登录名。|Who says so, else you.")
@json_option
@pass_app
def resolve(app: App, key: str, outcome: str, note: str, by: str, as_json: bool) -> None:
    """Resolve."""
    order(app, "resolve", key, as_json, outcome=outcome, note=note, by=by)


@episode.command(
    "reopen",
    help="重开一小时内办结的求助：继续响铃。|Reopen an episode that ended within "
    "the hour: it rings on.",
)
@click.argument("key", metavar="N")
@click.option("--note", default="", help="备注。|A note.")
@click.option("--by", default="", metavar="WHO", help="谁重开，默认登录名。|Who says so, else you.")
@json_option
@pass_app
def reopen(app: App, key: str, note: str, by: str, as_json: bool) -> None:
    """Reopen."""
    order(app, "reopen", key, as_json, note=note, by=by)
