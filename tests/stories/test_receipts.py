"""A press that is repeated is known, whatever was learnt of its button before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lovebell import receipts as module
from lovebell.domain.records import Batch, DiskError, Receipt
from lovebell.store import pairs

if TYPE_CHECKING:
    from stories.street import Street


def rung(street: Street) -> int:
    """How many episodes there are: a press that is taken for new begins one or is counted."""
    (counts,) = street.rows("SELECT count(*) FROM event WHERE what IN ('pressed', 'repeated')")
    return counts[0]


async def beat(street: Street, device: str = "b-1") -> None:
    street.send(device, "heartbeat", every_s=60, up_s=100)
    await street.settle()


@pytest.mark.parametrize("learnt", ["never", "before", "between", "after a restart"])
async def test_a_repeated_press_is_known_by_its_receipt(street: Street, learnt: str) -> None:
    if learnt == "before":
        await beat(street)
    await street.press(press_id="p-1")
    if learnt == "between":
        await beat(street)
    if learnt == "after a restart":
        await street.power_cut()
        await street.power_up()
        await beat(street)
    street.receipts.clear()
    await street.press(press_id="p-1")
    assert rung(street) == 1
    assert street.receipts == {"p-1"}
    await street.press(press_id="p-2")
    assert rung(street) == 2


async def test_of_a_button_that_was_heard_a_new_press_needs_no_look_at_the_disk(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    look = street.store.placed

    def counted(device: str, event_id: str) -> str | None:
        looks.append(event_id)
        return look(device, event_id)

    monkeypatch.setattr(street.store, "placed", counted)
    await street.press("b-1", press_id="p-1")
    await beat(street)
    await street.press("b-1", press_id="p-2")
    assert looks == ["p-1"]
    await street.press("b-1", press_id="p-1")
    assert looks == ["p-1", "p-1"]


async def test_of_a_button_with_very_many_receipts_the_disk_is_asked(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    given = [Receipt("b-1", f"old-{n}", "call", "b-1.old-0", 1, 1) for n in range(4)]
    await street.store.save(Batch(receipts=given))
    known = street.engine.receipts
    known.learn("b-1")
    assert known.placed("b-1", "old-3") == "b-1.old-0"
    known.learn("b-2")
    more = [Receipt("b-2", f"new-{n}", "call", "b-2.new-0", 1, 1) for n in range(4)]
    await street.store.save(Batch(receipts=more))
    known.settled(more)
    assert [known.placed("b-2", f"new-{n}") for n in range(5)] == ["b-2.new-0"] * 4 + [None]


async def test_what_could_not_be_learnt_is_asked_of_the_disk_each_time(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    await street.press(press_id="p-1")

    def fails(device: str, at_most: int) -> list[str]:
        raise DiskError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(street.store, "receipts_of", fails)
        await beat(street)
    await street.press(press_id="p-1")
    assert rung(street) == 1


async def test_a_plan_that_was_looked_up_at_a_heartbeat_gives_way_to_a_new_one(
    street: Street,
) -> None:
    await beat(street)
    plan = pairs.read_steps(["desk 60s"])
    street.edit(lambda connection: pairs.set_plan(connection, "h-1", plan))
    await street.engine.reread(street.now)
    await street.press()
    assert street.sounding == {"c-desk"}


async def test_a_press_is_written_down_though_whoever_watches_over_the_devices_stumbles(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbles(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as mistaken:
        mistaken.setattr(street.warden.supervisor, "press", stumbles)
        await street.press(press_id="p-1")
    assert rung(street) == 1
    await street.press(press_id="p-1")
    assert street.receipts == {"p-1"}
    assert [tuple(row) for row in street.rows("SELECT id FROM receipt")] == [("p-1",)]
