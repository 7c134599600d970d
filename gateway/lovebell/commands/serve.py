"""`lovebell serve`: puts the gateway together and keeps it running until told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING

from lovebell import __version__, logs, pulse, service
from lovebell.auditor import Auditor
from lovebell.broker import Address, Broker
from lovebell.clock import SystemClock, steady
from lovebell.commands import messaging
from lovebell.commands.app import App, pass_app
from lovebell.commands.base import command
from lovebell.commands.health import document
from lovebell.commands.keeping import keep
from lovebell.commands.updating import Updater
from lovebell.courier import Courier
from lovebell.domain.faults import Word
from lovebell.domain.records import DamagedError
from lovebell.engine import Engine
from lovebell.operators import Operators
from lovebell.reception import SUBSCRIPTIONS, Reception
from lovebell.store.damage import damaged, last_backup
from lovebell.store.live import LiveStore
from lovebell.throttle import Throttle
from lovebell.tutor import Tutor
from lovebell.warden import Warden

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from lovebell.config import Settings

log = logging.getLogger("lovebell.serve")

SUPERVISE_S = 1.0
AUDIT_S = 15.0
SWEEP_S = 10.0
#: The collector looks at what a burst of presses has left when it is over; if that is very much,
#: in between. To look through 50,000 things takes 20 ms, for which a ring had to wait.
AT_MOST = 500_000


@command("serve")
@pass_app
def serve(app: App) -> None:
    """运行网关，直到被停止。|Run the gateway until it is stopped."""
    logs.set_up(app.settings.log_level, app.settings.log_format)
    run(app.settings)


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then write what waits and return.

    Raises ConfigError, DatabaseInUseError, NewerDatabaseError, DiskError, BooksError (damaged):
    nothing was started.
    """
    try:
        _run(settings)
    except DamagedError as why:  # nothing was read of it, or not all
        raise damaged(settings.database, str(why)) from why


def _run(settings: Settings) -> None:
    if sys.platform == "win32":
        asyncio.run(_serve(settings))
        return
    import uvloop  # there is none for Windows

    uvloop.run(_serve(settings))


def _address(settings: Settings) -> Address:
    password = settings.read_password()
    return Address(
        settings.broker_host,
        settings.broker_port,
        settings.broker_client_id,
        settings.broker_user,
        "" if password is None else password.get_secret_value(),
        settings.broker_ca,
    )


async def _serve(settings: Settings) -> None:
    address, texts = _address(settings), messaging.templates_of(settings)
    clock = SystemClock()
    store = LiveStore(settings.database)
    try:
        stop = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)

        def arrived(topic: str, payload: bytes, token: int) -> None:
            reception.receive(topic, payload, token, clock.now())

        broker = Broker(address, SUBSCRIPTIONS, arrived, lambda: engine.up(clock.now()))
        say = logs.sayer("lovebell.engine")
        engine = Engine(store, broker, settings.limits, settings.plan, say)
        tutor = Tutor(broker, settings.habits)

        def changed(device: str, online: bool) -> None:
            if online:
                tutor.meet(device, clock.minute())
                updater.met(device)
            else:
                tutor.part(device)

        courier = Courier(broker)
        throttle = Throttle(engine, steady, courier.serves)
        warden = Warden(*(engine, settings.rules, lambda: broker.is_up, steady), throttle.remembers)
        reception = Reception(engine, changed, warden.heard, throttle)
        gc.set_threshold(AT_MOST)
        await engine.load(clock.now())
        updater = Updater(
            *(settings, engine, reception, warden, courier),
            *(lambda: broker.is_up, clock.now, steady),
        )
        reception.on_update = updater.heard
        reception.known = store.seen()
        warden.start(store.faults(), reception.known, clock.now())
        # What is here now stays: the collector need not look through it at every few hundred
        # messages. That took a fifth of the processor time of a press.
        gc.freeze()
        extra = {"version": __version__, "database": str(settings.database)}
        log.info("serving", extra=extra | {"open_episodes": len(engine.shelf.opened)})
        auditor = Auditor(
            engine,
            warden,
            lambda: broker.is_up,
            settings.database.parent,
            partial(last_backup, settings.database),
        )
        beside = [
            *messaging.jobs(settings, texts, engine, store, warden, clock),
            courier.run,
            updater.run,
            partial(_supervise, warden, throttle, clock),
            partial(_audit, auditor, store, clock),
            _sweep,
            *_if_wanted(settings, auditor, warden, clock),
        ]
        await service.run(
            engine, reception, Operators(engine), tutor, broker.run, clock, stop, beside
        )
        log.info("stopped", extra={"open_episodes": len(engine.shelf.opened)})
    finally:
        await store.close()


def _if_wanted(
    settings: Settings, auditor: Auditor, warden: Warden, clock: SystemClock
) -> Iterator[Callable[[], Awaitable[None]]]:
    """What runs only where the settings ask for it."""
    if settings.health_port:

        def told() -> dict[str, object]:
            return document(settings.language, auditor.look(clock.now()))

        yield partial(pulse.serve, settings.health_port, told)
    if settings.broker_folder:

        def tell(is_late: bool) -> None:
            warden.mark(Word.RIGHTS, is_late, clock.now())

        yield partial(keep, settings, settings.broker_folder, clock, tell)
    if settings.watchdog_url:
        yield partial(_call_out, settings, auditor, clock)


async def _supervise(warden: Warden, throttle: Throttle, clock: SystemClock) -> None:
    while True:
        warden.floods(throttle.flooding(), clock.now())
        warden.tick(clock.now())
        await asyncio.sleep(SUPERVISE_S)


async def _sweep() -> None:
    while True:
        await asyncio.sleep(SWEEP_S)
        gc.collect(1)


async def _audit(auditor: Auditor, store: LiveStore, clock: SystemClock) -> None:
    while True:
        await asyncio.sleep(AUDIT_S)
        auditor.audit(clock.now())
        store.tell(auditor.disk)


async def _call_out(settings: Settings, auditor: Auditor, clock: SystemClock) -> None:
    """Whoever waits outside for our call must not hear from us while something is wrong."""
    watchdog = pulse.Watchdog(settings.watchdog_url)
    while True:
        await asyncio.sleep(settings.watchdog_s)
        if not auditor.look(clock.now()):
            await watchdog.call()
