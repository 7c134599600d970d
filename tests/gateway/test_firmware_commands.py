"""`lovebell firmware`: from a build to a roll-out that can be seen and steered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as some
from publisher import HEAD, key, write_build, write_key

from lovebell.domain.circles import circles, disturbed
from lovebell.domain.model import Books, Device, DeviceKind, Link, Pairing, Responder, ResponderKind
from lovebell.domain.rollout import Member, Stage
from lovebell.provision.bundle import open_bundle
from lovebell.provision.image import ImageError, unpack
from lovebell.provision.release import from_file, is_by, read_build, signed, to_file
from lovebell.provision.signing import modulus_of
from lovebell.store import firmware as store
from lovebell.store.access import OperatorStore

if TYPE_CHECKING:
    from click.testing import Result
    from town import Town


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A publisher's key, which the gateway knows; the build lies beside it."""
    path = write_key(tmp_path)
    monkeypatch.setenv("LOVEBELL_FIRMWARE_PUBLISHER", f"{path}.pub")
    write_build(tmp_path / "build")
    return path


def publish(town: Town, publisher: Path, *more: str, version: str = "0.2.0") -> Result:
    folder = write_build(publisher.parent / "build", version)
    return town.type("firmware", "publish", str(folder), "--key", str(publisher), *more)


def put(town: Town, *members: Member) -> None:
    """As the gateway would write it."""
    opened = OperatorStore(town.path)
    with opened.writing() as connection:
        known = store.latest(connection)
        assert known is not None
        names = [one.device for one in members]
        rollout = known.rollout.put(*members)
        assert store.save(connection, rollout, known.edition, names, (), town.street.now)
    opened.close()


def status(town: Town) -> dict[str, Any]:
    return town.read("firmware", "status")


def test_a_key_is_made_once_and_its_private_half_is_nobody_elses(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRMWARE_PASSPHRASE", "示例 四个 少见 的词")
    made = town.read("firmware", "key", str(tmp_path / "mine"))
    assert Path(made["key"]).stat().st_mode & 0o777 == 0o600
    assert Path(made["public"]) == tmp_path / "mine.pub"
    again = town.type("firmware", "key", str(tmp_path / "mine"))
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
    # It can be published with, and with no other passphrase.
    monkeypatch.setenv("LOVEBELL_FIRMWARE_PUBLISHER", made["public"])
    assert publish(town, tmp_path / "mine").exit_code == 0
    for wrong in ("another one", ""):
        monkeypatch.setenv("FIRMWARE_PASSPHRASE", wrong)
        refused = publish(town, tmp_path / "mine", version="0.3.0")
        assert refused.stderr.startswith("passphrase: it does not open")
    monkeypatch.setenv("FIRMWARE_PASSPHRASE", "short")
    assert "at least 8" in town.type("firmware", "key", str(tmp_path / "other")).stderr
    monkeypatch.setenv("FIRMWARE_PASSPHRASE", "长" * 342)
    assert "at most 1023 bytes" in town.type("firmware", "key", str(tmp_path / "other")).stderr
    assert not (tmp_path / "other").exists()


def test_before_anything_was_published_there_is_nothing_to_see_or_to_stop(town: Town) -> None:
    assert town.type("firmware", "status").stdout == "No firmware has been published yet.\n"
    assert status(town) == {"release": None, "rollout": None, "devices": []}
    for command in (("stop",), ("resume",), ("retry", "b-1")):
        assert town.type("firmware", *command).stderr.startswith("nothing has been published")


def test_a_release_is_published_and_its_image_is_what_was_built(
    town: Town, publisher: Path
) -> None:
    done = publish(town, publisher)
    assert done.exit_code == 0, done.output
    assert "No gateway is running" in done.stdout
    release = status(town)["release"]
    opened = OperatorStore(town.path)
    with opened.reading() as connection:
        image = store.image(connection, "0.2.0")
    opened.close()
    assert release["size"] == len(image)
    assert unpack(image) == {
        "bell/__init__.mpy": HEAD + b"0.2.0",
        "bell/start.mpy": HEAD + b"start",
    }
    (line,) = [one for one in town.read("events") if one["what"] == "firmware_published"]
    assert line["detail"] == {"version": "0.2.0"}


def test_a_release_travels_in_a_file_and_is_checked_where_it_arrives(
    town: Town, publisher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "release.json"
    assert publish(town, publisher, "--out", str(out)).exit_code == 0
    assert status(town)["release"] is None
    monkeypatch.delenv("LOVEBELL_FIRMWARE_PUBLISHER")
    assert town.type("firmware", "add", str(out)).stderr.startswith("firmware_publisher: it is not")
    other = tmp_path / "other"
    other.mkdir()
    stranger = rsa.generate_private_key(65_537, 2_048)
    monkeypatch.setenv("LOVEBELL_FIRMWARE_PUBLISHER", f"{write_key(other, stranger)}.pub")
    assert "was not signed by the publisher" in town.type("firmware", "add", str(out)).stderr
    assert status(town)["release"] is None
    monkeypatch.setenv("LOVEBELL_FIRMWARE_PUBLISHER", f"{publisher}.pub")
    assert town.type("firmware", "add", str(out)).exit_code == 0
    assert status(town)["release"]["version"] == "0.2.0"
    assert town.type("firmware", "add", str(out)).stderr.startswith("version: 0.2.0 is not newer")


def test_what_is_wrong_with_a_build_is_said(town: Town, publisher: Path) -> None:
    folder = publisher.parent / "build"
    (folder / "bell" / "start.mpy").write_bytes(HEAD + b"changed")
    told = town.type("firmware", "publish", str(folder), "--key", str(publisher)).stderr
    assert told.startswith(f"folder: bell/start.mpy in {folder} is not what manifest.json says")
    (folder / "bell" / "start.mpy").unlink()
    told = town.type("firmware", "publish", str(folder), "--key", str(publisher)).stderr
    assert "is not what manifest.json says" in told
    assert "write three numbers" in publish(town, publisher, version="0.2").stderr
    write_build(folder, mpy=7)
    told = town.type("firmware", "publish", str(folder), "--key", str(publisher)).stderr
    assert "is not compiled for version 7" in told
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["version"] = "0.4.0"  # the firmware itself says 0.2.0
    for mpy in (7, 300, -1, float("inf")):
        manifest["mpy"]["version"] = mpy
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        told = town.type("firmware", "publish", str(folder), "--key", str(publisher)).stderr
        assert "holds no firmware" in told
    assert status(town)["release"] is None


def test_what_is_not_signed_by_the_publisher_whom_the_boards_know_is_not_published(
    town: Town, publisher: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    stranger = write_key(other, rsa.generate_private_key(65_537, 2_048))
    told = town.type("firmware", "publish", str(tmp_path / "build"), "--key", str(stranger)).stderr
    assert "boards would refuse it" in told


@given(some.data())
def test_a_broken_release_file_is_refused(tmp_path_factory: Any, data: some.DataObject) -> None:
    folder = tmp_path_factory.mktemp("release")
    raw = to_file(*signed(read_build(write_build(folder)), key()))
    place = data.draw(some.integers(0, len(raw) - 1))
    broken = raw[:place] + bytes([data.draw(some.integers(0, 255))]) + raw[place + 1 :]
    path = folder / "release"
    path.write_bytes(broken)
    try:
        release, image = from_file(path)
    except ImageError:
        return
    # What is still read is signed, or its signature is not good any more.
    good = json.loads(raw)
    is_same = release.version == good["version"] and release.sha256 == good["sha256"]
    assert not is_by(release, modulus_of(key())) or (is_same and len(image) == good["size"])


def test_how_far_it_is_can_be_seen(town: Town, publisher: Path) -> None:
    publish(town, publisher)
    now = town.street.now
    put(
        town,
        Member("b-lost", 0, now, now, Stage.FETCHING, at=600),
        Member("c-desk", 0, now, now, Stage.FAILED, 2, "link"),
    )
    shown = status(town)
    assert shown["rollout"]["state"] == "goes_on"
    assert (shown["rollout"]["wave"], shown["rollout"]["waves"]) == (1, 4)
    assert [(one["device"], one["stage"], one["bytes"]) for one in shown["devices"]] == [
        ("b-lost", "fetching", 600),
        ("c-desk", "failed", 0),
    ]
    told = town.type("firmware", "status").stdout
    assert "has failed: it does not get through to the gateway" in told
    assert "is being fetched 1; has failed 1" in told
    assert "失败：连不到网关" in town.type("firmware", "status", language="zh").stdout


def test_it_is_stopped_and_goes_on_and_a_device_is_tried_once_more(
    town: Town, publisher: Path
) -> None:
    publish(town, publisher)
    now = town.street.now
    put(town, Member("b-lost", 0, now, now, Stage.FAILED, 1, "crash"))
    assert town.type("firmware", "resume").stderr.startswith("the roll-out of 0.2.0 is not stopped")
    assert town.read("firmware", "stop") == {"stopped": "0.2.0"}
    assert "has stopped already" in town.type("firmware", "stop").stderr
    assert status(town)["rollout"]["why"] == "operator"
    retried = town.read("firmware", "retry", "b-lost")
    assert retried == {"retried": "0.2.0", "device": "b-lost", "attempt": 2}
    assert "is not at an end" in town.type("firmware", "retry", "b-lost").stderr
    assert "has not had its turn" in town.type("firmware", "retry", "b-1").stderr
    assert town.read("firmware", "resume") == {"resumed": "0.2.0"}
    assert status(town)["devices"][0]["stage"] == "waiting"
    lines = [one["what"] for one in town.read("events") if one["what"].startswith("firmware")]
    assert sorted(lines) == [
        *("firmware_published", "firmware_resumed", "firmware_retried", "firmware_stopped"),
    ]


def test_new_boards_are_told_who_publishes(
    town: Town, publisher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUNDLE_PASSPHRASE", "12345678")

    def enrolled(name: str) -> str | None:
        out = tmp_path / name
        where = ("--broker", "bell.example", "--no-tls", "--out", str(out))
        done = town.type("device", "enrol", "--kind", "button", "--count", "1", *where)
        assert done.exit_code == 0, done.output
        return open_bundle(out, lambda: "12345678", town.street.now).publisher

    assert enrolled("one") == modulus_of(key())
    monkeypatch.delenv("LOVEBELL_FIRMWARE_PUBLISHER")
    assert enrolled("two") is None
    publisher.write_text("nonsense", encoding="utf-8")
    monkeypatch.setenv("LOVEBELL_FIRMWARE_PUBLISHER", str(publisher))
    where = ("--broker", "bell.example", "--no-tls", "--out", str(tmp_path / "three"))
    told = town.type("device", "enrol", "--kind", "button", "--count", "1", *where).stderr
    assert told.startswith("firmware_publisher: ")


def test_a_circle_is_a_home_with_all_who_stand_by_it_or_a_post() -> None:
    books = Books(
        responders={
            one.id: one
            for one in (
                Responder("r-1", "示例大姐"),
                Responder("r-2", "示例值班台", ResponderKind.DESK),
                Responder("r-3", "示例组长", ResponderKind.GRID, grid="g-1"),
            )
        },
        devices={
            name: Device(name, DeviceKind.BUTTON if name[0] == "b" else DeviceKind.CHIME)
            for name in ("b-1", "b-2", "b-spare", "c-1", "c-2", "c-3", "c-gone")
        },
        pairings=(
            Pairing(Link.BUTTON_HOME, "b-1", "h-1"),
            Pairing(Link.BUTTON_HOME, "b-2", "h-2"),
            Pairing(Link.RESPONDER_HOME, "r-1", "h-1"),
            Pairing(Link.RESPONDER_HOME, "r-1", "h-2"),
            Pairing(Link.CHIME_RESPONDER, "c-1", "r-1"),
            Pairing(Link.CHIME_RESPONDER, "c-2", "r-2"),
            Pairing(Link.CHIME_RESPONDER, "c-3", "r-3"),
            Pairing(Link.CHIME_RESPONDER, "c-gone", "r-gone"),
        ),
    )
    assert circles(books) == {
        "b-1": {"h-1"},
        "b-2": {"h-2"},
        "b-spare": frozenset(),
        "c-1": {"@r-1", "h-1", "h-2"},
        "c-2": {"@desk"},
        "c-3": {"@grid:g-1"},
        "c-gone": frozenset(),
    }
    assert disturbed((), circles(books)) == frozenset()


def test_while_somebody_calls_nobody_is_disturbed_who_may_be_rung(town: Town) -> None:
    town.power_up()
    town.press()
    street = town.street
    books = street.engine.directory.books
    found = disturbed(street.engine.shelf.episodes.values(), circles(books))
    # The neighbour and the desk are later steps of the plan.
    assert found == {"b-1", "c-paired", "c-neighbour", "c-desk"}
