"""Devices that fall silent, come back, and are not well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lovebell.domain.supervision import Rules
from lovebell.store import books, pairs

if TYPE_CHECKING:
    from stories.street import Street

EVERYBODY = ("b-1", "c-paired", "c-neighbour", "c-desk")


def beat(street: Street, *devices: str, **fields: Any) -> None:
    for device in devices:
        street.send(device, "heartbeat", **{"every_s": 60, "up_s": 600, **fields})


async def live(street: Street, minutes: int, *devices: str, **fields: Any) -> None:
    """Time goes by, a look a second, and these devices say every minute that they are well."""
    for second in range(minutes * 60):
        if second % 60 == 0:
            beat(street, *devices, **fields)
        street.now += 1000
        street.warden.tick(street.now)
    await street.settle()


def faults(street: Street) -> set[tuple[str, str]]:
    """What is open, as it lies on disk."""
    return set(map(tuple, street.rows("SELECT device, word FROM fault WHERE closed_ms IS NULL")))


async def test_devices_that_speak_have_no_faults(street: Street) -> None:
    await live(street, 90, *EVERYBODY)
    assert street.rows("SELECT * FROM fault") == []


async def test_three_missed_heartbeats_are_a_fault_and_the_next_word_ends_it(
    street: Street,
) -> None:
    await live(street, 5, *EVERYBODY)
    await live(street, 1, "b-1", "c-desk", "c-neighbour")
    assert faults(street) == set()  # the second was due just now
    await live(street, 1, "b-1", "c-desk", "c-neighbour")
    assert faults(street) == {("c-paired", "offline")}
    await live(street, 1, *EVERYBODY)
    assert faults(street) == set()
    assert [what for what in street.record() if what.startswith("fault")] == ["fault", "fault_over"]


@pytest.mark.parametrize("has_will", [True, False])
async def test_a_dead_device_is_known_within_three_minutes_of_its_last_word(
    street: Street, has_will: bool
) -> None:
    await live(street, 5, *EVERYBODY)
    beat(street, *EVERYBODY)
    if has_will:
        street.send("c-paired", "state", online=False)
    died = street.now
    rest = ("b-1", "c-desk", "c-neighbour")
    while not faults(street):
        street.now += 1000
        street.warden.tick(street.now)
        if (street.now - died) % 60_000 == 0:
            beat(street, *rest)
        await street.settle()
    assert street.now - died < 180_000
    assert faults(street) == {("c-paired", "offline")}


async def test_who_speaks_more_often_from_now_on_is_missed_sooner(street: Street) -> None:
    await live(street, 5, *EVERYBODY)
    beat(street, "c-paired", every_s=3600)
    await live(street, 60, "b-1", "c-desk", "c-neighbour")
    assert faults(street) == set()
    beat(street, "c-paired", every_s=60)
    await live(street, 4, "b-1", "c-desk", "c-neighbour")
    assert faults(street) == {("c-paired", "offline")}


async def test_what_the_broker_has_kept_of_a_device_is_no_sign_of_life(street: Street) -> None:
    await live(street, 5, "b-1", "c-desk", "c-neighbour", "c-paired")
    await live(street, 5, "b-1", "c-desk", "c-neighbour")
    street.send("c-paired", "state", online=True)
    await street.settle()
    assert faults(street) == {("c-paired", "offline")}


async def test_a_broker_that_is_gone_is_one_fault_and_nobody_is_judged(street: Street) -> None:
    await live(street, 5, *EVERYBODY)
    street.air.is_up = False
    await live(street, 240)
    assert faults(street) == {("@gateway", "broker")}
    street.air.is_up = True
    await live(street, 2)  # they take their time to come back
    assert faults(street) == set()
    await live(street, 10, *EVERYBODY)
    assert len(street.rows("SELECT * FROM fault")) == 1


async def test_who_does_not_come_back_with_the_broker_is_a_fault_then(street: Street) -> None:
    await live(street, 5, *EVERYBODY)
    street.air.is_up = False
    await live(street, 10)
    street.air.is_up = True
    await live(street, 5, "c-desk", "c-neighbour", "c-paired")
    assert faults(street) == {("b-1", "offline")}


async def test_a_gateway_that_was_stopped_itself_takes_nobody_for_dead_and_calls_the_roll(
    street: Street,
) -> None:
    await live(street, 5, *EVERYBODY)
    street.now += 600_000  # what was said meanwhile has not reached it
    await live(street, 2)  # they take their time to speak again
    assert street.rows("SELECT * FROM fault") == []
    assert [tuple(row) for row in street.rows("SELECT home, why FROM absent")] == [
        ("h-1", "gateway")
    ]
    await live(street, 5, "c-paired", "c-neighbour", "c-desk")
    assert faults(street) == {("b-1", "offline")}
    await live(street, 1, *EVERYBODY)
    assert faults(street) == set()
    assert street.rows("SELECT * FROM absent") == []


async def test_a_gateway_that_was_stopped_and_has_lost_its_broker_meanwhile_blames_nobody(
    street: Street,
) -> None:
    await live(street, 5, *EVERYBODY)
    street.air.is_up = False
    street.now += 600_000
    street.warden.tick(street.now)
    street.now += 2_000
    street.air.is_up = True
    street.warden.tick(street.now)
    await street.settle()
    assert street.rows("SELECT * FROM fault") == []
    assert len(street.rows("SELECT * FROM absent")) == 1


async def test_a_clock_that_is_set_opens_no_fault_and_closes_none(street: Street) -> None:
    await live(street, 5, *EVERYBODY)
    await live(street, 5, "b-1", "c-desk", "c-neighbour")
    for step_ms in (3_600_000, -7_200_000, 3_600_000):
        street.now += step_ms
        street.set_by += step_ms
        street.warden.tick(street.now)
        await live(street, 3, "b-1", "c-desk", "c-neighbour")
        assert faults(street) == {("c-paired", "offline")}
    assert len(street.rows("SELECT * FROM fault")) == 1


async def test_a_fault_that_comes_and_goes_is_one_line_that_counts(street: Street) -> None:
    for _ in range(12):
        await live(street, 1, *EVERYBODY)
        await live(street, 4, "b-1", "c-desk", "c-neighbour")
    (row,) = street.rows("SELECT device, word, times FROM fault")
    assert tuple(row) == ("c-paired", "offline", 12)
    assert len([what for what in street.record() if what.startswith("fault")]) < 12


async def test_a_fault_outlives_the_gateway_and_is_closed_by_the_next_one(street: Street) -> None:
    await live(street, 5, *EVERYBODY)
    await live(street, 5, "b-1", "c-desk", "c-neighbour")
    await street.power_cut()
    await street.power_up()
    await live(street, 2, "b-1", "c-desk", "c-neighbour")
    assert faults(street) == {("c-paired", "offline")}
    await live(street, 1, *EVERYBODY)
    assert faults(street) == set()
    assert len(street.rows("SELECT * FROM fault")) == 1


async def test_a_chime_that_was_never_switched_on_is_found_after_an_hour(street: Street) -> None:
    rest = ("b-1", "c-desk", "c-neighbour")
    await live(street, 59, *rest)
    assert faults(street) == set()
    await live(street, 2, *rest)
    assert faults(street) == {("c-paired", "never")}
    await live(street, 1, *EVERYBODY)
    assert faults(street) == set()


async def test_a_chime_that_is_paired_later_has_its_hour_from_then(street: Street) -> None:
    street.edit(lambda c: pairs.unpair(c, "c-paired", "r-paired", street.now))
    await street.engine.reread(street.now)
    rest = ("b-1", "c-desk", "c-neighbour")
    await live(street, 90, *rest)
    street.edit(lambda c: pairs.pair(c, "c-paired", "r-paired", None, street.now))
    await street.engine.reread(street.now)
    await live(street, 50, *rest)
    assert faults(street) == set()
    await live(street, 11, *rest)
    assert faults(street) == {("c-paired", "never")}


async def test_strangers_are_named_and_forgotten_when_they_go(street: Street) -> None:
    await live(street, 1, *EVERYBODY, "b-lost", "b-strange")
    assert faults(street) == {("b-lost", "unpaired"), ("b-strange", "unknown")}
    await street.power_cut()
    await street.power_up()
    await live(street, 1, *EVERYBODY, "b-lost", "b-strange")
    assert len(street.rows("SELECT * FROM fault")) == 2
    street.edit(
        lambda c: books.add_device(c, books.Device("b-strange", books.DeviceKind.BUTTON)),
        lambda c: pairs.pair(c, "b-lost", "h-1", None, street.now),
    )
    await street.engine.reread(street.now)
    await live(street, 1, *EVERYBODY, "b-lost", "b-strange")
    assert faults(street) == {("b-strange", "unpaired")}
    await live(street, 5, *EVERYBODY, "b-lost")
    assert faults(street) == set()


async def test_a_device_taken_out_of_the_books_has_no_faults_any_more(street: Street) -> None:
    await live(street, 5, *EVERYBODY)
    await live(street, 5, "b-1", "c-desk", "c-neighbour")
    street.edit(
        lambda c: pairs.unpair(c, "c-paired", "r-paired", street.now),
        lambda c: books.remove_device(c, "c-paired"),
    )
    await street.engine.reread(street.now)
    await live(street, 1, "b-1", "c-desk", "c-neighbour")
    assert faults(street) == set()


async def test_what_a_device_says_is_wrong_opens_and_closes_with_its_word(street: Street) -> None:
    beat(street, "b-1", fault="stuck moths")
    await street.settle()
    assert faults(street) == {("b-1", "stuck"), ("b-1", "moths")}
    beat(street, "b-1", fault="moths")
    await street.settle()
    assert faults(street) == {("b-1", "moths")}
    await street.power_cut()
    await street.power_up()
    beat(street, "b-1")
    await street.settle()
    assert faults(street) == set()


async def test_a_device_does_not_decide_what_is_the_gateways_to_judge(street: Street) -> None:
    beat(street, "b-1", fault="offline broker moths")
    await street.settle()
    assert faults(street) == {("b-1", "moths")}


async def test_a_weak_signal_is_believed_after_three_and_a_single_one_is_not(
    street: Street,
) -> None:
    for dbm in (-90, -70, -90, -90, -82):
        beat(street, "b-1", rssi=dbm)
    await street.settle()
    assert faults(street) == set()
    for dbm in (-90, -88, -91):
        beat(street, "b-1", rssi=dbm)
    await street.settle()
    assert faults(street) == {("b-1", "signal")}
    for dbm in (-84, -70, -84, -70, -79):
        beat(street, "b-1", rssi=dbm)
    await street.settle()
    assert faults(street) == {("b-1", "signal")}
    beat(street, "b-1", rssi=-70)
    await street.settle()
    assert faults(street) == set()


async def test_low_supply_is_the_devices_word_or_the_voltage(street: Street) -> None:
    await street.power_cut()
    street.rules = Rules(low_mv=3000)
    await street.power_up()
    for _ in range(3):
        beat(street, "b-1", mv=2990)
    beat(street, "c-desk", mv=4000, fault="supply")
    await street.settle()
    assert faults(street) == {("b-1", "supply"), ("c-desk", "supply")}
    for _ in range(3):
        beat(street, "b-1", mv=3040)
        beat(street, "c-desk", mv=4000)
    await street.settle()
    assert faults(street) == {("b-1", "supply")}


async def test_five_starts_in_half_an_hour_are_a_loop_until_it_runs_as_long(
    street: Street,
) -> None:
    for boot in range(10, 16):
        street.send("b-1", "state", online=True, boot=boot)
        street.send("b-1", "state", online=True, boot=boot)  # what the broker keeps says it twice
    await street.settle()
    assert faults(street) == {("b-1", "reboots")}
    beat(street, "b-1", up_s=1700)
    await street.settle()
    assert faults(street) == {("b-1", "reboots")}
    beat(street, "b-1", up_s=1800)
    await street.settle()
    assert faults(street) == set()


async def test_safe_mode_and_old_firmware_are_faults(street: Street) -> None:
    await street.power_cut()
    street.rules = Rules(oldest_firmware="0.10")
    await street.power_up()
    street.send("b-1", "state", online=True, firmware="0.9.3", safe=True)
    street.send("c-desk", "state", online=True, firmware="0.10.0")
    await street.settle()
    assert faults(street) == {("b-1", "old"), ("b-1", "safe")}
    street.send("b-1", "state", online=True, firmware="0.11.0")
    await street.settle()
    assert faults(street) == set()


async def test_an_age_that_cannot_be_is_a_fault_of_the_devices_clock(street: Street) -> None:
    beat(street, "b-1", up_s=100)
    street.send("b-1", "press", id="p-1", kind="call", age_ms=150_000)
    await street.settle()
    assert faults(street) == set()
    street.send("b-1", "press", id="p-2", kind="call", age_ms=200_000)
    await street.settle()
    assert faults(street) == {("b-1", "clock")}
    await street.press()
    assert faults(street) == set()


# -- the roll call ---------------------------------------------------------------------------


def missing(street: Street) -> list[str]:
    return [row[0] for row in street.rows("SELECT home FROM absent ORDER BY home")]


async def restart(street: Street) -> None:
    await live(street, 1, *EVERYBODY)
    street.reception.save_seen(street.now)
    await street.settle()
    await street.power_cut()
    street.now += 3_600_000
    await street.power_up()


async def test_the_very_first_start_calls_no_roll(street: Street) -> None:
    assert missing(street) == []


async def test_after_a_start_a_home_is_missing_until_its_button_is_heard(street: Street) -> None:
    await restart(street)
    assert missing(street) == ["h-1"]
    street.send("b-1", "state", online=True)
    beat(street, "c-desk")
    await street.settle()
    assert missing(street) == ["h-1"]
    beat(street, "b-1")
    await street.settle()
    assert missing(street) == []


async def test_the_roll_survives_a_power_cut_and_says_since_when(street: Street) -> None:
    await restart(street)
    (since,) = street.rows("SELECT since_ms FROM absent")
    street.now += 60_000
    await street.power_cut()
    await street.power_up()
    assert street.rows("SELECT since_ms FROM absent") == [since]


async def test_after_a_long_time_without_the_broker_the_roll_is_called(street: Street) -> None:
    await live(street, 1, *EVERYBODY)
    street.air.is_up = False
    await live(street, 2)
    street.air.is_up = True
    street.warden.tick(street.now)
    await street.settle()
    assert missing(street) == ["h-1"]
    assert street.record().count("roll_called") == 1


async def test_after_a_short_time_without_the_broker_nobody_is_missing(street: Street) -> None:
    await live(street, 1, *EVERYBODY)
    street.air.is_up = False
    for _ in range(30):
        street.now += 1000
        street.warden.tick(street.now)
    street.air.is_up = True
    await live(street, 1)
    assert missing(street) == []
