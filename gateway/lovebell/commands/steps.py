"""Plans as screens and programs see them: whom each step means now, and which reaches nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lovebell.commands.app import utc
from lovebell.commands.calendar import wall, zone_of
from lovebell.domain.plan import WORDS, format_step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lovebell.commands.app import App
    from lovebell.domain.directory import Directory
    from lovebell.domain.model import Home, Step
    from lovebell.domain.plan import CallStep

#: So many warnings are read; more are counted.
_MOST = 5


def reaches(step: CallStep) -> bool:
    """Whether the step calls somebody at some hour, by a chime or by a message."""
    return any(target.chimes or target.contacts for target in step.targets)


def plan_document(directory: Directory, home: Home, at: int) -> dict[str, Any]:
    """A home's plan for a program, and whom it calls at a time."""
    pairs = zip(directory.plan_of(home), directory.call_plan(home, at), strict=True)
    return {
        "home": home.id,
        "own": home.id in directory.books.plans,
        "at": utc(at),
        "steps": [
            {
                "step": number,
                "text": format_step(step),
                "for_s": step.for_ms // 1000,
                "reaches": reaches(call),
                "calls": [
                    {
                        "responder": t.responder,
                        "name": t.name,
                        "chimes": list(t.chimes),
                        "contacts": list(t.contacts),
                        "on_duty": t.is_on_duty(at),
                    }
                    for t in call.targets
                ],
            }
            for number, (step, call) in enumerate(pairs, 1)
        ],
    }


def show_steps(app: App, directory: Directory, home: Home, at: int | None = None) -> None:
    """Print a home's plan and whom each of its steps means at a time, now unless given."""
    books = directory.books
    community = books.communities.get(home.community)
    if home.id in books.plans:
        app.say("own_plan", id=home.id, name=home.name)
    elif community is not None and community.plan:
        app.say("community_plan", id=home.id, name=home.name, community=community.name)
    else:
        app.say("default_plan", id=home.id, name=home.name)
    moment = app.now() if at is None else at
    if at is not None:
        zone = zone_of(directory, home)
        app.say("as_at", at=wall(at, zone))
    pairs = list(zip(directory.plan_of(home), directory.call_plan(home, moment), strict=True))
    rows = [
        (number, format_step(step), _whom(app, directory, step), _means(app, call, moment))
        for number, (step, call) in enumerate(pairs, 1)
    ]
    app.table(("step", "plan_text", "who", "means_now" if at is None else "means_then"), rows)
    if not _calls_at(pairs[-1][1], moment) and reaches(pairs[-1][1]):
        app.say("all_the_same")
    app.say("last_step")


def _calls_at(call: CallStep, at: int) -> bool:
    return any((t.chimes or t.contacts) and t.is_on_duty(at) for t in call.targets)


def _whom(app: App, directory: Directory, step: Step) -> str:
    """The words of a step in the reader's language, groups and rotas by name."""
    books = directory.books
    words: list[str] = []
    for word in step.targets:
        known = books.groups.get(word) or books.rotas.get(word)
        named = app.text("named", name=known.name, more=word) if known else word
        words.append(app.text(f"word_{word}") if word in WORDS else named)
    return app.text("comma").join(words)


def _means(app: App, call: CallStep, at: int) -> str:
    """The people, with what calls them or why they are not called."""
    people: list[str] = []
    for target in call.targets:
        more = ", ".join((*target.chimes, *target.contacts)) or app.text("no_chime")
        if not target.is_on_duty(at):
            more = app.text("off_duty")
        people.append(app.text("named", name=target.name, more=more))
    return app.text("comma").join(people) or app.text("nobody")


def warn_dead_steps(app: App, directory: Directory, home: Home) -> None:
    """Say on standard error which steps of a home's plan reach nobody as things stand, and why."""
    for number, text, call in dead_steps(directory, home, app.now()):
        name = "dead_step" if call.targets else "empty_step"
        click.echo(app.text(name, id=home.id, name=home.name, n=number, step=text), err=True)


def warn_homes(app: App, directory: Directory, homes: Iterable[Home]) -> None:
    """Say on standard error, a line each, which homes have steps that reach nobody."""
    dead = [(home, dead_steps(directory, home, app.now())) for home in homes]
    dead = [(home, steps) for home, steps in dead if steps]
    for home, steps in dead[:_MOST]:
        texts = app.text("comma").join(f"{number} {text}" for number, text, _ in steps)
        click.echo(app.text("dead_home", id=home.id, name=home.name, steps=texts), err=True)
    if len(dead) > _MOST:
        click.echo(app.text("more_dead_homes", n=len(dead) - _MOST), err=True)


def dead_steps(directory: Directory, home: Home, now: int) -> list[tuple[int, str, CallStep]]:
    """The steps of a home's plan that call nobody at any hour: number, text, and whom they mean."""
    pairs = zip(directory.plan_of(home), directory.call_plan(home, now), strict=True)
    return [
        (number, format_step(step), call)
        for number, (step, call) in enumerate(pairs, 1)
        if not reaches(call)
    ]
