"""Every press of 20 ms counts, no glitch of 5 ms does, and a bounce is one press: measured."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from simulator.detection import PRESSES, Count, bounce, measured, on_a_board

if TYPE_CHECKING:
    from pathlib import Path

ALL = Count(PRESSES, PRESSES, 0)
NONE = Count(PRESSES, 0, 0)


@pytest.mark.parametrize("way", ["awake", "late", "blind"])
@pytest.mark.parametrize("length_ms", [20, 21, 25, 30, 50, 200])
def test_every_press_from_20_ms_is_seen_once(way: str, length_ms: int) -> None:
    assert measured(way, length_ms) == ALL


@pytest.mark.parametrize("way", ["awake", "late"])
@pytest.mark.parametrize("length_ms", [1, 2, 3, 4, 5])
def test_no_glitch_up_to_5_ms_is_a_press_while_nothing_blocks(way: str, length_ms: int) -> None:
    assert measured(way, length_ms) == NONE


def test_whatever_touches_the_contact_while_the_chip_is_blocked_is_a_press() -> None:
    assert measured("blind", 2) == ALL


def test_looking_every_50_ms_would_miss_most_presses_of_20_ms() -> None:
    assert measured("poll", 20).seen < PRESSES // 2


def test_a_bounce_begins_closed_ends_open_and_keeps_its_length() -> None:
    for length_ms in range(1, 60):
        edges = bounce(length_ms * 1000, random.Random(length_ms))
        times = [at for at, _ in edges]
        assert times == sorted(times)
        assert edges[0] == (0, True)
        assert edges[-1] == (length_ms * 1000, False)
        assert [closed for _, closed in edges] == [True, False] * (len(edges) // 2)


async def test_a_virtual_board_sees_every_press_of_20_ms(tmp_path: Path) -> None:
    assert await on_a_board(20, 10, tmp_path / "b-01") == Count(10, 10, 0)
