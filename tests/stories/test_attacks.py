"""A power cut at every place between two things the gateway does, and messages in disorder."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from stories.street import Street, furnish

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class PowerCutError(BaseException):
    """The gateway is gone in the middle of a line. Nothing of it may catch this."""


class Fuse:
    """Blows the n-th time that it is passed; 0 never does."""

    def __init__(self, at: int = 0) -> None:
        self.left = at
        self.passed = 0

    def __call__(self) -> None:
        self.passed += 1
        self.left -= 1
        if self.left == 0:
            raise PowerCutError


class Wired:
    """A street whose gateway has a fuse before and after everything it does to the world, and
    whose broker delivers again what was not settled."""

    def __init__(self, street: Street, fuse: Fuse) -> None:
        self.street = street
        self.fuse = fuse
        self.waiting: dict[int, tuple[str, bytes]] = {}
        self._publish, self._settle = street.air.publish, street.air.settle
        street.air.publish = self.publish
        street.air.settle = self.settle

    async def power_up(self) -> None:
        street = self.street
        inbox, street.inbox = street.inbox, []
        await street.power_up()
        receive, save = street.reception.receive, street.store.save

        def received(topic: str, payload: bytes, token: int, now: int) -> None:
            self.waiting[token] = topic, payload
            receive(topic, payload, token, now)

        async def saved(batch: Any) -> None:
            self.fuse()
            await save(batch)
            self.fuse()

        street.reception.receive = received
        street.store.save = saved
        again, self.waiting = self.waiting, {}
        for n, (topic, body) in enumerate([*again.values(), *inbox], 10_000):
            received(topic, body, n, street.now)
        await street.settle()

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        urgent: bool = False,
        then: Callable[[], None] | None = None,
        expires_s: int | None = None,
    ) -> bool:
        self.fuse()
        went = self._publish(topic, payload, retain=retain)
        self.fuse()
        if then:
            then()
        return went

    def settle(self, token: int) -> None:
        self.fuse()
        self._settle(token)
        self.waiting.pop(token, None)
        self.fuse()


async def play(path: Path, fuse: Fuse) -> Street:
    """Press, nobody, the neighbour answers, arrives; devices repeat until they have receipts."""
    street = Street(path)
    furnish(street)
    wired = Wired(street, Fuse())
    await wired.power_up()
    wired.fuse = fuse
    answer = {"id": "a-1", "episode": "b-1.p-1"}
    scenes: list[Callable[[], Any]] = [
        lambda: street.press(press_id="p-1"),
        lambda: street.forward(46),
        lambda: street.send("c-neighbour", "acknowledge", **answer),
        street.settle,
    ]
    for scene in scenes:
        try:
            done = scene()
            if done is not None and not isinstance(done, int):
                await done
        except PowerCutError:
            await street.power_cut()
            await wired.power_up()
        if "p-1" not in street.receipts:
            await street.press(press_id="p-1")
    street.ringing.get("c-neighbour", set()).clear()  # its own button silenced it
    if "a-1" not in street.receipts:
        street.send("c-neighbour", "acknowledge", **answer)
    await street.settle()
    await street.forward(30)
    await street.power_cut()
    return street


def check(street: Street) -> None:
    assert street.receipts == {"p-1", "a-1"}
    assert [tuple(row) for row in street.rows("SELECT id, state FROM episode")] == [
        ("b-1.p-1", "acknowledged")
    ]
    assert len(street.rows("SELECT id FROM receipt")) == 2
    assert street.lamp() == "coming"
    assert street.sounding == set()
    assert street.rows("SELECT body FROM outbox") == []


async def test_the_story_without_a_power_cut(tmp_path: Path) -> None:
    fuse = Fuse()
    check(await play(tmp_path / "lovebell.db", fuse))
    assert 40 < fuse.passed < 70  # as many places as the next test has cuts, or it is too short


@pytest.mark.parametrize("at", range(1, 61))
async def test_a_power_cut_at_any_place_loses_nothing(tmp_path: Path, at: int) -> None:
    check(await play(tmp_path / "lovebell.db", Fuse(at)))


@pytest.mark.parametrize("seed", range(8))
async def test_messages_twice_and_in_any_order_end_the_same(street: Street, seed: int) -> None:
    """A press and an answer, with all that chimes say: doubled, shuffled, a press always rings."""
    chance = random.Random(seed)
    said: list[tuple[str, str, dict[str, Any]]] = [
        ("b-1", "press", {"id": "p-1", "kind": "call", "age_ms": 0}),
        ("c-paired", "ringing", {"episode": "b-1.p-1"}),
        ("c-neighbour", "hushed", {"episode": "b-1.p-1"}),
        ("c-neighbour", "acknowledge", {"id": "a-1", "episode": "b-1.p-1"}),
    ] * 2
    chance.shuffle(said)
    for device, leaf, fields in said:
        street.send(device, leaf, **fields)
        if chance.random() < 0.5:
            await street.settle()
    await street.settle()
    assert [row[0] for row in street.rows("SELECT id FROM episode")] == ["b-1.p-1"]
    assert any(line.startswith("ring ") for line in street.air.log)
    assert street.receipts == {"p-1", "a-1"}
    assert street.lamp() == "coming"
    assert street.record().count("acknowledged") == 1
