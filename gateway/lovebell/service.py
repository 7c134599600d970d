"""The running gateway: the tasks that drive engine and reception, and their orderly end.

Owns when things happen; decides nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from lovebell.domain.records import DiskError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from lovebell.clock import Clock
    from lovebell.engine import Engine
    from lovebell.operators import Operators
    from lovebell.reception import Reception
    from lovebell.tutor import Tutor

log = logging.getLogger("lovebell.service")

POLL_S = 0.2  # how long an operator's command may wait for us
SEEN_S = 15.0  # heartbeats are kept in memory and written this often
HOURS_S = 20.0  # how late the quiet hours may begin
LONGEST_S = 1.0  # the wall clock may be set while we wait for a deadline
DRAIN_S = 10.0


async def run(
    engine: Engine,
    reception: Reception,
    operators: Operators,
    tutor: Tutor,
    connection: Callable[[], Awaitable[None]],
    clock: Clock,
    stop: asyncio.Event,
    beside: Sequence[Callable[[], Awaitable[None]]] = (),
) -> None:
    """Serve until `stop` is set or a task dies, then write what waits. `beside` runs with it.

    Raises what killed the task: a gateway that half works is worse than one that is restarted.
    """
    jobs = (
        connection(),
        engine.writer.write(),
        _keep_deadlines(engine, clock),
        _hear_operators(engine, operators, clock),
        _save_seen(reception, clock),
        _keep_hours(tutor, clock),
        stop.wait(),
        *(job() for job in beside),
    )
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        reception.save_seen(clock.now())
        with contextlib.suppress(DiskError, TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                await engine.writer.drain()


async def _keep_deadlines(engine: Engine, clock: Clock) -> None:
    while True:
        engine.shelf.has_deadline.clear()
        upcoming = engine.due(clock.now())
        more = engine.restate(clock.now())
        await asyncio.sleep(0)  # deadlines that are all overdue must not keep out the presses
        if more:
            continue
        left_s = LONGEST_S if upcoming is None else (upcoming - clock.now()) / 1000
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(max(left_s, 0), LONGEST_S)):
                await engine.shelf.has_deadline.wait()


async def _hear_operators(engine: Engine, operators: Operators, clock: Clock) -> None:
    while True:
        trouble: DiskError | None = None
        try:
            await engine.reread(clock.now())
        except DiskError as why:
            trouble = why
        try:  # whoever comes is told of, though the books cannot be read
            operators.take_all(clock.now())
        except DiskError as why:
            trouble = why
        if trouble is not None and str(trouble) != str(engine.unread):
            # Five times a second the same would fill the log.
            log.error("cannot read what operators want", extra={"why": str(trouble)})
        engine.unread = trouble
        await asyncio.sleep(POLL_S)


async def _save_seen(reception: Reception, clock: Clock) -> None:
    while True:
        await asyncio.sleep(SEEN_S)
        reception.save_seen(clock.now())


async def _keep_hours(tutor: Tutor, clock: Clock) -> None:
    while True:
        tutor.look(clock.minute())
        await asyncio.sleep(HOURS_S)
