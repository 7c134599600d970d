"""What the technician's tests share: compiled firmware, a broker, a bench."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from technician.bench import Bench

from lovebell_tools import release
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lovebell_tools.release import Firmware


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the compiled firmware."""
    folder = tmp_path_factory.mktemp("made") / "firmware"
    release.made(folder)
    return folder


@pytest.fixture(scope="session")
def firmware(compiled: Path) -> Firmware:
    return release.read(compiled)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def bench(
    tmp_path_factory: pytest.TempPathFactory, firmware: Firmware, broker: Mosquitto
) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("bench"), firmware, broker.port) as bench:
        yield bench
