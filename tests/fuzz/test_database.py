"""A database that is cut short or in which bits have flipped: it is said clearly, nothing is
written over, and a gateway that runs goes on ringing."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest
from fuzz.kit import DECAY, Edit, dose, edited
from hypothesis import example, given
from hypothesis import strategies as st
from stories.street import Street
from town import Town

from lovebell.domain.records import DiskError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: What operators type, of every kind.
COMMANDS = [
    *(["home", "list"], ["home", "show", "h-1"], ["responder", "list"], ["device", "list"]),
    *(["pairings"], ["episodes"], ["episode", "show", "1"], ["events"], ["figures"]),
    *(["faults", "--all"], ["rollcall"], ["health"], ["plan", "show", "h-1"], ["plan", "check"]),
    *(["rota", "list"], ["group", "list"], ["holiday", "list"], ["away", "list"], ["tests"]),
    *(["channel", "list"], ["contact", "list"], ["outcome", "list"], ["community", "list"]),
    *(["export", "episodes", "--json"], ["home", "edit", "h-1", "--phone", "13800000000"]),
    *(["episode", "acknowledge", "2", "--responder", "r-desk"], ["home", "export", "h-1"]),
]
BACKUP = "示例备份.gz"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with something of everything, and a backup of it beside it."""
    town = Town(tmp_path_factory.mktemp("town") / "lovebell.db")
    town.furnish()
    town.power_up()
    town.press()
    town.answer("c-paired")
    for device in ("b-1", "c-paired"):
        town.street.send(device, "heartbeat", every_s=60, up_s=5)
    town.street.reception.save_seen(town.street.now)
    town.forward(600)
    town.look()
    for line in (
        "channel add group --kind wecom --set token=env:LOVEBELL_TOKEN",
        "contact add r-paired group",
        "community add c-1 --name 示例社区",
        "community edit c-1 --name 示例社区 --default",
        "group set g-1 r-paired",
        "plan set h-1",
        "holiday add 2027-10-01 --community c-1 --name 示例节",
        "away add r-paired --until 2027-02-01",
        "episode resolve 1 --outcome helped",
    ):
        town.type(*line.split())
    town.type("rota", "set", "rota-1", "daily 00:00-24:00 g-1")
    town.type("plan", "set", "h-1", "paired 45s", "rota-1,desk 60s")
    town.go_on()
    town.press("b-lost")  # one is open
    town.close()
    assert town.type("backup", str(town.path.parent / BACKUP)).exit_code == 0
    return town.path


def spoilt(pattern: Path, folder: Path, edits: list[Edit]) -> Path:
    """A copy of the database with this done to it."""
    path = folder / pattern.name
    for old in folder.iterdir():
        old.unlink()
    for good in pattern.parent.iterdir():
        shutil.copy(good, folder)
    path.write_bytes(edited(pattern.read_bytes(), edits))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spoilt")


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@dose(60)
@given(DECAY, st.sampled_from(COMMANDS), st.sampled_from(["zh", "en"]))
def test_an_operator_is_told_and_nothing_is_written_over(
    pattern: Path, folder: Path, edits: list[Edit], command: list[str], language: str
) -> None:
    town = Town(spoilt(pattern, folder, edits))
    before = town.path.read_bytes()
    result = town.type(*command, language=language)
    town.close()
    assert result.exception is None or isinstance(result.exception, SystemExit), command
    assert "Traceback" not in result.output
    if result.exit_code and ("已损坏" in result.output or "is damaged" in result.output):
        assert str(pattern.parent / BACKUP) in result.output
        assert town.path.read_bytes() == before
    assert (folder / BACKUP).read_bytes() == (pattern.parent / BACKUP).read_bytes()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_wherever_it_is_cut_short_it_is_said_and_the_backup_is_named(
    pattern: Path, folder: Path, language: str
) -> None:
    whole = len(pattern.read_bytes())
    for end in [0, 1, 50, 99, 100, 511, 4_095, *range(4_096, whole, 40_960), whole - 4_096]:
        path = spoilt(pattern, folder, [Edit("cut", end / whole, 0, b"")])
        town = Town(path)
        for command in (["home", "list"], ["health"], ["backup", str(folder / "new.gz")]):
            result = town.type(*command, language=language)
            assert result.exit_code == 1, (end, command)
            assert ("已损坏" if language == "zh" else "is damaged") in result.output
            assert str(pattern.parent / BACKUP) in result.output
        town.close()
        assert path.stat().st_size == end
        assert not (folder / "new.gz").exists()


def test_a_database_that_has_gone_is_not_begun_anew_in_silence(pattern: Path, folder: Path) -> None:
    path = spoilt(pattern, folder, [])
    path.unlink()
    town = Town(path)
    result = town.type("home", "list")
    assert result.exit_code == 1
    assert "the file is gone" in result.stderr
    assert not path.exists()
    assert town.type("restore", str(folder / BACKUP)).exit_code == 0
    assert "示例奶奶" in town.type("home", "list").stdout
    town.close()


@dose(25)
@given(DECAY)
def test_a_gateway_starts_and_rings_or_says_that_its_database_is_damaged(
    pattern: Path, folder: Path, runner: asyncio.Runner, edits: list[Edit]
) -> None:
    street = Street(spoilt(pattern, folder, edits))
    street.now += 3_600_000

    async def story() -> None:
        try:
            await street.power_up()
        except DiskError:
            return
        try:
            await nights(street)
        finally:
            await street.power_cut()

    runner.run(story())


async def nights(street: Street) -> None:
    """Presses, deadlines and operators, with a disk that may fail at any of them."""
    for n in range(3):
        street.send("b-new", "press", id=f"new-{n}", kind="call", age_ms=0)
        assert street.engine.shelf.open_of("b-new", "call") is not None
        for step in (street.settle(), street.forward(700), listen(street)):
            with contextlib.suppress(DiskError):
                await step


async def listen(street: Street) -> None:
    await street.engine.reread(street.now)
    street.operators.take_all(street.now)
    street.reception.save_seen(street.now)
    street.warden.tick(street.now)
    await street.settle()


@dose(8)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.booleans())
@example([n / 64 for n in range(64)], True)
def test_a_gateway_that_runs_goes_on_ringing(
    pattern: Path, folder: Path, runner: asyncio.Runner, places: list[float], is_cut: bool
) -> None:
    street = Street(spoilt(pattern, folder, []))

    async def story() -> None:
        await street.power_up()
        try:
            with street.path.open("r+b") as file:
                size = street.path.stat().st_size
                for place in places:
                    file.seek(round(place * (size - 200)))
                    file.write(b"\xff" * 200)
                if is_cut:
                    file.truncate(8_192)
            street.ringing.clear()
            street.send("b-1", "press", id="in-the-night", kind="call", age_ms=0)
            assert street.sounding
            for _ in range(3):
                for step in (street.settle(), street.forward(700), listen(street)):
                    with contextlib.suppress(DiskError):
                        await step
                assert street.sounding
        finally:
            with contextlib.suppress(DiskError):
                await street.power_cut()

    runner.run(story())


TEXTS = (
    *(("episode", "body"), ("episode", "call_plan"), ("plan", "steps"), ("rota", "shifts")),
    *(("channel", "options"), ("seen", "heartbeat"), ("outbox", "body"), ("event", "detail")),
    *(("community", "steps"), ("group", "members"), ("responder", "kind"), ("pairing", "link")),
)


@dose(40)
@given(st.sampled_from(TEXTS), st.floats(0, 1), st.sampled_from("0123456789-.,[]{}\"': xnull示"))
def test_a_letter_that_has_turned_into_another_ends_no_gateway(
    pattern: Path,
    folder: Path,
    runner: asyncio.Runner,
    where: tuple[str, str],
    place: float,
    letter: str,
) -> None:
    path = spoilt(pattern, folder, [])
    turn(path, where, place, letter)
    street = Street(path)
    street.now += 3_600_000

    async def story() -> None:
        with contextlib.suppress(DiskError):
            await street.power_up()
            await nights(street)

    runner.run(story())
    with contextlib.suppress(DiskError):
        runner.run(street.power_cut())


def turn(path: Path, where: tuple[str, str], place: float, letter: str) -> None:
    """Put another letter at this place of every such text."""
    table, column = where
    at = f"CAST({place} * (length({column}) - 1) AS INT)"
    turned = f"substr({column}, 1, {at}) || ? || substr({column}, {at} + 2)"
    connection = sqlite3.connect(path)
    connection.execute(f'UPDATE "{table}" SET {column} = {turned} WHERE {column} != ""', (letter,))  # noqa: S608
    connection.commit()
    connection.close()
