"""Plans as screens and programs see them: whom each step means now, and which reaches nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lovebell.domain.plan import WORDS, CallStep, Directory, format_step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lovebell.commands.app import App
    from lovebell.domain.model import Home, Step

#: So many warnings are read; more are counted.
_MOST = 5


def reaches(step: CallStep) -> bool:
    """Whether the step rings at least one chime as things stand."""
    return any(target.chimes for target in step.targets)


def plan_document(directory: Directory, home: Home) -> dict[str, Any]:
    """A home's plan for a program."""
    pairs = zip(directory.plan_of(home.id), directory.call_plan(home), strict=True)
    return {
        "home": home.id,
        "own": home.id in directory.books.plans,
        "steps": [
            {
                "step": number,
                "text": format_step(step),
                "for_s": step.for_ms // 1000,
                "reaches": reaches(call),
                "calls": [
                    {"responder": t.responder, "name": t.name, "chimes": list(t.chimes)}
                    for t in call.targets
                ],
            }
            for number, (step, call) in enumerate(pairs, 1)
        ],
    }


def show_steps(app: App, directory: Directory, home: Home) -> None:
    """Print a home's plan and whom each of its steps means now."""
    own = home.id in directory.books.plans
    app.say("own_plan" if own else "default_plan", id=home.id, name=home.name)
    pairs = list(zip(directory.plan_of(home.id), directory.call_plan(home), strict=True))
    rows = [
        (number, format_step(step), _whom(app, step), _means(app, call))
        for number, (step, call) in enumerate(pairs, 1)
    ]
    app.table(("step", "plan_text", "who", "means_now"), rows)
    app.say("last_step")


def _whom(app: App, step: Step) -> str:
    """The words of a step in the reader's language."""
    words = (app.text(f"word_{target}") if target in WORDS else target for target in step.targets)
    return app.text("comma").join(words)


def _means(app: App, call: CallStep) -> str:
    """The people and their chimes."""
    people = (
        app.text("named", name=target.name, more=", ".join(target.chimes) or app.text("no_chime"))
        for target in call.targets
    )
    return app.text("comma").join(people) or app.text("nobody")


def warn_dead_steps(app: App, directory: Directory, home: Home) -> None:
    """Say on standard error which steps of a home's plan reach nobody as things stand, and why."""
    for number, text, call in _dead_steps(directory, home):
        name = "dead_step" if call.targets else "empty_step"
        click.echo(app.text(name, id=home.id, name=home.name, n=number, step=text), err=True)


def warn_homes(app: App, directory: Directory, homes: Iterable[Home]) -> None:
    """Say on standard error, a line each, which homes have steps that reach nobody."""
    dead = [(home, _dead_steps(directory, home)) for home in homes]
    dead = [(home, steps) for home, steps in dead if steps]
    for home, steps in dead[:_MOST]:
        texts = app.text("comma").join(f"{number} {text}" for number, text, _ in steps)
        click.echo(app.text("dead_home", id=home.id, name=home.name, steps=texts), err=True)
    if len(dead) > _MOST:
        click.echo(app.text("more_dead_homes", n=len(dead) - _MOST), err=True)


def _dead_steps(directory: Directory, home: Home) -> list[tuple[int, str, CallStep]]:
    pairs = zip(directory.plan_of(home.id), directory.call_plan(home), strict=True)
    return [
        (number, format_step(step), call)
        for number, (step, call) in enumerate(pairs, 1)
        if not reaches(call)
    ]
