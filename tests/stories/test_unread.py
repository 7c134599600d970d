"""Books that cannot be read: those read last hold, and operators are heard all the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import text
from stories.street import until

from lovebell import service
from lovebell.clock import SystemClock
from lovebell.store.books import raise_revision

if TYPE_CHECKING:
    from stories.street import Street


async def test_somebody_at_the_desk_answers_a_call_though_the_books_cannot_be_read(
    street: Street,
) -> None:
    street.now = SystemClock().now()
    press = await street.press()
    rot = text("INSERT INTO plan (home, steps) VALUES ('h-1', '[')")
    order = text(
        "INSERT INTO command (at_ms, by, verb, episode, responder) "
        "VALUES (:now, 'desk', 'acknowledge', :episode, 'r-desk')"
    ).bindparams(now=street.now, episode=f"b-1.{press}")
    street.edit(lambda c: c.execute(rot), raise_revision, lambda c: c.execute(order))
    hearing = asyncio.create_task(
        service._hear_operators(street.engine, street.operators, SystemClock())  # pyright: ignore[reportPrivateUsage]
    )
    await until(lambda: street.engine.unread)
    await street.settle()
    assert street.lamp() == "coming"
    hearing.cancel()
    await asyncio.wait([hearing])
