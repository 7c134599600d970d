"""Puts together all that messages need: dispatcher, tickets, pages, and the word to technicians."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from lovebell.clerk import Clerk
from lovebell.clock import hour, steady
from lovebell.commands.publisher import publisher_if_any
from lovebell.config import ConfigError
from lovebell.notify import templates
from lovebell.notify.dispatch import Dispatcher
from lovebell.notify.secrets import Secrets
from lovebell.technicians import Technicians
from lovebell.tickets import Tickets

if TYPE_CHECKING:
    from lovebell.clock import Clock
    from lovebell.config import Settings
    from lovebell.engine import Engine
    from lovebell.notify.templates import Templates
    from lovebell.store.live import LiveStore
    from lovebell.warden import Warden

Job = Callable[[], Awaitable[None]]

#: 144 bits of chance in a link.
TOKEN_BYTES = 18
LOOK_S = 5.0
#: What went by a channel so shortly before a restart counts for the limit of its service.
REMEMBERED_MS = 120_000


def templates_of(settings: Settings) -> Templates:
    """The texts of messages. Raises ConfigError for one of the community's that is wrong."""
    try:
        return templates.load(settings.templates)
    except templates.BadTemplateError as why:
        raise ConfigError((f"template_{why.code}", why.needs)) from why


def jobs(
    settings: Settings,
    texts: Templates,
    engine: Engine,
    store: LiveStore,
    warden: Warden,
    clock: Clock,
) -> list[Job]:
    """What runs beside the gateway. Call it after `engine.load`: what the last run has not sent
    is queued at once, oldest first.
    """
    tickets = Tickets(
        engine,
        store.ticket,
        partial(secrets.token_urlsafe, TOKEN_BYTES),
        clock.now,
        settings.public_url,
    )
    clerk = Clerk(engine, texts, tickets, clock.now)
    dispatcher = Dispatcher(clerk, Secrets(), steady)
    now = clock.now()
    for channel, at_ms in store.sent_since(now - REMEMBERED_MS):
        dispatcher.remember(channel, max(0, now - at_ms))
    for left in engine.mail.waiting.values():
        dispatcher.take(left, max(0, now - left.created_ms))
    engine.mail.post = dispatcher.take
    people = Technicians(engine, settings.technicians, settings.hours, store.told(), steady, hour)
    made: list[Job] = [dispatcher.run, partial(_tell_technicians, people, warden, clock)]
    if settings.web_port:
        made.append(partial(_serve_pages, settings, tickets, warden, clock))
    return made


async def _serve_pages(settings: Settings, tickets: Tickets, warden: Warden, clock: Clock) -> None:
    # Whoever has no pages need not load a web server.
    from lovebell.commands.enrolling import Enrolment
    from lovebell.web import enrolment, server

    desk = Enrolment(
        settings.database,
        clock.now,
        can_admit=settings.broker_folder is not None,
        on_twice=lambda device: warden.twice(device, clock.now()),
        publisher=publisher_if_any(settings),
    )
    try:
        routes = enrolment.routes(desk, steady, settings.public_url)
        made = server.application(tickets, steady, routes)
        await server.serve(made, settings.web_host, settings.web_port, tickets.pages)
    finally:
        desk.close()


async def _tell_technicians(people: Technicians, warden: Warden, clock: Clock) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        people.tick(warden.supervisor.open, clock.now())
