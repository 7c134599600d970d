"""`lovebell broker`: made whole or not at all, renewed, and checked from outside."""

from __future__ import annotations

import os
import signal
import stat
from typing import TYPE_CHECKING

import pytest
from town import Town

from lovebell.commands.keeping import PATIENCE
from lovebell.provision import install
from lovebell.provision.probe import REFUSED, Place, Probe
from lovebell.store.books import raise_revision

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provision.conftest import Installation

ME = ("--broker-user", "root", "--gateway-user", "root") if os.geteuid() == 0 else ()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path / "lovebell.db")
    yield town
    town.close()


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_running_broker_is_found_to_be_safe(installation: Installation) -> None:
    ports = ("--port", str(installation.place.port))
    found = installation.town.read("broker", "check", str(installation.folder), *ports)
    assert len(found) == 8
    assert all(one["ok"] for one in found)


def test_a_broker_that_lets_everybody_do_everything_is_found_out(
    installation: Installation,
) -> None:
    folder = installation.folder
    with (folder / "rights" / "access").open("a", encoding="ascii") as file:
        file.write("pattern readwrite #\npattern readwrite $SYS/#\n")
    assert install.tell(folder)
    # The reload has happened when what was refused is let through.
    user, secret = "lovebell.gateway", installation.secrets["lovebell.gateway"]
    for _ in range(1000):
        with Probe(installation.inner, user, secret) as owner:
            if owner.publish("x") != REFUSED:
                break
    said = installation.town.type(
        "broker", "check", str(folder), "--port", str(installation.place.port)
    )
    assert said.exit_code == 1
    bad = [line for line in said.stdout.splitlines() if line.startswith("BAD")]
    for what, line in zip(("write", "read", "no right"), bad, strict=True):
        assert what in line
    assert "Not all is well" in said.stderr


def test_secrets_are_their_owners_only_and_nothing_is_overwritten(
    town: Town, tmp_path: Path
) -> None:
    folder = tmp_path / "broker"
    command = ("broker", "init", str(folder), "--host", "bell.example", *ME)
    assert town.type(*command).exit_code == 0
    for name in ("authority/ca.key", "server.key", "gateway.password", "rights/probe.json"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((folder / "authority").stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "rights" / "passwords").stat().st_mode) == 0o640
    before = contents(folder)
    again = town.type(*command)
    assert again.exit_code == 1
    assert "is not overwritten" in again.stderr
    assert contents(folder) == before
    assert {path.name for path in tmp_path.iterdir()} <= {"broker", "lovebell.db", "lovebell.db-shm", "lovebell.db-wal"}  # fmt: skip  # noqa: E501


def test_what_cannot_be_finished_leaves_nothing(
    tmp_path: Path, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lovebell.provision.install._own", full)
    folder = tmp_path / "broker"
    said = town.type("broker", "init", str(folder), "--host", "bell.example", *ME)
    assert said.exit_code == 1
    assert "No space left" in said.stderr
    assert not [path for path in tmp_path.iterdir() if "broker" in path.name]


@pytest.mark.parametrize(
    "host", ["", "bell example", "-x", "铃.example", "a" * 300, "bell:1883", "::1%lo", "1.2.3"]
)
def test_a_host_that_is_none_is_refused(tmp_path: Path, town: Town, host: str) -> None:
    said = town.type("broker", "init", str(tmp_path / "broker"), "--host", host, *ME)
    assert said.exit_code == 1
    assert "host" in said.stderr
    assert not (tmp_path / "broker").exists()


def test_renewing_keeps_the_authority_and_the_names(installation: Installation) -> None:
    folder = installation.folder
    before = contents(folder)
    said = installation.town.type("broker", "renew", str(folder))
    assert said.exit_code == 0, said.output
    after = contents(folder)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"server.key", "server.crt"}
    assert stat.S_IMODE((folder / "server.key").stat().st_mode) == 0o600
    assert installation.town.type("broker", "renew", str(folder / "data")).exit_code == 1


def test_a_board_believes_the_renewed_certificate_by_the_same_authority(
    installation: Installation,
) -> None:
    (name,) = installation.enrol("button")
    installation.town.type("broker", "renew", str(installation.folder), "--host", "127.0.0.1")
    installation.restart()
    place = Place("127.0.0.1", installation.place.port, installation.place.ca)
    with Probe(place, name, installation.secrets[name]) as board:
        assert board.is_alive()


def test_an_identity_that_nobody_used_in_time_is_void(installation: Installation) -> None:
    (name,) = installation.enrol("button")
    installation.town.street.edit(
        lambda connection: connection.exec_driver_sql("UPDATE credential SET until_ms = 1"),
        raise_revision,
    )
    installation.keep()
    with pytest.raises(OSError, match="refused"):
        installation.connect(name)


def test_a_broker_that_nobody_tells_is_known_to_be_late_until_it_takes_the_rights(
    installation: Installation,
) -> None:
    """As with a systemd whose reload fails."""
    (installation.folder / "data" / "mosquitto.pid").unlink()
    installation.enrol("button", keep=False)
    keeper = installation.keeper
    for _ in range(PATIENCE + 1):
        keeper.look()
    assert not keeper.is_late
    for _ in range(2 * PATIENCE):
        keeper.look()
    assert keeper.is_late
    installation.running.send_signal(signal.SIGHUP)
    installation.keep()
    assert not keeper.is_late


def test_init_checks_a_running_broker_too_and_makes_nothing(installation: Installation) -> None:
    before = contents(installation.folder)
    port = ("--port", str(installation.place.port))
    said = installation.town.type("broker", "init", str(installation.folder), "--check", *port)
    assert said.exit_code == 0, said.output
    assert said.stdout.count("good") == 8
    after = contents(installation.folder)
    assert {k: v for k, v in after.items() if k[:4] not in ("log/", "data")} == {
        k: v for k, v in before.items() if k[:4] not in ("log/", "data")
    }


def test_who_names_no_host_is_told_so(tmp_path: Path, town: Town) -> None:
    said = town.type("broker", "init", str(tmp_path / "broker"), *ME)
    assert said.exit_code == 1
    assert "host" in said.stderr
    assert not (tmp_path / "broker").exists()


@pytest.mark.parametrize(
    ("folder", "more", "why"),
    [
        ("broker", ["--port", "8883", "--gateway-port", "8883"], "cannot both have 8883"),
        ("a broker", [], "which a unit cannot name"),
        ("100%n", [], "which a unit cannot name"),
        ("two\nlines", [], "which a unit cannot name"),
    ],
)
def test_what_broker_or_systemd_could_not_start_is_not_made(
    town: Town, tmp_path: Path, folder: str, more: list[str], why: str
) -> None:
    said = town.type("broker", "init", str(tmp_path / folder), "--host", "bell.example", *more, *ME)
    assert said.exit_code == 1
    assert why in said.stderr
    assert not (tmp_path / folder).exists()


def test_the_broker_is_told_of_new_rights_without_a_program_that_a_small_system_lacks(
    town: Town, tmp_path: Path
) -> None:
    folder = tmp_path / "broker"
    assert town.type("broker", "init", str(folder), "--host", "bell.example", *ME).exit_code == 0
    unit = (folder / "units" / "lovebell-broker.service").read_text(encoding="utf-8")
    assert "ExecReload=/bin/sh -c 'kill -HUP $MAINPID'" in unit
    assert "/bin/kill" not in unit
