"""TLS where the firmware runs under CPython: the same refusals in the same words."""

import pytest

from simulator.chain import is_possible
from simulator.street import Street

from .conftest import PATIENCE_S

pytestmark = pytest.mark.skipif(not is_possible(), reason="openssl makes the certificates")


async def test_a_press_goes_through_a_verified_connection(tmp_path):
    async with Street(tmp_path) as street:
        button = await street.board("b-01", "button", interpreter="cpython")
        await button.wait_for(lambda board: board.broker_is_up, PATIENCE_S)
        button.press()
        await street.far_end.hears("press", kind="call")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"authority": "other"}, "no authority of ours has signed it"),
        ({"host": "elsewhere.example"}, "it is not for localhost"),
        ({"first_day": -30, "last_day": -1}, "it has expired"),
    ],
)
async def test_a_wrong_certificate_is_refused_by_name(tmp_path, wrong, words):
    async with Street(tmp_path) as street:
        street.broker.stop()
        street.chain.sign(**wrong)
        street.broker.start()
        button = await street.board("b-01", "button", interpreter="cpython")
        await button.wait_for(
            lambda board: any("its certificate is refused: " + words in line for line in board.log),
            PATIENCE_S,
        )
        assert "broker up" not in button.log
