"""A device that says far too much: told once, written nowhere, and no press is lost by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lovebell.domain.flood import BURST, PER_S, WELL
from lovebell.domain.model import Device, DeviceKind
from lovebell.domain.records import Batch, Seen
from lovebell.domain.strangers import LONG_MS, MOST
from lovebell.domain.supervision import NEVER_MS
from lovebell.store import books

if TYPE_CHECKING:
    from stories.street import Street

MANY = 5 * BURST


def look(street: Street) -> None:
    """What the gateway does every second."""
    street.warden.floods(street.throttle.flooding(), street.now)
    street.warden.tick(street.now)


def count(street: Street, table: str) -> int:
    return street.rows(f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608


def faults(street: Street) -> list[Any]:
    return street.rows("SELECT device, word, closed_ms IS NULL FROM fault WHERE word = 'flood'")


async def test_a_flood_of_presses_rings_once_and_is_not_written_down(street: Street) -> None:
    for n in range(MANY):
        street.send("b-1", "press", id=f"f-{n}", kind="call")
    look(street)
    await street.settle()
    assert street.sounding == {"c-paired"}
    assert count(street, "receipt") <= BURST
    assert count(street, "event") <= 2 * BURST
    assert faults(street) == [("b-1", "flood", 1)]
    lines = street.record().count("dropped")
    assert 3 < lines < 20  # ever more seldom


async def test_what_a_button_has_repeated_for_a_day_is_no_flood(street: Street) -> None:
    for n in range(4_000):  # once in twenty seconds, kept by the broker while the gateway was away
        street.send("b-1", "press", id=f"p-{n % 2}", kind="call")
    press = await street.press("b-1")
    assert press in street.receipts
    look(street)
    await street.settle()
    assert faults(street) == []


async def test_one_press_repeated_without_end_is_a_flood(street: Street) -> None:
    for _ in range(20 * BURST):
        street.send("b-1", "press", id="p-0", kind="call")
    look(street)
    await street.settle()
    assert faults(street) == [("b-1", "flood", 1)]


async def test_another_homes_press_rings_and_is_received_during_a_flood(street: Street) -> None:
    for n in range(MANY):
        street.send("b-lost", "press", id=f"f-{n}", kind="call")
    press = await street.press("b-1")
    assert press in street.receipts
    assert "c-paired" in street.sounding


async def test_a_press_of_a_flooding_button_rings_again_after_the_answer(street: Street) -> None:
    for n in range(MANY):
        street.send("b-1", "press", id=f"f-{n}", kind="call")
    await street.settle()
    await street.answer("c-paired")
    assert street.sounding == set()
    await street.press("b-1")
    assert "c-paired" in street.sounding


async def test_the_answer_of_a_flooding_chime_counts(street: Street) -> None:
    for n in range(MANY):
        street.send("c-paired", "acknowledge", id=f"f-{n}", episode="b-9.nothing")
    await street.settle()
    await street.press("b-1")
    assert street.sounding == {"c-paired"}
    await street.answer("c-paired")
    assert street.sounding == set()
    assert "acknowledged" in street.record()


async def test_what_a_chime_was_asked_for_is_never_too_much(street: Street) -> None:
    await street.press("b-1")
    (episode,) = street.ringing["c-paired"]
    for _ in range(MANY):
        await street.broker_back()  # every chime is told again, and answers
    assert street.throttle.flooding() == set()
    for _ in range(MANY):
        street.send("c-paired", "ringing", episode=episode)
    assert street.throttle.flooding() == {"c-paired"}


async def test_a_flood_is_over_when_the_device_has_been_quiet(street: Street) -> None:
    for n in range(MANY):
        street.send("b-1", "press", id=f"f-{n}", kind="call")
    look(street)
    street.now += (WELL // PER_S - 1) * 1000
    look(street)
    assert street.throttle.flooding() == {"b-1"}
    street.now += 2_000
    look(street)
    await street.settle()
    assert faults(street) == [("b-1", "flood", 0)]


async def test_a_device_that_floods_is_not_taken_for_silent(street: Street) -> None:
    for _ in range(10):
        for n in range(MANY):
            street.send("b-1", "press", id=f"f-{n}", kind="call")
        street.now += 60_000
        look(street)
    words = {word for device, word in street.warden.supervisor.open if device == "b-1"}
    assert words == {"flood"}


def traces(street: Street) -> dict[str, int]:
    """How many names the gateway remembers, in memory and on disk."""
    return {
        "known": len(street.reception.known),
        "devices": len(street.warden.supervisor._devices),
        "faults": len(street.warden.supervisor.open),
        "told": len(street.tutor._told),
        "dropped": len(street.reception.dropped),
        **{table: count(street, table) for table in ("seen", "fault", "event")},
    }


async def invent(street: Street, begin: int, names: int, leaf: str, **fields: Any) -> None:
    """So many names that nobody has entered each say something, a second apart."""
    for n in range(begin, begin + names):
        street.send(f"x-{n}", leaf, **fields)
        street.now += 1_000
        if n % 1_000 == 999:
            street.reception.save_seen(street.now)
            await street.settle()
    street.reception.save_seen(street.now)
    await street.settle()


STATE = {"online": True, "firmware": "0.1.0", "boot": 1}
BEAT = {"every_s": 60, "up_s": 10}


@pytest.mark.parametrize(("leaf", "fields"), [("state", STATE), ("heartbeat", BEAT)])
async def test_invented_names_fill_neither_memory_nor_disk(
    street: Street, leaf: str, fields: dict[str, Any]
) -> None:
    before = traces(street)
    await invent(street, 0, MOST + 1_500, leaf, **fields)
    some = traces(street)
    await invent(street, 10_000, 1_500, leaf, **fields)
    more = traces(street)
    assert more | {"event": 0} == some | {"event": 0}
    assert more["event"] - some["event"] < 5  # how many were dropped, ever more seldom
    assert some["known"] - before["known"] == MOST
    assert max(some.values()) <= MOST + before["event"] + MOST + 20
    press = await street.press("b-1")
    assert press in street.receipts
    assert street.sounding == {"c-paired"}


async def test_a_stranger_is_forgotten_after_a_day_of_silence_and_makes_room(
    street: Street,
) -> None:
    await invent(street, 0, 3, "state", **STATE)
    assert traces(street)["seen"] == 3
    for _ in range(3):  # the first of them is heard now and then, the others never again
        street.now += LONG_MS // 2
        await invent(street, 0, 1, "state", **STATE)
    assert {name for (name,) in street.rows("SELECT device FROM seen")} == {"x-0"}
    assert [name for name in street.reception.known if name.startswith("x-")] == ["x-0"]
    for _ in range(NEVER_MS // 5_000 + 2):
        street.now += 5_000
        street.warden.tick(street.now)
    assert street.warden.supervisor._devices.keys().isdisjoint({"x-0", "x-1"})


async def test_strangers_of_the_last_run_have_their_day_and_too_many_go_at_once(
    street: Street,
) -> None:
    await invent(street, 0, 3, "state", **STATE)
    crowd = Batch(seen={f"y-{n}": Seen(f"y-{n}", 1, online=True) for n in range(MOST)})
    await street.store.save(crowd)
    await street.power_cut()
    await street.power_up()
    street.reception.save_seen(street.now)
    await street.settle()
    assert traces(street)["seen"] == traces(street)["known"] == MOST
    assert {"x-0", "x-1", "x-2"} <= street.reception.known.keys()
    street.now += LONG_MS
    street.reception.save_seen(street.now)
    await street.settle()
    assert traces(street)["seen"] == 0


async def test_who_is_entered_leaves_a_place_and_loses_nothing(street: Street) -> None:
    await invent(street, 0, MOST, "state", **STATE)
    street.edit(lambda c: books.add_device(c, Device("x-7", DeviceKind.BUTTON)))
    await street.engine.reread(street.now)
    await invent(street, 90_000, 1, "state", **STATE)
    assert "x-90000" not in street.reception.known  # the place is seen to be free a moment later
    await invent(street, 90_000, 1, "state", **STATE)
    assert {"x-7", "x-90000"} <= street.reception.known.keys()


async def test_the_press_of_an_invented_name_rings_the_desk_whatever_was_invented_before(
    street: Street,
) -> None:
    await invent(street, 0, MOST + 10, "state", **STATE)
    press = await street.press("x-99999")
    assert press in street.receipts
    assert "c-desk" in street.sounding
