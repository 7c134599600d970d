"""A restored backup: which boards it cuts off and which it lets in again, and the way back."""

from __future__ import annotations

import re
import shlex
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from town import Town

from lovebell.provision.files import Plan
from lovebell.provision.install import make
from lovebell.store import credentials, schema
from lovebell.store.access import OperatorStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

DAY_MS = 86_400_000
HERE = ("--broker", "127.0.0.1:1883", "--no-tls")


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setenv("BUNDLE_PASSPHRASE", "示例口令示例口令")
    monkeypatch.chdir(tmp_path)
    town = Town(tmp_path / "lovebell.db")
    yield town
    town.close()


def do(town: Town, *args: str) -> str:
    town.street.now += 1000
    said = town.type(*args)
    assert said.exit_code == 0, said.output
    return said.stdout


def enrol(town: Town, count: int, out: str, *more: str) -> None:
    wanted = ("--kind", "button", "--count", str(count), "--out", out)
    do(town, "device", "enrol", *wanted, *HERE, *more)


def heard(device: str) -> Callable[[Connection], object]:
    """The gateway has heard of that device."""
    row: dict[str, Any] = {
        "device": device,
        "at_ms": 0,
        "online": True,
        "firmware": "",
        "heartbeat": {},
    }
    return lambda connection: connection.execute(schema.seen.insert(), row)


def valid(town: Town) -> dict[str, str]:
    """What the broker is to accept now."""
    with (
        closing(OperatorStore(town.path)) as store,
        store.reading() as connection,
    ):
        return credentials.valid(connection, town.street.now)


def hashes(town: Town) -> dict[str, str]:
    return dict(map(tuple, town.street.rows("SELECT device, hash FROM credential")))


def aged(town: Town) -> dict[str, str]:
    """Two boards, a backup, then a third and a fourth while the second was stolen. What may
    connect in the end."""
    enrol(town, 2, "one")
    do(town, "backup", "old.gz")
    enrol(town, 2, "two")
    do(town, "device", "revoke", "b-002")
    do(town, "home", "add", "h-1", "--name", "示例奶奶")
    do(town, "pair", "b-003", "h-1")
    return hashes(town)


def test_restore_names_whom_it_cuts_off_and_whom_it_lets_in_and_what_mends_it(town: Town) -> None:
    before = aged(town)
    said = do(town, "restore", "old.gz")
    assert "cut off when the gateway starts: b-003, b-004" in said
    assert "good again when the gateway starts: b-002" in said
    (command,) = re.findall(r"lovebell (device recover \S+)", said)
    assert set(hashes(town)) == {"b-001", "b-002"}
    said = do(town, *command.split())
    assert "b-003, b-004" in said
    assert said.splitlines()[-3:] == [
        "  lovebell home add h-1 --name NAME",  # which the backup does not know either
        "  lovebell pair b-003 h-1",
        "  lovebell pair b-004 HOME",
    ]
    assert hashes(town) == before
    assert [one["id"] for one in town.read("device", "list")] == [
        *("b-001", "b-002", "b-003", "b-004"),
    ]
    do(town, "home", "add", "h-1", "--name", "示例奶奶")
    do(town, "pair", "b-003", "h-1")
    assert "nothing to take over" in do(town, *command.split())
    happened = [(one["what"], one["who"]) for one in town.read("events")]
    assert happened.count(("recovered", "b-003")) == 1
    assert happened.count(("revoked", "b-002")) == 1


def test_pairings_that_were_changed_since_the_backup_are_named_with_their_commands(
    town: Town,
) -> None:
    enrol(town, 4, "one")
    do(town, "device", "add", "c-1", "--kind", "chime")
    do(town, "responder", "add", "r-1", "--name", "示例大姐")
    for home in ("h-1", "h-2"):
        do(town, "home", "add", home, "--name", "示例奶奶")
    for device in ("b-001", "b-002", "b-004"):
        do(town, "pair", device, "h-1")
    do(town, "backup", "old.gz")
    do(town, "unpair", "b-001", "h-1")
    do(town, "pair", "b-001", "h-2")  # she has moved
    do(town, "unpair", "b-002", "h-1")
    do(town, "pair", "b-003", "h-1")
    do(town, "pair", "c-1", "r-1")
    said = do(town, "restore", "old.gz")
    assert "as it has them when the gateway starts: b-001, b-002, b-003, c-1" in said
    (command,) = re.findall(r"(device recover \S+)", said.replace("\n", " "))
    commands = town.read(*command.split())["commands"]
    assert commands == [
        "lovebell unpair b-001 h-1",
        "lovebell pair b-001 h-2",
        "lovebell unpair b-002 h-1",
        "lovebell pair b-003 h-1",
        "lovebell pair c-1 r-1",
    ]
    for line in commands:
        do(town, *line.split()[1:])
    assert town.read(*command.split())["commands"] == []
    assert "nothing to take over" in do(town, *command.split())


def test_the_commands_can_be_typed_as_they_stand_whatever_is_new_and_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my 备份's"
    folder.mkdir()
    monkeypatch.chdir(folder)
    town = Town(folder / "lovebell.db")
    do(town, "device", "add", "c-1", "--kind", "chime")
    do(town, "backup", "old.gz")
    for device in ("b-1", "b-2"):  # with passwords of the community's own
        do(town, "device", "add", device, "--kind", "button")
    do(town, "home", "add", "h-1", "--name", "示例奶奶")
    for device in ("b-1", "b-2"):  # one beside the bed, one in the kitchen
        do(town, "pair", device, "h-1")
    (command,) = re.findall(r"lovebell (device recover .+)", do(town, "restore", "old.gz"))
    commands = town.read(*shlex.split(command))["commands"]
    assert commands == [
        "lovebell device add b-1 --kind button",
        "lovebell home add h-1 --name NAME",
        "lovebell pair b-1 h-1",
        "lovebell device add b-2 --kind button",
        "lovebell pair b-2 h-1",
    ]
    for line in commands:
        do(town, *line.split()[1:])
    assert town.read(*shlex.split(command))["commands"] == []
    town.close()


def test_restore_says_it_to_programs_too(town: Town) -> None:
    aged(town)
    found = town.read("restore", "old.gz")
    assert found["cut_off"] == ["b-003", "b-004"]
    assert found["let_in"] == ["b-002"]
    assert found["moved"] == ["b-003"]


def test_boards_that_may_have_come_on_line_since_the_backup_are_not_cut_off(town: Town) -> None:
    enrol(town, 1, "lost", "--days", "1")
    town.street.now += 2 * DAY_MS
    enrol(town, 2, "one", "--days", "7")
    do(town, "backup", "old.gz")
    town.street.edit(heard("b-002"))
    town.street.now += 8 * DAY_MS
    assert set(valid(town)) == {"b-002"}
    said = do(town, "restore", "old.gz")
    assert "b-002, b-003" in said
    assert "30" in said
    assert set(valid(town)) == {"b-002", "b-003"}  # and b-001 expired before it was ever used
    town.street.now += 31 * DAY_MS
    assert valid(town) == {}
    town.street.now -= 31 * DAY_MS - 1000
    assert town.read("restore", "old.gz")["prolonged"] == ["b-002", "b-003"]


def test_what_is_taken_over_is_good_for_as_long_as_it_was(town: Town) -> None:
    enrol(town, 1, "zero")
    do(town, "backup", "old.gz")
    enrol(town, 2, "one", "--days", "100")
    town.street.edit(heard("b-002"))
    said = do(town, "restore", "old.gz")
    (command,) = re.findall(r"lovebell (device recover \S+)", said)
    do(town, *command.split())
    town.street.now += 60 * DAY_MS
    assert set(valid(town)) == {"b-002", "b-003"}
    town.street.now += 60 * DAY_MS
    assert set(valid(town)) == {"b-002"}  # its elder may be in hospital


def test_a_token_that_was_revoked_since_the_backup_is_not_good_again(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(tmp_path / "broker", 10, broker_user="root", gateway_user="root")
    make(plan, ["bell.example"], "lovebell", town.street.now, lambda n: b"x" * n)
    monkeypatch.setenv("LOVEBELL_BROKER_FOLDER", str(plan.folder))
    monkeypatch.setenv("LOVEBELL_WEB_PORT", "8080")
    do(town, "technician", "token", "create", "--who", "示例师傅")
    do(town, "backup", "old.gz")
    do(town, "technician", "token", "revoke", "1")
    said = do(town, "restore", "old.gz")
    assert "so all are now (1)" in said
    assert [one["standing"] for one in town.read("technician", "token", "list")] == ["revoked"]


def test_a_restore_that_changes_nothing_for_boards_says_nothing_of_them(town: Town) -> None:
    enrol(town, 2, "one")
    do(town, "backup", "old.gz")
    said = do(town, "restore", "old.gz")
    assert "recover" not in said
    assert "Note" not in said


def test_a_device_that_was_taken_out_since_the_backup_is_shut_out_again(town: Town) -> None:
    enrol(town, 2, "one")
    do(town, "backup", "old.gz")
    do(town, "device", "remove", "b-002")
    said = do(town, "restore", "old.gz")
    assert "good again when the gateway starts: b-002" in said
    (command,) = re.findall(r"lovebell (device recover \S+)", said)
    enrol(town, 1, "later")  # of which the old database has never heard
    assert "b-002" in do(town, *command.split())
    assert set(hashes(town)) == {"b-001", "b-003"}
    assert "nothing to take over" in do(town, *command.split())


def test_an_old_database_neither_revives_what_was_revoked_nor_cuts_off_what_came_later(
    town: Town,
) -> None:
    enrol(town, 2, "one")
    do(town, "backup", "old.gz")
    do(town, "restore", "old.gz")  # keeps an old database beside the new one
    (kept,) = Path().glob("lovebell.db.before-*")
    do(town, "device", "revoke", "b-002")
    enrol(town, 1, "two")
    before = hashes(town)
    assert "nothing to take over" in do(town, "device", "recover", str(kept))
    assert hashes(town) == before


def test_a_database_that_cannot_be_read_is_said_and_everything_else_is_restored(
    town: Town,
) -> None:
    enrol(town, 1, "one")
    do(town, "backup", "old.gz")
    for tail in ("", "-wal", "-shm"):
        Path(f"lovebell.db{tail}").unlink(missing_ok=True)
    Path("lovebell.db").write_bytes(b"rotten" * 1000)
    said = do(town, "restore", "old.gz")
    assert "the old database cannot be read" in said
    assert set(hashes(town)) == {"b-001"}


@pytest.mark.parametrize("content", [None, b"", b"no database", b"SQLite format 3\0" + b"x" * 500])
def test_what_is_no_database_is_refused_by_name(
    town: Town, tmp_path: Path, content: bytes | None
) -> None:
    enrol(town, 1, "one")
    other = tmp_path / "other.db"
    if content is not None:
        other.write_bytes(content)
    said = town.type("device", "recover", str(other))
    assert said.exit_code == 1
    assert "no database of lovebell" in said.stderr
    assert set(hashes(town)) == {"b-001"}
    assert other.exists() == (content is not None)
