"""Calls for help, as the people in the street live them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from stories.street import until

from lovebell.domain.model import Device, DeviceKind
from lovebell.domain.records import Command, DiskError
from lovebell.store import books, pairs
from lovebell.store.record import put_command

if TYPE_CHECKING:
    from stories.street import Street


async def test_a_press_rings_the_paired_chime_and_an_answer_shows_on_the_button(
    street: Street,
) -> None:
    press = await street.press()
    assert street.sounding == {"c-paired"}
    assert street.lamp() == "ringing"
    assert press in street.receipts
    await street.answer("c-paired")
    assert street.sounding == set()
    assert street.lamp() == "coming"
    assert street.air.retained["b-1"]["who"] == "示例大姐"
    episode = street.rows("SELECT id FROM episode")[0][0]
    assert await street.command("arrive", episode, "r-paired") == "ok"
    assert street.lamp() == "arrived"
    assert await street.command("resolve", episode, outcome="helped") == "ok"
    assert street.lamp() == "resolved"
    assert street.record(episode) == [
        "pressed",
        "step",
        "rung",
        "reached",
        "acknowledged",
        "arrived",
        "resolved",
    ]


async def test_nobody_answers_so_the_neighbour_and_then_the_desk_ring_until_somebody_does(
    street: Street,
) -> None:
    await street.press()
    await street.forward(45)
    assert street.sounding == {"c-paired", "c-neighbour"}
    await street.forward(60)  # there is no grid leader: that step is passed at once
    assert street.sounding == {"c-paired", "c-neighbour", "c-desk"}
    assert "nobody" in street.record()
    await street.forward(3600)
    assert street.sounding == {"c-paired", "c-neighbour", "c-desk"}
    await street.answer("c-desk")
    assert street.sounding == set()
    assert street.lamp() == "coming"


async def test_a_dead_chime_costs_two_seconds_not_forty_five(street: Street) -> None:
    street.dead = {"c-paired"}
    await street.press()
    assert street.sounding == set()
    await street.forward(2)
    assert street.sounding == {"c-neighbour"}
    assert "missed" in street.record()


async def test_a_chime_that_comes_back_rings_at_once(street: Street) -> None:
    street.dead = {"c-paired"}
    await street.press()
    await street.forward(20)
    street.dead = set()
    street.send("c-paired", "state", online=True)
    await street.settle()
    assert "c-paired" in street.sounding


async def test_the_ring_does_not_wait_for_the_disk_but_receipt_and_puback_do(
    street: Street,
) -> None:
    token = street.send("b-1", "press", id="p-9", kind="call")
    assert street.air.log[-1] == "ring c-paired"
    assert "p-9" not in street.receipts
    assert token not in street.air.settled
    await street.engine.writer.drain()
    after = street.air.log[street.air.log.index("ring c-paired") :]
    assert after[:4] == ["ring c-paired", "episode b-1", "receipt b-1", "puback"]


async def test_presses_that_arrive_together_are_committed_together_and_acknowledged_in_order(
    street: Street,
) -> None:
    commits: list[int] = []
    save = street.store.save

    async def counted(batch) -> None:
        commits.append(len(batch.receipts))
        await save(batch)

    street.store.save = counted
    tokens = [street.send("b-1", "press", id=f"p-{n}", kind="call") for n in range(100, 150)]
    await street.engine.writer.drain()
    assert commits[0] == 50
    assert street.air.settled[-50:] == tokens


async def test_the_same_press_twice_is_one_press(street: Street) -> None:
    await street.press(press_id="p-1")
    before = street.record()
    await street.press(press_id="p-1")
    assert street.record() == before
    assert street.air.log.count("receipt b-1") == 2  # the first one may have been lost


async def test_a_press_repeated_before_the_first_is_on_disk_gets_no_early_receipt(
    street: Street,
) -> None:
    street.send("b-1", "press", id="p-1", kind="call")
    street.send("b-1", "press", id="p-1", kind="call")
    assert not street.receipts
    await street.settle()
    assert street.receipts == {"p-1"}
    assert street.rows("SELECT count(*) FROM episode")[0][0] == 1


async def test_an_old_press_that_the_broker_delivers_again_does_not_ring(street: Street) -> None:
    await street.press(press_id="p-1")
    await street.answer("c-paired")
    await street.command("resolve", "b-1.p-1", outcome="helped")
    await street.forward(86_400)
    street.air.log.clear()
    await street.press(press_id="p-1")
    assert not [line for line in street.air.log if line.startswith("ring")]
    assert "receipt b-1" in street.air.log


async def test_a_press_after_the_answer_rings_again_because_nobody_has_come(
    street: Street,
) -> None:
    await street.press()
    await street.answer("c-paired")
    await street.press()
    assert street.sounding == {"c-paired", "c-neighbour"}
    assert street.lamp() == "ringing"
    assert street.rows("SELECT count(*) FROM episode")[0][0] == 1


async def test_an_answer_that_nobody_followed_up_expires_after_ten_minutes(street: Street) -> None:
    await street.press()
    await street.answer("c-paired")
    await street.forward(599)
    assert street.sounding == set()
    await street.forward(1)
    assert street.sounding == {"c-paired", "c-neighbour"}
    assert street.lamp() == "ringing"


async def test_a_cancel_in_the_first_seconds_silences_the_street(street: Street) -> None:
    await street.press()
    await street.forward(5)
    cancel = await street.press(kind="cancel")
    assert street.sounding == set()
    assert street.lamp() == "resolved"
    assert cancel in street.receipts


async def test_a_cancel_without_a_call_is_received_and_recorded(street: Street) -> None:
    cancel = await street.press(kind="cancel")
    assert cancel in street.receipts
    assert street.record() == ["nothing_to_cancel"]


async def test_a_test_press_proves_the_chain_and_wakes_nobody(street: Street) -> None:
    await street.press(kind="test")
    assert street.sounding == set()
    assert street.rows("SELECT outcome FROM episode")[0][0] == "test_passed"


async def test_a_chime_tests_itself_and_nobody_else_is_rung(street: Street) -> None:
    test = await street.press("c-paired", kind="test")
    assert test in street.receipts
    assert [line for line in street.air.log if line.startswith("ring ")] == ["ring c-paired"]
    assert street.sounding == set()
    assert street.rows("SELECT outcome, home FROM episode") == [("test_passed", "")]
    assert {"unpaired", "unknown_device"}.isdisjoint(street.record())


async def test_a_chime_of_nobody_that_does_not_answer_its_own_test_has_failed_it(
    street: Street,
) -> None:
    street.edit(lambda connection: books.add_device(connection, Device("c-new", DeviceKind.CHIME)))
    await street.engine.reread(street.now)
    street.dead = {"c-new"}
    await street.press("c-new", kind="test")
    await street.forward(31)
    assert street.rows("SELECT outcome FROM episode") == [("test_failed",)]
    assert not any(line.startswith("ring c-desk") for line in street.air.log)


async def test_a_call_of_a_chime_is_a_call(street: Street) -> None:
    await street.press("c-paired")
    assert street.sounding == {"c-desk"}


async def test_a_call_during_a_test_is_a_call_and_the_test_does_not_touch_its_lamp(
    street: Street,
) -> None:
    street.dead = {"c-paired"}
    await street.press(kind="test")
    await street.press()
    assert street.rows("SELECT count(*) FROM episode")[0][0] == 2
    await street.forward(31)  # the test has failed by now
    assert street.lamp() == "ringing"
    assert street.air.retained["b-1"]["episode"] == "b-1.p-2"


@pytest.mark.parametrize("button", ["b-lost", "b-unknown"])
async def test_a_button_that_belongs_to_nobody_calls_the_desk(street: Street, button: str) -> None:
    press = await street.press(button)
    assert street.sounding == {"c-desk"}
    assert press in street.receipts
    assert {"unpaired", "unknown_device"} & set(street.record())


async def test_a_second_helper_is_recorded_and_hears_who_is_first(street: Street) -> None:
    await street.press()
    await street.forward(45)
    street.send("c-paired", "acknowledge", id="a-1", episode="b-1.p-1")
    street.send("c-neighbour", "acknowledge", id="a-2", episode="b-1.p-1")
    await street.settle()
    assert "also_acknowledged" in street.record()
    assert {"a-1", "a-2"} <= street.receipts
    assert street.air.retained["b-1"]["who"] == "示例大姐"


async def test_the_same_acknowledgement_twice_is_one(street: Street) -> None:
    await street.press()
    await street.answer("c-paired", "a-1")
    await street.forward(600)  # it expires
    street.send("c-paired", "acknowledge", id="a-1", episode="b-1.p-1")
    await street.settle()
    assert street.lamp() == "ringing"
    assert street.record().count("acknowledged") == 1


async def test_rubbish_is_dropped_counted_and_settled_and_the_next_press_rings(
    street: Street,
) -> None:
    street.reception.receive("lovebell/v1/b-1/press", b"\xff{", 77, street.now)
    street.reception.receive("lovebell/v9/b-1/press", b"{}", 78, street.now)
    street.reception.receive("lovebell/v1/b-1/ring", b"{}", 79, street.now)
    street.reception.receive("", b"", 80, street.now)
    await street.settle()
    assert street.air.settled[-4:] == [77, 78, 79, 80]
    assert street.reception.dropped == {"b-1": 3, "?": 1}
    assert street.record() == ["dropped"] * 4
    await street.press()
    assert street.sounding == {"c-paired"}


async def test_a_flood_of_rubbish_does_not_fill_the_record(street: Street) -> None:
    for _ in range(1000):
        street.send("b-1", "press")
    await street.settle()
    assert street.reception.dropped["b-1"] == 1000
    assert len(street.record()) < 15


# -- outages -----------------------------------------------------------------------------------


async def test_killed_between_ring_and_disk_the_same_ring_follows_when_it_is_back(
    street: Street,
) -> None:
    street.send("b-1", "press", id="p-1", kind="call")
    assert street.air.log[-1] == "ring c-paired"
    street.inbox.clear()
    await street.power_cut()  # nothing was on disk, nothing was acknowledged to the broker
    await street.power_up()
    assert street.rows("SELECT count(*) FROM episode")[0][0] == 0
    await street.press(press_id="p-1")  # so the broker delivers it again
    assert street.ringing["c-paired"] == {"b-1.p-1"}
    assert "p-1" in street.receipts


async def test_a_gateway_that_was_down_for_an_hour_takes_the_next_step_at_once(
    street: Street,
) -> None:
    await street.press()
    await street.power_cut()
    street.now += 3_600_000
    await street.power_up()
    await street.forward(0)
    assert street.sounding == {"c-paired", "c-neighbour"}


async def test_killed_before_the_hush_it_hushes_when_it_is_back(street: Street) -> None:
    await street.press()
    await street.forward(45)
    street.dead = {"c-paired"}
    await street.answer("c-neighbour")
    await street.power_cut()
    street.dead = set()
    await street.power_up()
    assert street.sounding == set()


async def test_killed_before_the_news_it_tells_the_button_when_it_is_back(street: Street) -> None:
    await street.press()
    street.air.is_up = False
    episode = "b-1.p-1"
    assert await street.command("resolve", episode, outcome="helped") == "ok"
    assert street.lamp() == "ringing"
    await street.power_cut()
    street.air.is_up = True
    await street.power_up()
    assert street.lamp() == "resolved"
    assert street.rows("SELECT count(*) FROM outbox")[0][0] == 0


async def test_when_the_broker_comes_back_without_memory_it_is_told_again(street: Street) -> None:
    await street.press()
    await street.answer("c-paired")
    street.air.retained.clear()
    await street.broker_back()
    assert street.lamp() == "coming"


async def test_what_a_broker_is_told_again_does_not_undo_what_happened_meanwhile(
    street: Street,
) -> None:
    await street.press()
    await street.answer("c-paired")
    street.engine.up(street.now)  # what is to be said again is known now, and said later
    assert await street.command("arrive", "b-1.p-1", "r-paired") == "ok"
    assert not street.engine.restate(street.now)
    await street.settle()
    assert street.lamp() == "arrived"


async def test_that_somebody_comes_is_kept_by_the_broker_as_long_as_it_holds(
    street: Street,
) -> None:
    def holds() -> tuple[int | None, int | None]:
        return street.air.expires_s["episode b-1"], street.air.retained["b-1"].get("for_ms")

    await street.press()
    await street.forward(45)
    assert holds() == (None, None)
    street.send("c-paired", "acknowledge", id="a-1", episode="b-1.p-1", age_ms=20_000)
    await street.settle()
    assert holds() == (580, 580_000)
    await street.forward(100)
    street.send("c-neighbour", "acknowledge", id="a-2", episode="b-1.p-1", age_ms=0)
    await street.settle()
    assert street.air.retained["b-1"]["who"] == "示例大姐"
    assert holds() == (600, 600_000)
    await street.forward(200)
    await street.broker_back()
    assert holds() == (400, 400_000)
    await street.forward(400)
    assert street.lamp() == "ringing"
    assert holds() == (None, None)


async def test_that_somebody_comes_is_kept_no_longer_though_it_is_told_late(
    street: Street,
) -> None:
    await street.press()
    street.air.is_up = False
    await street.answer("c-paired")
    await street.power_cut()
    street.now += 250_400
    street.air.is_up = True
    await street.power_up()
    assert street.lamp() == "coming"
    assert street.air.expires_s["episode b-1"] == 349
    assert street.air.retained["b-1"]["for_ms"] == 349_600  # which the button itself believes


async def test_that_somebody_comes_is_believed_no_longer_though_the_disk_failed_meanwhile(
    street: Street,
) -> None:
    await street.press()
    street.store.broken = True
    street.send("c-paired", "acknowledge", id="a-1", episode="b-1.p-1", age_ms=0)
    with pytest.raises(DiskError):
        await street.engine.writer.commit()
    street.now += 400_000
    street.engine.due(street.now)
    street.store.broken = False
    await street.settle()
    assert street.lamp() == "coming"
    assert street.air.expires_s["episode b-1"] == 200
    assert street.air.retained["b-1"]["for_ms"] == 200_000


async def test_what_no_longer_holds_is_not_told_for_as_long_again(street: Street) -> None:
    await street.press()
    street.air.is_up = False
    await street.answer("c-paired")
    await street.power_cut()
    street.now += 900_000
    street.air.is_up = True
    await street.power_up()
    assert street.air.retained["b-1"] == {
        "episode": "b-1.p-1",
        "state": "coming",
        "who": "示例大姐",
        "for_ms": 1_000,
    }
    await street.forward(1)
    assert street.lamp() == "ringing"


async def test_with_a_full_disk_the_bell_rings_no_receipt_is_given_and_nothing_is_lost(
    street: Street,
) -> None:
    street.store.broken = True
    token = street.send("b-1", "press", id="p-1", kind="call")
    with pytest.raises(DiskError):
        await street.engine.writer.commit()
    assert street.ringing["c-paired"] == {"b-1.p-1"}
    assert "p-1" not in street.receipts
    assert token not in street.air.settled
    street.store.broken = False
    await street.settle()
    assert "p-1" in street.receipts
    assert token in street.air.settled
    assert street.record()[:3] == ["pressed", "step", "rung"]


async def test_a_chime_that_rang_by_itself_and_is_answered_speaks_for_the_press(
    street: Street,
) -> None:
    street.send("c-paired", "acknowledge", id="a-1", episode="b-1.p-77")
    await street.settle()
    assert street.lamp() == "coming"
    assert street.record()[0] == "heard_of"
    await street.press(press_id="p-77")  # the button still repeats it
    assert street.rows("SELECT count(*) FROM episode")[0][0] == 1
    assert "p-77" in street.receipts


async def test_a_chime_that_rang_by_itself_for_a_second_press_is_heard_more_than_once(
    street: Street,
) -> None:
    await street.press(press_id="p-1")
    street.send("c-paired", "ringing", episode="b-1.p-2")  # this press came to the chime alone
    await street.settle()
    street.send("c-paired", "acknowledge", id="a-1", episode="b-1.p-2")
    await street.settle()
    assert street.lamp() == "coming"
    await street.press(press_id="p-2")  # the button still repeats it: nobody is rung once more
    assert street.lamp() == "coming"
    assert street.rows("SELECT count(*) FROM episode")[0][0] == 1


async def test_a_chime_that_rings_by_itself_under_a_later_name_takes_that_of_the_episode(
    street: Street,
) -> None:
    await street.press(press_id="p-1")
    await street.press(press_id="p-2")
    street.ringing["c-paired"] = {"b-1.p-2"}  # it was away, and heard the second press alone
    street.send("c-paired", "ringing", episode="b-1.p-2")
    await street.settle()
    assert "b-1.p-1" in street.ringing["c-paired"]


async def test_a_chime_that_rings_by_itself_for_what_is_answered_is_hushed_by_its_name(
    street: Street,
) -> None:
    await street.press(press_id="p-1")
    await street.press(press_id="p-2")
    await street.answer("c-paired")
    street.ringing["c-paired"] = {"b-1.p-2"}  # of which the button has no receipt yet
    street.send("c-paired", "ringing", episode="b-1.p-2")
    await street.settle()
    assert not street.sounding


async def test_a_button_learns_that_it_rings_again_before_it_has_its_receipt(
    street: Street,
) -> None:
    await street.press()
    await street.answer("c-paired")
    before = len(street.air.log)
    await street.press()  # that somebody comes was said before, and is true no more
    told = [what for what in street.air.log[before:] if what.endswith(" b-1")]
    assert told == ["episode b-1", "receipt b-1"]


async def test_an_acknowledgement_of_nothing_known_is_received_and_recorded(
    street: Street,
) -> None:
    street.send("c-paired", "acknowledge", id="a-1", episode="b-77.p-1")
    await street.settle()
    assert "a-1" in street.receipts
    assert street.record() == ["unplaced"]


# -- operators ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "lamp"), [(0, "coming"), (3, "ringing")])
async def test_what_was_noted_while_the_gateway_was_down_counts_from_then(
    street: Street, hours: int, lamp: str
) -> None:
    await street.press(press_id="p-1")
    await street.power_cut()
    noted = Command(0, "desk", "acknowledge", "b-1.p-1", "r-paired")
    street.edit(lambda c: put_command(c, noted, street.now))
    street.now += hours * 3_600_000
    await street.power_up()
    street.operators.take_all(street.now)
    await street.settle()
    assert street.lamp() == lamp
    assert bool(street.sounding) == (lamp == "ringing")


async def test_commands_that_make_no_sense_are_refused_by_name(street: Street) -> None:
    assert await street.command("resolve", "b-1.p-9", outcome="x") == "refused:unknown_episode"
    await street.press()
    episode = "b-1.p-1"
    assert await street.command("arrive", episode, "r-nobody") == "refused:unknown_responder"
    assert await street.command("acknowledge", episode, "r-desk") == "ok"
    assert await street.command("acknowledge", episode, "r-desk") == "refused:nothing_new"
    assert await street.command("resolve", episode, outcome="helped") == "ok"
    assert await street.command("resolve", episode, outcome="other") == "refused:resolved"
    assert street.rows("SELECT outcome FROM episode")[0][0] == "helped"
    assert await street.command("arrive", episode, "r-paired") == "late"
    assert street.record()[-1] == "late_arrived"


async def test_a_plan_edited_during_an_episode_does_not_disturb_it(street: Street) -> None:
    await street.press()
    plan = pairs.read_steps(["desk 60s"])
    street.edit(lambda connection: pairs.set_plan(connection, "h-1", plan))
    await street.engine.reread(street.now)
    await street.forward(45)
    assert street.sounding == {"c-paired", "c-neighbour"}
    await street.command("resolve", "b-1.p-1", outcome="helped")
    await street.press()
    assert street.sounding == {"c-desk"}


async def test_a_chime_replaced_during_an_episode_rings_and_the_old_one_stops(
    street: Street,
) -> None:
    await street.press()
    street.edit(
        lambda c: pairs.unpair(c, "c-paired", "r-paired", street.now),
        lambda c: books.add_device(c, books.Device("c-new", books.DeviceKind.CHIME)),
        lambda c: pairs.pair(c, "c-new", "r-paired", None, street.now),
    )
    await street.engine.reread(street.now)
    await street.settle()
    assert street.sounding == {"c-new"}


@pytest.mark.parametrize("step", ["r-paired,r-neighbour 1h", "r-neighbour,r-paired 1h"])
async def test_a_chime_handed_over_during_an_episode_rings_on(street: Street, step: str) -> None:
    street.edit(
        lambda c: pairs.set_plan(c, "h-1", pairs.read_steps([step])),
        lambda c: pairs.unpair(c, "c-neighbour", "r-neighbour", street.now),
    )
    await street.engine.reread(street.now)
    await street.press()
    street.edit(
        lambda c: pairs.unpair(c, "c-paired", "r-paired", street.now),
        lambda c: pairs.pair(c, "c-paired", "r-neighbour", None, street.now),
    )
    await street.engine.reread(street.now)
    await street.settle()
    assert street.sounding == {"c-paired"}
    street.edit(lambda c: pairs.unpair(c, "c-paired", "r-neighbour", street.now))
    await street.engine.reread(street.now)
    await street.settle()
    assert street.sounding == set()


async def test_work_that_cannot_be_written_holds_up_nobody_else(street: Street) -> None:
    save = street.store.save

    async def picky(batch) -> None:
        if any(receipt.id == "p-bad" for receipt in batch.receipts):
            raise ValueError("a bug")
        await save(batch)

    street.store.save = picky
    street.send("b-lost", "press", id="p-bad", kind="call")
    street.send("b-1", "press", id="p-good", kind="call")
    writing = asyncio.create_task(street.engine.writer.write())
    await until(lambda: "p-good" in street.receipts)
    writing.cancel()
    assert "p-bad" not in street.receipts
    assert street.ringing["c-desk"] == {"b-lost.p-bad"}  # it rang all the same


@pytest.mark.parametrize(
    ("age", "told"),
    [({"age_ms": 4_999}, {}), ({"age_ms": 90_000}, {"age_s": 90}), ({}, {"age": "unknown"})],
)
async def test_the_record_says_of_a_press_that_came_late_how_old_it_was(
    street: Street, age: dict[str, int], told: dict[str, int | str]
) -> None:
    street.send("b-1", "press", id="p-1", kind="call", **age)
    await street.settle()
    detail = street.rows("SELECT detail FROM event WHERE what = 'pressed'")[0][0]
    assert json.loads(detail) == told
    at_ms = street.rows("SELECT at_ms FROM receipt")[0][0]
    assert at_ms == street.now - age.get("age_ms", 0)
