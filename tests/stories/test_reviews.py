"""What a hostile review once broke, as stories."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from stories.street import until

from lovebell.clock import SystemClock
from lovebell.domain.records import Batch, DamagedError, DiskError
from lovebell.store import books, pairs

if TYPE_CHECKING:
    from stories.street import Street

SECOND = 1_000_000_000


async def test_a_broker_that_forgot_is_told_again_that_it_is_over(street: Street) -> None:
    await street.press()
    await street.answer("c-paired")
    stale = dict(street.air.retained["b-1"])
    await street.command("resolve", "b-1.p-1", outcome="helped")
    for restarted in (False, True):
        street.air.retained["b-1"] = dict(stale)
        if restarted:
            await street.power_cut()
            await street.power_up()
        await street.broker_back()
        assert street.lamp() == "resolved"


async def test_with_many_episodes_at_one_silent_desk_a_reconnect_costs_one_ring_each(
    street: Street,
) -> None:
    street.dead = {"c-desk"}
    for n in range(50):
        street.send(f"b-unknown-{n}", "press", id="p-1", kind="call")
    await street.settle()
    street.air.log.clear()
    await street.broker_back()
    assert street.air.log.count("ring c-desk") == 50


@pytest.mark.parametrize("stranger", ["nobody-knows", "b-lost", "c-spare"])
async def test_the_word_of_a_stranger_silences_nobody(street: Street, stranger: str) -> None:
    street.edit(lambda c: books.add_device(c, books.Device("c-spare", books.DeviceKind.CHIME)))
    await street.engine.reread(street.now)
    await street.press()
    street.send(stranger, "acknowledge", id="a-1", episode="b-1.p-1", age_ms=0)
    await street.settle()
    assert street.sounding == {"c-paired"}
    assert street.lamp() == "ringing"
    assert "a-1" in street.receipts
    assert "unplaced" in street.record()


async def test_an_answer_from_an_hour_ago_silences_nobody(street: Street) -> None:
    await street.press()
    street.send("c-paired", "acknowledge", id="a-1", episode="b-1.p-1", age_ms=3_600_000)
    await street.settle()
    assert street.lamp() == "ringing"
    assert street.record()[-1] == "stale_acknowledged"


async def test_a_press_that_could_not_be_written_gets_no_receipt_when_it_is_repeated(
    street: Street,
) -> None:
    save = street.store.save

    async def broken(batch) -> None:
        if batch.receipts:
            raise ValueError("a bug")
        await save(batch)

    street.store.save = broken
    writing = asyncio.create_task(street.engine.writer.write())
    for _ in range(2):
        token = street.send("b-1", "press", id="p-1", kind="call", age_ms=0)
        await until(lambda token=token: token in street.air.settled)
    writing.cancel()
    assert "p-1" not in street.receipts
    assert street.sounding == {"c-paired"}


async def test_a_press_that_cannot_be_written_gets_no_receipt_though_it_came_twice_at_once(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = street.store.save

    async def broken(batch: Batch) -> None:
        if batch.receipts:
            raise ValueError("a bug")
        await save(batch)

    with monkeypatch.context() as mistaken:
        mistaken.setattr(street.store, "save", broken)
        for _ in range(2):
            street.send("b-1", "press", id="p-1", kind="call", age_ms=0)
        await street.settle()
    assert not street.receipts
    for _ in range(2):
        street.send("b-1", "press", id="p-1", kind="call", age_ms=0)
    await street.settle()
    assert street.air.log.count("receipt b-1") == 2
    await street.press(press_id="p-1")
    assert street.air.log.count("receipt b-1") == 3


async def test_while_the_disk_fails_the_broker_is_not_kept_waiting(street: Street) -> None:
    street.store.broken = True
    first = street.send("b-1", "press", id="p-1", kind="call")
    writing = asyncio.create_task(street.engine.writer.write())
    await until(lambda: first in street.air.settled)
    second = street.send("b-lost", "press", id="p-2", kind="call")
    assert second in street.air.settled
    assert street.engine.writer.trouble == "database or disk is full"
    writing.cancel()
    assert not street.receipts
    street.store.broken = False
    await street.settle()
    assert street.receipts == {"p-1", "p-2"}


async def test_a_chime_that_was_replaced_comes_back_on_line_and_nothing_breaks(
    street: Street,
) -> None:
    await street.press()
    street.edit(lambda c: pairs.unpair(c, "c-paired", "r-paired", street.now))
    await street.engine.reread(street.now)
    await street.command("resolve", "b-1.p-1", outcome="helped")
    await street.forward(120)
    street.send("c-paired", "state", online=True)
    await street.broker_back()
    assert street.sounding == set()


async def test_an_answer_and_a_new_press_in_one_batch_leave_the_chime_ringing(
    street: Street,
) -> None:
    await street.press()
    await street.forward(45)
    street.send("c-neighbour", "acknowledge", id="a-1", episode="b-1.p-1", age_ms=0)
    street.send("b-1", "press", id="p-2", kind="call", age_ms=0)
    await street.settle()
    assert {"c-paired", "c-neighbour"} <= street.sounding


async def test_a_desk_that_is_entered_during_an_episode_is_called(street: Street) -> None:
    street.edit(lambda c: pairs.unpair(c, "c-desk", "r-desk", street.now))
    await street.engine.reread(street.now)
    await street.press("b-lost")
    assert street.sounding == set()
    street.edit(lambda c: pairs.pair(c, "c-desk", "r-desk", None, street.now))
    await street.engine.reread(street.now)
    await street.settle()
    assert street.sounding == {"c-desk"}


async def test_a_chime_that_goes_off_line_is_not_waited_for(street: Street) -> None:
    await street.press()
    street.dead = {"c-paired"}
    street.send("c-paired", "state", online=False)
    await street.settle()
    assert "c-neighbour" in street.sounding


async def test_a_database_that_cannot_be_read_resurrects_nothing(street: Street) -> None:
    await street.press()
    await street.command("resolve", "b-1.p-1", outcome="helped")
    await street.forward(120)
    look = street.store.episode

    def fails(_: str) -> None:
        raise DiskError("disk I/O error")

    street.store.episode = fails
    street.send("c-paired", "ringing", episode="b-1.p-1")
    await street.settle()
    street.store.episode = look
    assert street.rows("SELECT state, outcome FROM episode") == [("resolved", "helped")]


async def test_told_to_end_during_a_commit_it_writes_nothing_twice(street: Street) -> None:
    save, saving = street.store.save, asyncio.Event()

    async def slow(batch) -> None:
        saving.set()
        await save(batch)

    street.store.save = slow
    street.send("b-1", "press", id="p-1", kind="call", age_ms=0)
    writing = asyncio.create_task(street.engine.writer.write())
    await saving.wait()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await street.settle()
    assert street.record().count("pressed") == 1
    assert "p-1" in street.receipts


def test_the_clock_follows_forward_at_once_and_never_runs_back() -> None:
    wall, steady = [1_000 * SECOND], [0]
    clock = SystemClock(lambda: wall[0], lambda: steady[0])

    def pass_s(seconds: int, set_by_s: int = 0) -> int:
        steady[0] += seconds * SECOND
        wall[0] += (seconds + set_by_s) * SECOND
        return clock.now()

    assert pass_s(1) == 1_001_000
    assert pass_s(1, set_by_s=3600) == 4_602_000
    before = clock.now()
    assert pass_s(0, set_by_s=-3600) == before
    assert pass_s(10) == before + 9_000  # slower, but a deadline still comes
    assert pass_s(36_000) == wall[0] // 1_000_000


def turn(street: Street, table: str, column: str, old: str, new: str) -> None:
    """A few letters of a text in the database are others now."""
    query = f"UPDATE {table} SET {column} = replace({column}, :old, :new)"  # noqa: S608
    street.edit(
        lambda connection: connection.execute(text(query), {"old": old, "new": new}),
        books.raise_revision,
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('[[["paired"],45000],[["desk"],60000]]', "[]"),
        ("45000", "4.000"),
        ("45000", "-5000"),
        ("45000", '"450"'),
    ],
)
async def test_a_plan_that_makes_no_sense_is_damage_and_a_press_rings_by_the_one_before(
    street: Street, old: str, new: str
) -> None:
    plan = pairs.read_steps(["paired 45s", "desk 60s"])
    street.edit(lambda connection: pairs.set_plan(connection, "h-1", plan))
    await street.engine.reread(street.now)
    turn(street, "plan", "steps", old, new)
    with pytest.raises(DamagedError):
        await street.engine.reread(street.now)
    await street.press()
    assert street.sounding == {"c-paired"}
    await street.power_cut()
    with pytest.raises(DamagedError):  # and `serve` says which backup to take
        await street.power_up()


@pytest.mark.parametrize(
    ("column", "old", "new"),
    [
        ("call_plan", "45000", "4.000"),
        ("body", '"step":0', '"step":9'),
        ("body", '"step":0', '"step":0.0'),
        ("body", '"until_ms":1', '"until_ms":1.'),
    ],
)
async def test_an_episode_that_makes_no_sense_is_damage(
    street: Street, column: str, old: str, new: str
) -> None:
    await street.press()
    turn(street, "episode", column, old, new)
    await street.power_cut()
    with pytest.raises(DamagedError):
        await street.power_up()
