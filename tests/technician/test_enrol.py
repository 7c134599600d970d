"""`lovebell device enrol`: what an operator hands to a technician, and what the broker knows."""

from __future__ import annotations

import socket
import stat
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from town import Town

from lovebell.provision.bundle import Broker, Bundle, open_bundle
from simulator.chain import Chain
from simulator.mosquitto import Mosquitto

if TYPE_CHECKING:
    from collections.abc import Iterator

WORD = "一句 好记 的 话"
HERE = ("--broker", "127.0.0.1:1883", "--no-tls")


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BUNDLE_PASSPHRASE", WORD)
    town = Town(tmp_path / "lovebell.db")
    yield town
    town.close()


def opened(path: str, now_ms: int = 0) -> Bundle:
    return open_bundle(Path(path), lambda: WORD, now_ms)


def test_buttons_are_entered_by_the_free_numbers_and_their_secrets_go_into_the_bundle_only(
    town: Town,
) -> None:
    town.type("device", "add", "b-002", "--kind", "chime")
    said = town.type("device", "enrol", "--kind", "button", "--count", "3", *HERE, "--out", "x")
    assert said.exit_code == 0, said.output
    bundle = opened("x", town.street.now)
    assert [one.device for one in bundle.identities] == ["b-001", "b-003", "b-004"]
    assert {len(bytes.fromhex(one.secret)) for one in bundle.identities} == {16}
    assert len({one.secret for one in bundle.identities}) == 3
    assert bundle.brokers == [Broker("127.0.0.1", 1883, tls=False)]
    assert bundle.expires_ms == town.street.now + 30 * 86_400_000
    assert stat.S_IMODE(Path("x").stat().st_mode) == 0o600
    books = [one["id"] for one in town.read("device", "list")]
    assert books == ["b-001", "b-002", "b-003", "b-004"]
    for one in bundle.identities:
        assert one.secret.encode() not in town.path.read_bytes()
        assert one.secret not in said.output


def test_the_authority_goes_along_as_a_board_reads_it(town: Town, tmp_path: Path) -> None:
    folder = Chain(tmp_path / "chain").folder
    command = ("device", "enrol", "--kind", "chime", "--count", "1", "--broker", "bell.example")
    for number, name in enumerate(("ca.pem", "ca.der")):
        said = town.type(*command, "--ca", str(folder / name), "--out", f"x{number}")
        assert said.exit_code == 0, said.output
        assert opened(f"x{number}").certificate == (folder / "ca.der").read_bytes()
        assert opened(f"x{number}").brokers == [Broker("bell.example", 8883, tls=True)]


WRONG: dict[str, tuple[str, ...]] = {
    "neither TLS nor none": ("--broker", "bell.example"),
    "no certificate": ("--broker", "bell.example", "--ca", "lovebell.db"),
    "a certificate that is not there": ("--broker", "bell.example", "--ca", "none"),
    "a port of letters": ("--broker", "bell.example:mqtt", "--no-tls"),
    "a port too high": ("--broker", "bell.example:70000", "--no-tls"),
    "no host": ("--broker", ":1883", "--no-tls"),
    "an address that is none": ("--broker", "2001:db8:::1", "--no-tls"),
    "brackets without an end": ("--broker", "[2001:db8::1", "--no-tls"),
    "a name in brackets": ("--broker", "[bell.example]:1883", "--no-tls"),
    "an address with a port too high": ("--broker", "[2001:db8::1]:70000", "--no-tls"),
    "something behind the brackets": ("--broker", "[2001:db8::1]x", "--no-tls"),
    "an address that boards cannot join": ("--broker", "2001:db8::1", "--no-tls"),
    "the same with a port": ("--broker", "bell.example", "--broker", "[::1]:8883", "--no-tls"),
    "five brokers": ("--no-tls", *(("--broker", "bell.example") * 5)),
    "a file that is there": (*HERE, "--out", "lovebell.db"),
    "a folder that is not there": (*HERE, "--out", "none/x"),
    "passwords in a folder that is not there": (*HERE, "--passwords", "none/x"),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_what_is_wrong_is_told_and_nothing_is_entered(town: Town, case: str) -> None:
    town.type("device", "add", "b-1", "--kind", "button")
    before = sorted(Path().iterdir())
    more = () if "--out" in WRONG[case] else ("--out", "x")
    command = ("device", "enrol", "--kind", "button", "--count", "2", *WRONG[case], *more)
    said = town.type(*command)
    assert said.exit_code == 1, said.output
    assert len(said.output.splitlines()) == 1
    assert [one["id"] for one in town.read("device", "list")] == ["b-1"]
    assert sorted(Path().iterdir()) == before


def test_a_short_passphrase_is_refused(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNDLE_PASSPHRASE", "1234567")
    said = town.type("device", "enrol", "--kind", "button", "--count", "1", *HERE, "--out", "x")
    assert "at least 8 characters" in said.output
    assert not Path("x").exists()


def connected(port: int, user: str, password: str) -> int:
    """What a broker answers to this CONNECT of MQTT 3.1.1; 0 is yes."""
    parts: list[Any] = [text.encode() for text in (user, user, password)]
    fields = b"".join(struct.pack(">H", len(part)) + part for part in parts)
    head = b"\x00\x04MQTT\x04\xc2\x00\x1e"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(b"\x10" + bytes([len(head) + len(fields)]) + head + fields)
        return line.recv(4)[3]


def test_the_broker_takes_each_device_with_its_own_secret_and_nobody_else(
    town: Town, tmp_path: Path
) -> None:
    for number in range(2):
        command = ("device", "enrol", "--kind", "button", "--count", "2", *HERE)
        town.type(*command, "--passwords", "passwords", "--out", f"x{number}")
    first, second = opened("x0").identities, opened("x1").identities
    path = tmp_path / "passwords"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text().splitlines()) == 4
    broker = Mosquitto(tmp_path / "broker", extra=f"password_file {path}\n")
    broker.start()
    try:
        for one in (*first, *second):
            assert connected(broker.port, one.device, one.secret) == 0
        assert connected(broker.port, first[0].device, first[1].secret) != 0
        assert connected(broker.port, "b-999", first[0].secret) != 0
    finally:
        broker.stop()
