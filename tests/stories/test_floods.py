"""A device that says far too much: told once, written nowhere, and no press is lost by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lovebell.domain.flood import BURST, PER_S, WELL

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
