"""Two boards with one identity: seen by what they tell, and told to a technician."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from stories.street import Street

MINUTE = 60_000


class Board:
    """One of the boards that are called b-1."""

    def __init__(self, street: Street, boot: int) -> None:
        self._street = street
        self.boot = boot
        self.began = street.now

    def connect(self) -> None:
        """As the firmware does it, whenever a broker has let it in."""
        street = self._street
        street.send("b-1", "state", online=True, role="button", boot=self.boot)
        self.beat()

    def beat(self) -> None:
        """One heartbeat."""
        up_s = (self._street.now - self.began) // 1000
        self._street.send("b-1", "heartbeat", every_s=60, up_s=up_s)

    def restart(self) -> None:
        """Power comes back."""
        self.boot += 1
        self.began = self._street.now


def words(street: Street) -> set[str]:
    return {word for device, word in street.warden.supervisor.open if device == "b-1"}


def contend(street: Street, *boards: Board, times: int = 5) -> None:
    """Each throws the other out, again and again."""
    for _ in range(times):
        for board in boards:
            street.now += 5_000
            board.connect()


async def test_two_boards_of_one_name_are_a_fault_within_a_minute(street: Street) -> None:
    first = Board(street, boot=3)
    street.now += 10 * MINUTE
    second = Board(street, boot=3)  # set up alike, so it has started as often
    contend(street, first, second)
    await street.settle()
    assert words(street) == {"twice"}
    assert "fault" in street.record()


async def test_two_boards_that_start_with_the_same_power_cut_are_told_by_their_count(
    street: Street,
) -> None:
    first, second = Board(street, boot=3), Board(street, boot=7)
    contend(street, first, second)
    assert "twice" in words(street)


async def test_presses_of_both_boards_ring_and_are_received(street: Street) -> None:
    first, second = Board(street, boot=3), Board(street, boot=7)
    contend(street, first, second)
    one = await street.press("b-1", press_id="life-a-3-1")
    other = await street.press("b-1", press_id="life-b-7-1")
    assert street.receipts == {one, other}
    assert street.sounding == {"c-paired"}


@pytest.mark.parametrize("pause_ms", [1_000, 60_000, 3_600_000])
async def test_one_board_that_starts_again_and_again_is_one(street: Street, pause_ms: int) -> None:
    board = Board(street, boot=1)
    for _ in range(20):
        street.now += pause_ms
        board.connect()
        board.restart()
    assert "twice" not in words(street)


async def test_one_board_whose_wifi_comes_and_goes_is_one(street: Street) -> None:
    board = Board(street, boot=1)
    for n in range(60):
        street.now += 3_000 + n % 7 * 1000
        board.connect()
    assert words(street) == {"flaps"}
    for _ in range(12):
        street.now += MINUTE
        board.beat()
    assert words(street) == set()


async def test_one_board_whose_heartbeats_lie_somewhere_for_a_while_is_one(street: Street) -> None:
    board = Board(street, boot=1)
    late_ms = 0
    for n in range(20):
        street.now += MINUTE - late_ms
        up_s = (street.now - board.began) // 1000
        late_ms = 40_000 if n % 3 == 1 else 0  # a card that writes slowly holds the gateway up
        street.now += late_ms
        street.send("b-1", "heartbeat", every_s=60, up_s=up_s)
    assert words(street) == set()


async def test_boards_that_started_alike_at_the_same_moment_are_seen_to_come_and_go(
    street: Street,
) -> None:
    first, second = Board(street, boot=3), Board(street, boot=3)
    contend(street, first, second, times=10)
    assert words(street) == {"flaps"}


async def test_a_board_whose_connection_breaks_now_and_then_is_well(street: Street) -> None:
    board = Board(street, boot=1)
    for _ in range(60):
        street.now += MINUTE
        board.connect()
    assert words(street) == set()


async def test_what_a_broker_delivers_once_more_does_not_make_two_of_one(street: Street) -> None:
    board = Board(street, boot=1)
    for _ in range(4):
        street.air.is_up = False
        street.warden.tick(street.now)
        street.air.is_up = True
        street.warden.tick(street.now)
        street.now += 1_000
        for boot in (1, 2, 1, 2):
            street.send("b-1", "state", online=True, boot=boot)
        board.beat()
    assert "twice" not in words(street)


async def test_the_fault_ends_when_the_other_board_was_not_heard_for_a_day(street: Street) -> None:
    first = Board(street, boot=3)
    street.now += 10 * MINUTE
    second = Board(street, boot=3)
    contend(street, first, second)
    for _ in range(23 * 60):
        street.now += MINUTE
        first.beat()
    assert words(street) == {"twice"}
    for _ in range(65):
        street.now += MINUTE
        first.beat()
    assert words(street) == set()


async def test_what_two_laptops_have_given_out_is_a_fault_before_the_boards_ever_meet(
    street: Street,
) -> None:
    street.warden.twice("b-1", street.now)
    street.warden.twice("b-unheard-of", street.now)
    await street.settle()
    rows = street.rows("SELECT device, word FROM fault")
    assert [tuple(row) for row in rows] == [("b-1", "twice")]
