"""The rows of an export, one after the other, as they stood at one moment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from lovebell.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

EPISODES = (
    *("n", "id", "kind", "button", "home", "label", "state", "begun_ms", "ended_ms"),
    *("presses", "coming", "outcome"),
)
EVENTS = ("n", "at_ms", "episode", "what", "who", "detail")
_PORTION = 500


def episodes(connection: Connection, since: int, until: int) -> Iterator[dict[str, Any]]:
    """The episodes that began from `since` to just before `until`, in this order."""
    table = schema.episode.c
    wanted = (
        select(schema.episode)
        .where(table.begun_ms >= since, table.begun_ms < until)
        .order_by(table.begun_ms, table.n)
        .execution_options(yield_per=_PORTION)
    )
    for row in connection.execute(wanted):
        body = json.loads(row.body)
        told = {"label": body["label"], "presses": body["presses"]}
        told["coming"] = ", ".join(name for _, name, *_ in body["coming"] if name)
        yield {key: told[key] if key in told else getattr(row, key) for key in EPISODES}


def events(connection: Connection, since: int, until: int) -> Iterator[dict[str, Any]]:
    """The lines of the record from `since` to just before `until`, in the order of the record."""
    table = schema.event.c
    wanted = (
        select(schema.event)
        .where(table.at_ms >= since, table.at_ms < until)
        .order_by(table.n)
        .execution_options(yield_per=_PORTION)
    )
    for row in connection.execute(wanted):
        yield {key: getattr(row, key) for key in EVENTS}
