"""The thread that writes."""

from __future__ import annotations

import asyncio
import threading

import pytest

from lovebell.store.thread import Worker


async def test_jobs_are_done_in_order_beside_the_loop() -> None:
    worker, done = Worker("disk"), list[int]()
    results = [worker.do(lambda n=n: done.append(n) or threading.get_ident()) for n in range(9)]
    threads = set(await asyncio.gather(*results))
    assert done == list(range(9))
    assert len(threads) == 1
    assert threads != {threading.get_ident()}
    worker.close()


async def test_whoever_waits_hears_of_a_failure_and_the_next_job_is_done() -> None:
    worker = Worker("disk")
    with pytest.raises(ZeroDivisionError):
        await worker.do(lambda: 1 // 0)
    assert await worker.do(lambda: 1) == 1
    worker.close()


async def test_whoever_stops_waiting_does_not_stop_the_job() -> None:
    worker, may_go, done = Worker("disk"), threading.Event(), list[str]()
    first = worker.do(may_go.wait)
    second = worker.do(lambda: done.append("second"))
    assert second.cancel()
    may_go.set()
    assert await first
    worker.close()
    assert done == ["second"]
    await asyncio.sleep(0)  # nobody complains of a result that nobody waits for


def test_a_loop_that_has_ended_ends_no_thread() -> None:
    worker, may_go = Worker("disk"), threading.Event()

    async def leave() -> None:
        worker.do(may_go.wait)

    asyncio.run(leave())
    may_go.set()

    async def come_back() -> int:
        return await worker.do(lambda: 7)

    assert asyncio.run(come_back()) == 7
    worker.close()
