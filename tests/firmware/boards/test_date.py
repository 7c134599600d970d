"""The date of a board that has no clock: a certificate is the first to tell it, and it is kept."""

import time

import pytest
import pytest_asyncio

from simulator import chain, chip_date
from simulator.board import choose
from simulator.chip_date import POWER_ON_S, ChipDate
from simulator.street import Street

from .conftest import PATIENCE_S

pytestmark = pytest.mark.skipif(
    not (chip_date.is_possible() and chain.is_possible() and choose().name == "micropython"),
    reason="needs a C compiler, openssl and MicroPython",
)
DAY_S = 86_400


@pytest_asyncio.fixture
async def street(tmp_path):
    async with Street(tmp_path) as street:
        yield street


def is_up(board):
    return board.broker_is_up


async def board_with_date(street, date):
    return await street.board("b-01", "button", environment=date.environment)


async def test_a_board_from_the_year_2000_believes_a_certificate_and_keeps_the_date(
    street, tmp_path
):
    date = ChipDate(tmp_path / "date")
    button = await board_with_date(street, date)
    await button.wait_for(is_up, PATIENCE_S)
    # The street's authority began today, its certificate yesterday.
    assert time.time() - 2 * DAY_S < date.now < time.time() + DAY_S
    assert "lamp fault" not in button.log
    await button.power_cut()
    date.set(POWER_ON_S)
    button.log.clear()
    await button.start()
    await button.wait_for(is_up, PATIENCE_S)
    assert date.now > time.time() - 2 * DAY_S
    assert not any("refused" in line for line in button.log)


async def test_a_press_of_a_board_that_knows_no_date_waits_for_nothing_but_the_broker(
    street, tmp_path
):
    date = ChipDate(tmp_path / "date")
    button = await board_with_date(street, date)
    button.press()
    press = await street.far_end.hears("press")
    assert press.fields["age_ms"] < PATIENCE_S * 1000


async def test_another_authority_cannot_move_the_date(street, tmp_path):
    date = ChipDate(tmp_path / "date")
    street.broker.stop()
    street.chain.sign(authority="other")
    street.broker.start()
    button = await board_with_date(street, date)
    await button.wait_for(
        lambda board: sum("no authority of ours" in line for line in board.log) >= 4, PATIENCE_S
    )
    assert date.now < time.time() - 300 * DAY_S
    assert not button.broker_is_up


async def test_a_board_whose_date_is_too_late_stays_away_and_says_the_date(street, tmp_path):
    date = ChipDate(tmp_path / "date")
    date.set(time.time() + 400 * DAY_S)
    button = await board_with_date(street, date)
    await button.wait_for(
        lambda board: any("it has expired, today is" in line for line in board.log), PATIENCE_S
    )
    await button.power_cut()  # which is what heals a chip that has gone mad
    date.set(POWER_ON_S)
    await button.start()
    await button.wait_for(is_up, PATIENCE_S)
