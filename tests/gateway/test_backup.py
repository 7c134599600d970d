"""A backup is whole or not there; a restore changes all or nothing."""

from __future__ import annotations

import gzip
import os
import re
import sqlite3
import subprocess
import sys
import threading
import zlib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DatabaseError

from lovebell.store import migrate
from lovebell.store.backup import backup
from lovebell.store.sqlite import open_engine

if TYPE_CHECKING:
    from town import Town

MIGRATIONS = Path(migrate.__file__).with_name("migrations")


@pytest.fixture
def good(town: Town, tmp_path: Path) -> Path:
    """A backup of the town as it was furnished."""
    path = tmp_path / "good.gz"
    assert town.type("backup", str(path)).exit_code == 0
    return path


def test_what_was_lost_after_a_backup_comes_back_with_it(town: Town, good: Path) -> None:
    town.type("home", "edit", "h-1", "--name", "改过的")
    told = town.read("restore", str(good))
    assert town.read("home", "show", "h-1")["name"] == "示例奶奶"
    # The old one is kept whole, and can itself be restored.
    assert town.type("restore", told["kept"]).exit_code == 1  # same second, same name: refused
    town.street.now += 1_000
    assert town.type("restore", told["kept"]).exit_code == 0
    assert town.read("home", "show", "h-1")["name"] == "改过的"


def test_a_backup_while_the_gateway_works_is_of_one_moment(town: Town, tmp_path: Path) -> None:
    town.power_up()
    stop = threading.Event()
    path = tmp_path / "busy.gz"
    made: list[int] = []

    def keep_backing_up() -> None:
        while not stop.is_set() or not made:
            path.unlink(missing_ok=True)
            made.append(backup(town.path, path))

    thread = threading.Thread(target=keep_backing_up, daemon=True)
    thread.start()
    try:
        for n in range(60):
            town.press(press_id=f"p-{n}")
    finally:
        stop.set()
        thread.join()
    assert made
    town.power_cut()
    assert town.type("restore", str(path)).exit_code == 0
    # Whatever the moment: a receipt and its line of the record are there together.
    receipts = town.street.rows("SELECT count(*) FROM receipt")[0][0]
    asked = "SELECT count(*) FROM event WHERE what IN ('pressed', 'repeated')"
    assert receipts == town.street.rows(asked)[0][0]


def test_a_restored_gateway_goes_on_with_the_open_episode(town: Town, tmp_path: Path) -> None:
    town.power_up()
    town.press()
    path = tmp_path / "open.gz"
    assert town.type("backup", str(path)).exit_code == 0
    town.type("episode", "resolve", "1", "--outcome", "helped")
    town.power_cut()
    assert town.type("restore", str(path)).exit_code == 0
    town.power_up()
    assert [one["state"] for one in town.read("episodes", "--open")] == ["ringing"]


def test_no_file_is_overwritten_and_no_scratch_is_left(town: Town, good: Path) -> None:
    before = good.read_bytes()
    result = town.type("backup", str(good))
    assert result.exit_code == 1
    assert "is there already" in result.stderr
    assert good.read_bytes() == before
    assert [path.name for path in good.parent.iterdir() if path.name.startswith(".")] == []


def test_nothing_is_made_where_there_is_no_database(empty_town: Town, tmp_path: Path) -> None:
    result = empty_town.type("backup", str(tmp_path / "x.gz"))
    assert result.exit_code == 1
    assert "serve" in result.stderr
    assert not empty_town.path.exists()


def test_a_gateway_that_runs_is_not_pulled_from_under(town: Town, good: Path) -> None:
    town.power_up()
    before = town.read("home", "list")
    result = town.type("restore", str(good))
    assert result.exit_code == 1
    assert "stop it first" in result.stderr
    assert town.read("home", "list") == before


def refused(town: Town, path: Path) -> str:
    """What the command says to a bad backup; the database must be as it was."""
    before = town.read("home", "list")
    result = town.type("restore", str(path))
    assert result.exit_code == 1, result.output
    assert town.read("home", "list") == before
    names = [one.name for one in town.path.parent.iterdir()]
    assert not [name for name in names if name.startswith(".") or "before" in name]
    return result.stderr


def test_a_truncated_backup_is_refused_wherever_it_ends(town: Town, good: Path) -> None:
    whole = good.read_bytes()
    for size in (0, 1, 9, len(whole) // 2, len(whole) - 8, len(whole) - 1):
        good.write_bytes(whole[:size])
        assert "take an earlier backup" in refused(town, good), size


def unpacked(packed: bytes) -> bytes:
    """What a backup holds; nothing if it cannot be read."""
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return b""


def test_a_flipped_bit_is_refused_wherever_it_is(town: Town, good: Path) -> None:
    whole = good.read_bytes()
    tried = 0
    for place in [*range(10, len(whole), len(whole) // 40), len(whole) - 1]:
        broken = bytearray(whole)
        broken[place] ^= 4
        if unpacked(broken) == unpacked(whole):  # it copies the same zeros from elsewhere
            continue
        tried += 1
        good.write_bytes(broken)
        assert "take an earlier backup" in refused(town, good), place
    assert tried > 35


def test_what_is_no_backup_of_ours_is_refused(town: Town, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE x (y)")
    assert "no database of lovebell" in refused(town, other)
    text = tmp_path / "letter.txt"
    text.write_text("dear all")
    assert "is no backup" in refused(town, text)
    assert "no such file" in refused(town, tmp_path / "nothing.gz")


def test_a_backup_of_a_later_release_is_refused(town: Town, good: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.db"
    later.write_bytes(gzip.decompress(good.read_bytes()))
    with closing(sqlite3.connect(later)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer release" in refused(town, later)


def test_a_database_that_is_broken_is_kept_and_replaced(town: Town, good: Path) -> None:
    town.path.write_bytes(b"\x00" * 8192)
    told = town.type("restore", str(good), "--json")
    assert told.exit_code == 0, told.output
    assert [one["id"] for one in town.read("home", "list")] == ["h-1"]
    assert "before-" in told.stdout


def test_a_broken_database_gives_no_backup(town: Town, tmp_path: Path) -> None:
    town.path.write_bytes(town.path.read_bytes()[:4096] + b"\xff" * 40_000)
    result = town.type("backup", str(tmp_path / "x.gz"))
    assert result.exit_code == 1
    assert not (tmp_path / "x.gz").exists()
    with pytest.raises(DatabaseError), open_engine(town.path).connect() as connection:
        connection.exec_driver_sql("SELECT * FROM home")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_that_a_gateway_names_which_cannot_start_mends_its_database(
    town: Town, tmp_path: Path, language: str
) -> None:
    folder = tmp_path / "my 备份's"
    folder.mkdir()
    assert town.type("backup", str(folder / "good.gz")).exit_code == 0
    town.close()
    town.path.write_bytes(b"x" * 8_192)
    programs = Path(sys.executable).parent
    surroundings = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "LOVEBELL_DATABASE": str(town.path),
        "LOVEBELL_LANGUAGE": language,
    }
    serve = [str(programs / "lovebell"), "serve"]
    said = subprocess.run(serve, env=surroundings, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert len(said.stderr.splitlines()) == 1
    stop, restore, start = re.findall(r"`([^`]+)`", said.stderr)
    assert (stop, start) == ("systemctl stop lovebell", "systemctl start lovebell")
    subprocess.run(restore, shell=True, env=surroundings, check=True)  # noqa: S602 - as one types it
    assert town.read("home", "show", "h-1")["name"] == "示例奶奶"


def test_a_backup_of_an_older_release_is_upgraded(town: Town, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    engine = open_engine(old)
    alembic = Config()
    alembic.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0001")
        connection.exec_driver_sql("INSERT INTO home (id, name) VALUES ('h-old', '示例爷爷')")
    engine.dispose()
    assert town.type("restore", str(old)).exit_code == 0
    assert [home["id"] for home in town.read("home", "list")] == ["h-old"]
    assert town.read("outcome", "list") != []
    assert town.read("figures")["total"]["calls"] == 0
