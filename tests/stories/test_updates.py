"""A release on its way through the street, on a real database: books, record, courier."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lovebell.commands.updating import SETTLED_MS, Updater
from lovebell.config import Settings
from lovebell.courier import IN_A_TURN, OFFERS, Courier
from lovebell.domain.firmware import PIECE_BYTES, Release
from lovebell.domain.rollout import Stage
from lovebell.domain.waves import LOST_MS, PAUSE_MS
from lovebell.store import firmware as store
from lovebell.store.access import OperatorStore
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stories.street import Street

IMAGE = bytes(n * 7 % 256 for n in range(1_500))
RELEASE = Release("0.2.0", 6, len(IMAGE), "a" * 64, "c2lnbmVk")
WAVES = ("1",)


class Depot:
    """Publisher, updater and courier of the street; devices are played by hand."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.operator = OperatorStore(street.path)
        self.offers: dict[str, dict[str, Any]] = {}
        self.pieces: list[tuple[str, int, bytes]] = []
        self.is_idle = True
        self.begin()

    def begin(self) -> None:
        """What the gateway does when it starts."""
        street = self.street
        self.courier = Courier(self)
        self.updater = Updater(
            Settings(database=street.path, firmware_waves=WAVES),
            *(street.engine, street.reception, street.warden, self.courier),
            *(lambda: street.air.is_up, lambda: street.now, street.steady),
        )
        street.reception.on_update = self.updater.heard

    # -- the broker ------------------------------------------------------------------------

    def publish(self, topic: str, payload: bytes, **how: Any) -> bool:
        device, leaf = topic.split("/")[2:]
        assert (leaf, how["retain"]) == ("firmware", True)
        if not self.street.air.is_up:
            return False
        self.offers[device] = json.loads(payload)
        how["then"]()
        return True

    def whisper(self, topic: str, payload: bytes) -> bool:
        if not self.is_idle:
            return False
        device, leaf = topic.split("/")[2:]
        assert leaf == "piece"
        fields = json.loads(payload)
        self.pieces.append((device, fields["at"], base64.b64decode(fields["data"])))
        return True

    # -- people and devices ----------------------------------------------------------------

    def publish_release(self, release: Release = RELEASE) -> None:
        with self.operator.writing() as connection:
            store.publish(connection, release, IMAGE, WAVES, "示例", self.street.now)

    def online(self, *devices: str, firmware: str = "0.1.0") -> None:
        for device in devices:
            self.street.send(device, "state", online=True, firmware=firmware)
            self.updater.met(device)

    def say(self, device: str, state: str, **more: Any) -> None:
        self.street.send(device, "update", **{"state": state, "version": "0.2.0", **more})

    async def look(self, *, later_ms: int = 0) -> None:
        self.street.now += later_ms
        await self.updater.look()
        await self.street.settle()

    async def watch(self, for_ms: int) -> None:
        """So much time goes by, a look a minute."""
        for _ in range(for_ms // 60_000):
            await self.look(later_ms=60_000)

    @property
    def offered(self) -> set[str]:
        return {device for device, offer in self.offers.items() if offer}

    def stages(self) -> dict[str, Stage]:
        with self.operator.reading() as connection:
            known = store.latest(connection)
        assert known is not None
        return {one.device: one.stage for one in known.rollout.members.values()}

    def lines(self) -> list[str]:
        return [what for what in self.street.record() if what.startswith("firmware")]


@pytest.fixture
async def depot(street: Street) -> AsyncIterator[Depot]:
    made = Depot(street)
    yield made
    made.operator.close()


async def test_a_release_goes_from_one_device_to_all_and_every_step_is_on_record(
    depot: Depot,
) -> None:
    depot.online("b-1", "c-paired", "b-lost")
    await depot.look()
    assert depot.offers == {}
    depot.publish_release()
    await depot.look()
    assert depot.offered == {"b-lost"}  # it stands in nobody's home
    assert depot.offers["b-lost"] == RELEASE.offer(1)
    for state in ("fetching", "ready", "trial", "good"):
        depot.say("b-lost", state, attempt=1)
        await depot.look()
    assert depot.lines() == [
        *("firmware_published", "firmware_wave", "firmware_offered"),
        *["firmware_at"] * 4,
    ]
    await depot.look(later_ms=PAUSE_MS - 1)
    assert depot.offered == {"b-lost"}
    await depot.look(later_ms=1)
    # A button and the chime of the same home: one after the other.
    assert len(depot.offered) == 2
    first = (depot.offered - {"b-lost"}).pop()
    depot.say(first, "good", attempt=1)
    await depot.look()
    assert depot.offered == {"b-lost", "b-1", "c-paired"}
    assert set(depot.stages()) == set(depot.street.engine.directory.books.devices)


async def test_nothing_is_offered_to_a_home_that_calls_for_help(depot: Depot) -> None:
    street = depot.street
    depot.online("b-1", "c-paired")
    await street.press()
    depot.publish_release()
    await depot.look()
    assert depot.offered == set()
    await street.answer("c-paired")
    await street.command("resolve", street.rows("SELECT id FROM episode")[0][0], outcome="helped")
    await depot.look()
    assert len(depot.offered) == 1


async def test_pieces_are_brought_to_those_who_are_offered_it_and_to_nobody_else(
    depot: Depot,
) -> None:
    depot.online("b-lost", "c-desk")
    depot.publish_release()
    await depot.look()
    for at in (0, 600, 1_200):
        depot.street.send("b-lost", "fetch", version="0.2.0", at=at)
        assert depot.courier.bring() == 1
    assert [(device, at) for device, at, _ in depot.pieces] == [
        *(("b-lost", 0), ("b-lost", 600), ("b-lost", 1_200)),
    ]
    assert b"".join(data for _, _, data in depot.pieces) == IMAGE
    for device, version, at in (
        *(("c-desk", "0.2.0", 0), ("b-lost", "0.1.9", 0), ("b-lost", "0.2.0", 1_500)),
        ("x-stranger", "0.2.0", 0),
    ):
        depot.street.send(device, "fetch", version=version, at=at)
    depot.courier.bring()
    assert len(depot.pieces) == 3
    await depot.look(later_ms=60_000)
    assert depot.stages()["b-lost"] is Stage.OFFERED


async def test_a_piece_waits_for_everything_else(depot: Depot) -> None:
    depot.online("b-lost")
    depot.publish_release()
    await depot.look()
    depot.is_idle = False
    depot.street.send("b-lost", "fetch", version="0.2.0", at=0)
    assert depot.courier.bring() == 0
    assert depot.pieces == []
    depot.is_idle = True
    assert depot.courier.bring() == 1
    assert len(depot.pieces) == 1


async def test_so_many_pieces_go_at_once_and_the_latest_wish_of_a_device_counts() -> None:
    sent: list[str] = []

    class Air:
        def publish(self, topic: str, payload: bytes, **how: Any) -> bool:
            sent.append(topic)
            return False

        def whisper(self, topic: str, payload: bytes) -> bool:
            sent.append(f"{topic} {json.loads(payload)['at']}")
            return True

    courier = Courier(Air())
    devices = [f"b-{n:02}" for n in range(25)]
    courier.carry("0.2.0", IMAGE, devices)
    for device in devices:
        courier.ask(device, {"version": "0.2.0", "at": PIECE_BYTES})
        courier.ask(device, {"version": "0.2.0", "at": 0})
    assert [courier.bring() for _ in range(4)] == [IN_A_TURN, IN_A_TURN, 5, 0]
    assert [line.split()[1] for line in sent] == ["0"] * 25
    # Nobody whom the broker does not answer for holds up the others' offers.
    sent.clear()
    for n in range(OFFERS * 2):
        courier.tell(f"d-{n}", {})
    courier.say()
    courier.say()
    assert len(set(sent)) == OFFERS * 2


async def test_the_courier_brings_pieces_as_soon_as_they_are_wanted(depot: Depot) -> None:
    depot.online("b-lost")
    depot.publish_release()
    await depot.look()
    running = asyncio.create_task(depot.courier.run())
    for at in (0, 600, 1_200):
        depot.is_idle = at != 600
        depot.street.send("b-lost", "fetch", version="0.2.0", at=at)
        async with asyncio.timeout(60):
            while not any(at == one for _, one, _ in depot.pieces):
                await asyncio.sleep(0.001)
                depot.is_idle = True
    running.cancel()


async def test_a_failure_stops_it_is_told_to_technicians_once_and_takes_back_offers(
    depot: Depot,
) -> None:
    street = depot.street
    depot.online("b-lost")
    depot.publish_release()
    await depot.look()
    depot.say("b-lost", "failed", attempt=1, why="link")
    await depot.look()
    opened = {key for key in street.warden.supervisor.open if key[1] == "firmware"}
    assert opened == {("@gateway", "firmware")}
    for _ in range(3):
        depot.say("b-lost", "failed", attempt=1, why="link")
        await depot.look(later_ms=60_000)
    street.warden.tick(street.now)
    await street.settle()
    assert street.record().count("fault") == 1
    assert depot.lines()[-1] == "firmware_stopped"
    with depot.operator.writing() as connection:
        store.retry(connection, "b-lost", "示例", street.now)
        store.resume(connection, "示例", street.now)
    await depot.look()
    assert depot.offers["b-lost"]["attempt"] == 2
    assert not [key for key in street.warden.supervisor.open if key[1] == "firmware"]


async def test_an_operator_stops_it_and_the_offer_is_taken_back(depot: Depot) -> None:
    depot.online("b-lost")
    depot.publish_release()
    await depot.look()
    with depot.operator.writing() as connection:
        store.stop(connection, "示例", depot.street.now)
    await depot.look()
    assert depot.offers["b-lost"] == {}
    depot.street.send("b-lost", "fetch", version="0.2.0", at=0)
    depot.courier.bring()
    assert depot.pieces == []


@pytest.mark.parametrize("stage", ["fetching", "ready"])
async def test_an_offer_is_taken_back_though_the_next_release_is_published_at_once(
    depot: Depot, stage: str
) -> None:
    depot.online("b-lost")
    depot.publish_release()
    await depot.look()
    depot.say("b-lost", stage, attempt=1)
    await depot.look()
    with depot.operator.writing() as connection:
        store.stop(connection, "示例", depot.street.now)
    depot.online("b-1")
    depot.street.send("b-lost", "state", online=False)
    depot.publish_release(replace(RELEASE, version="0.3.0"))
    await depot.look()
    assert depot.offers["b-lost"] == {}
    depot.online("b-lost")
    depot.say("b-1", "good", version="0.3.0")
    await depot.look()
    await depot.look(later_ms=PAUSE_MS)
    assert depot.offers["b-lost"]["version"] == "0.3.0"


async def test_after_a_power_cut_of_the_gateway_the_offers_are_said_again(depot: Depot) -> None:
    street = depot.street
    depot.online("b-lost")
    depot.publish_release()
    await depot.look()
    depot.say("b-lost", "fetching", attempt=1)
    await depot.look()
    await street.power_cut()
    await street.power_up()
    depot.offers.clear()
    depot.begin()
    await depot.look()
    assert depot.offered == {"b-lost"}
    depot.street.send("b-lost", "fetch", version="0.2.0", at=0)
    assert depot.courier.bring() == 1


async def test_what_was_not_told_while_the_broker_was_away_is_told_when_it_is_back(
    depot: Depot,
) -> None:
    depot.online("b-lost")
    depot.publish_release()
    depot.street.air.is_up = False
    await depot.look()
    assert depot.offers == {}
    depot.street.air.is_up = True
    await depot.look()
    assert depot.offered == {"b-lost"}


async def test_what_a_device_said_while_the_disk_failed_is_not_lost(
    depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    depot.online("b-lost")
    depot.publish_release()
    await depot.look()

    def full(*_: object) -> bool:
        raise BooksError("disk", path="x", why="full")

    with monkeypatch.context() as broken:
        broken.setattr(store, "save", full)
        depot.say("b-lost", "trial", attempt=1)
        with pytest.raises(BooksError):
            await depot.look()
        broken.setattr(store, "save", lambda *_: False)  # an operator was faster
        await depot.look()
    assert depot.stages()["b-lost"] is Stage.OFFERED
    await depot.look()
    assert depot.stages()["b-lost"] is Stage.TRIAL


async def test_a_device_that_vanishes_on_trial_stops_the_roll_out(depot: Depot) -> None:
    street = depot.street
    depot.online("b-lost", "c-desk")
    depot.publish_release()
    await depot.look()
    depot.say("b-lost", "ready", attempt=1)
    await depot.look()
    street.send("b-lost", "state", online=False)
    await depot.watch(LOST_MS + SETTLED_MS)
    assert depot.stages()["b-lost"] is Stage.FAILED
    assert depot.lines()[-1] == "firmware_stopped"


async def test_a_gateway_whose_machine_slept_takes_no_device_on_trial_for_lost(
    depot: Depot,
) -> None:
    street = depot.street
    depot.online("b-lost", "c-desk")
    depot.publish_release()
    await depot.look()
    depot.say("b-lost", "ready", attempt=1)
    street.send("b-lost", "state", online=False)
    await depot.watch(SETTLED_MS)
    await depot.look(later_ms=LOST_MS)
    await depot.watch(SETTLED_MS - 60_000)
    assert depot.stages()["b-lost"] is Stage.READY
    depot.online("b-lost", firmware="0.2.0")  # it has been up long since
    depot.say("b-lost", "good", attempt=1)
    await depot.watch(SETTLED_MS)
    assert depot.stages()["b-lost"] is Stage.GOOD


async def test_a_kept_word_of_an_update_is_no_sign_of_life(depot: Depot) -> None:
    street = depot.street
    for _ in range(720):
        street.now += 5_000
        street.warden.tick(street.now)
    never = {key for key in street.warden.supervisor.open if key[1] == "never"}
    assert ("b-1", "never") in never
    depot.say("b-1", "good")
    street.warden.tick(street.now)
    assert {key for key in street.warden.supervisor.open if key[1] == "never"} == never


async def test_only_a_newer_release_is_published_and_not_while_one_is_under_way(
    depot: Depot,
) -> None:
    depot.online("b-lost")
    depot.publish_release()
    await depot.look()
    for version, code in (
        ("0.2.0", "not_newer"),
        ("0.1.9", "not_newer"),
        ("0.3.0", "rollout_runs"),
    ):
        with pytest.raises(BooksError) as refused:
            depot.publish_release(Release(version, 6, 1, "b" * 64, "eA=="))
        assert refused.value.code == code
    with depot.operator.writing() as connection:
        store.stop(connection, "示例", depot.street.now)
    depot.publish_release(Release("0.3.0", 6, len(IMAGE), "b" * 64, "eA=="))
    await depot.look()
    assert depot.offers["b-lost"]["version"] == "0.3.0"
    with depot.operator.reading() as connection:
        assert store.image(connection, "0.2.0") == b""
