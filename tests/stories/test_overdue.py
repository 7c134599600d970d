"""Ten thousand calls that are overdue when the gateway starts."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from stories.street import START, Street, furnish

from bench.overdue import fill, overdue
from lovebell.engine import Engine
from lovebell.reception import Reception
from lovebell.store.live import LiveStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CALLS = 10_000
AT_ONCE = 500


class Bell:
    """Stands for the broker: remembers which episodes were rung, in order."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def publish(self, topic: str, payload: bytes, **_: Any) -> bool:
        if topic.endswith("/ring"):
            self.rung.append(json.loads(payload)["episode"])
        return True

    def settle(self, token: int) -> None:
        """Nobody waits."""


@pytest.fixture
async def back(tmp_path: Path) -> AsyncIterator[tuple[Engine, Bell]]:
    """A gateway that is back after an hour's stop of the whole town."""
    street = Street(tmp_path / "lovebell.db")
    furnish(street)
    fill(street.path, CALLS, 1_000, START)
    store, bell = LiveStore(street.path), Bell()
    engine = Engine(store, bell)
    await engine.load(START)
    yield engine, bell
    await store.close()


async def test_ten_thousand_overdue_calls_ring_on_oldest_first_and_hold_up_no_press(
    back: tuple[Engine, Bell],
) -> None:
    engine, bell = back
    reception = Reception(engine, lambda *_: None, lambda *_: None)
    assert len(engine.shelf.episodes) == CALLS  # what is over is not taken up again
    engine.up(START)
    while engine.restate(START):
        assert bell.rung == []  # what is overdue rings on in its turn, and not twice
    engine.due(START)
    assert len(set(bell.rung)) == AT_ONCE
    press = json.dumps({"id": "p-1", "kind": "call", "age_ms": 0}).encode()
    reception.receive("lovebell/v1/b-1/press", press, 1, START)
    assert bell.rung.pop() == "b-1.p-1"  # at once: 500 were in its way, not 10,000
    for _ in range(CALLS // AT_ONCE + 1):
        engine.due(START)
    assert list(dict.fromkeys(bell.rung)) == [overdue(n, START).id for n in range(CALLS, 0, -1)]
    assert set(Counter(bell.rung).values()) == {2}  # each once: the volunteer's and the desk's
    assert engine.shelf.overdue(START) == 0
    await engine.writer.drain()
    assert not engine.writer.trouble
