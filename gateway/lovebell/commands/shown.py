"""Pairings as screens and programs see them; shared by the nouns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lovebell.commands.app import App, utc
from lovebell.story import clock_time

if TYPE_CHECKING:
    from lovebell.domain.model import Pairing

History = list[tuple["Pairing", int, int | None]]


def pairing_document(pairing: Pairing) -> dict[str, Any]:
    """A pairing for a program."""
    return {
        "link": pairing.link.value,
        "subject": pairing.subject,
        "object": pairing.object,
        "rank": pairing.rank,
    }


def history_document(past: History) -> list[dict[str, Any]]:
    """Pairings with their beginning and end for a program; an end of null: it lasts."""
    return [
        pairing_document(pairing) | {"since": utc(since_ms), "until": utc(until_ms)}
        for pairing, since_ms, until_ms in past
    ]


def show_history(app: App, past: History) -> None:
    """Print who was paired with whom, and when."""
    if not past:
        return
    app.say("history")
    for pairing, since_ms, until_ms in past:
        until = app.text("until_now") if until_ms is None else clock_time(until_ms)
        name = f"history_{pairing.link.value}"
        told = app.text(name, a=pairing.subject, b=pairing.object, rank=pairing.rank)
        app.say("period", since=clock_time(since_ms), until=until, what=told)
