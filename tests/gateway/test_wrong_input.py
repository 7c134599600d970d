"""Whatever rubbish is typed into any field of any command: a sentence, and nothing is changed."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import click
import pytest
from publisher import key, write_build, write_key
from town import Town

from lovebell.cli import cli
from lovebell.domain.firmware import Release
from lovebell.provision.authority import make_authority
from lovebell.provision.release import read_build, signed, to_file
from lovebell.store.access import OperatorStore
from lovebell.store.firmware import publish, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: No field of any command takes these.
NEVER = {
    "nul": "a\0b",
    "overlong": "x" * 10_000,
    "two lines": "a\nb",
    "no text": "\udcff",
}
#: No file is called this.
PATHS = {what: NEVER[what] for what in ("nul", "overlong", "no text")}
#: A field for free text may take these.
PERHAPS = {
    "nothing": "",
    "dashes": "--",
    "a huge number": "9" * 30,
    "less than nothing": "-1",
    "a word that nobody has entered": "nobody-9",
}
ME = pwd.getpwuid(os.geteuid()).pw_name
AUTHORITY = make_authority(1_800_000_000_000)
#: What a field takes while another one is tried; for those not here, "x".
GOOD = {
    "home_id": "h-1",
    "responder_id": "r-paired",
    "responder": "r-paired",
    "device_id": "b-lost",
    "a": "b-lost",
    "b": "h-1",
    "key": "1",
    "n": "1",
    "outcome": "helped",
    "what": "episodes",
    "kind": "button",
    "age_ms": "365d",
    "steps": "desk 60s",
    "word": "helped",
    "channel_name": "group",
    "name": "group",
    "settings": "token=env:LOVEBELL_TOKEN",
    "community_id": "c-1",
    "group_id": "g-1",
    "rota_id": "rota-1",
    "members": "r-paired",
    "shifts": "daily 08:00-18:00 g-1",
}
#: The same, where a command means something else by the name.
GOOD_FOR = {
    "lovebell channel add": {"kind": "wecom", "name": "other", "settings": GOOD["settings"]},
    "lovebell broker init": {"hosts": "bell.example", "broker_user": ME, "gateway_user": ME},
    "lovebell device enrol": {"count": "1", "hosts": "bell.example", "ca": "ca.pem", "out": "new"},
    "lovebell away add": {"responder_id": "r-paired", "until": "2027-02-01"},
    "lovebell contact add": {"responder_id": "r-paired", "address": "13800000000"},
    "lovebell firmware key": {"file": "new"},
    "lovebell firmware publish": {"folder": "build", "key_file": "firmware.key"},
    "lovebell firmware add": {"file": "release"},
    "lovebell holiday import": {"file": "days.txt"},
    "lovebell responder add": {"kind": "volunteer"},
    "lovebell responder edit": {"kind": "volunteer"},
}
#: What a sentence may call a field that is named otherwise where it is typed.
ALIASES = {"steps": "step", "word": "outcome", "text": "note", "by": "note"}
ALIASES |= {"shifts": "shift", "members": "member"}
ALIASES |= {"host": "broker", "hosts": "broker"}
#: The same, for what is to be entered.
FRESH = {"home_id": "h-9", "responder_id": "r-9", "device_id": "c-9", "word": "fetched"}
FRESH |= {"community_id": "c-9"}
#: They write more than a copy of the database.
MAKERS = ("lovebell broker init", "lovebell device enrol", "lovebell firmware key")
MAKERS += ("lovebell firmware publish",)
#: They run until they are stopped.
ENDLESS = {"lovebell serve", "lovebell demo"}


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of a town in which there has been a call."""
    town = Town(tmp_path_factory.mktemp("town") / "lovebell.db")
    town.furnish()
    town.power_up()
    town.press()
    for device in ("b-1", "c-paired"):
        town.street.send(device, "heartbeat", every_s=60, up_s=5)
    town.street.reception.save_seen(town.street.now)
    town.forward(600)
    town.look()  # a fault
    town.go_on()
    town.power_cut()
    town.type("channel", "add", "group", "--kind", "wecom", "--set", "token=env:LOVEBELL_TOKEN")
    town.type("community", "add", "c-1", "--name", "示例社区")
    town.type("group", "set", "g-1", "r-paired")
    town.type("rota", "set", "rota-1", "daily 00:00-24:00 g-1")
    firmware = OperatorStore(town.path)
    with firmware.writing() as connection:
        publish(connection, Release("0.1.9", 6, 1, "", ""), b"", (), "somebody", town.street.now)
        stop(connection, "somebody", town.street.now)
    firmware.close()
    town.power_up()  # and a roll call
    town.close()
    return town.path


@pytest.fixture
def town(pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A copy of it; no gateway runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BUNDLE_PASSPHRASE", "12345678")
    (tmp_path / "ca.pem").write_bytes(AUTHORITY.certificate)
    (tmp_path / "days.txt").write_text("2027-10-01 示例节", encoding="utf-8")
    monkeypatch.setenv("FIRMWARE_PASSPHRASE", "12345678")
    monkeypatch.setenv("LOVEBELL_FIRMWARE_PUBLISHER", str(write_key(tmp_path)) + ".pub")
    release = signed(read_build(write_build(tmp_path / "build")), key())
    (tmp_path / "release").write_bytes(to_file(*release))
    made = Town(tmp_path / "lovebell.db")
    shutil.copy(pattern, made.path)
    yield made
    made.close()


def commands(
    name: str = "lovebell", command: click.Command = cli
) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from commands(f"{name} {word}", below)
    elif name not in ENDLESS:
        yield name, command


def takes_a_value(field: click.Parameter) -> bool:
    return not (isinstance(field, click.Option) and field.is_flag)


def is_file(field: click.Parameter) -> bool:
    return isinstance(field.type, click.Path | click.File)


FIELDS = [
    pytest.param(name, command, field, id=f"{name.removeprefix('lovebell ')} {field.name}")
    for name, command in commands()
    for field in command.params
    if takes_a_value(field)
]


def typed(name: str, command: click.Command, field: click.Parameter, value: str) -> list[str]:
    """The whole command line, good but for one field."""
    good = {**GOOD, **(FRESH if name.endswith(" add") else {}), **GOOD_FOR.get(name, {})}
    options: list[str] = []
    arguments: list[str] = []
    for other in command.params:
        given = value if other is field else good.get(other.name or "", "x")
        if isinstance(other, click.Argument):
            arguments.append(given)
        elif other is field or other.required or other.name in GOOD_FOR.get(name, {}):
            options.append(f"{other.opts[0]}={given}")
    return [*name.split()[1:], *options, "--", *arguments]


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def names(command: click.Command, value: str, told: str) -> bool:
    """Whether the sentence says which field it means: by its name, or by what stands in it."""
    known = {"id"}
    for field in command.params:
        known |= {field.name or "", field.human_readable_name, *field.opts}
        known.add(ALIASES.get(field.name or "", ""))
    known |= {word for name in known for word in re.split(r"[-_ ]", name.lower())}
    short = repr(value)[:12].strip("'\"")
    return any(word and word in told for word in known) or (bool(short) and short in told)


def refused(town: Town, line: list[str], language: str) -> str:
    """What a command says that cannot be carried out."""
    result = town.type(*line, language=language)
    assert result.exception is None or isinstance(result.exception, SystemExit), line
    if result.exit_code == 0:
        return ""
    assert result.exit_code in (1, 2), line
    assert "Traceback" not in result.output
    assert 0 < len(result.stderr) < 2_000, line
    assert result.stdout == "", line
    return result.stderr


@pytest.mark.parametrize(("name", "command", "field"), FIELDS)
def test_rubbish_in_a_field_gives_a_sentence_that_names_it_and_changes_nothing(
    town: Town, pattern: Path, name: str, command: click.Command, field: click.Parameter
) -> None:
    before = dump(town.path)
    for what, value in (PATHS if is_file(field) else {**NEVER, **PERHAPS}).items():
        told = refused(town, typed(name, command, field, value), "en")
        if what in NEVER:
            assert told, f"{what} was taken"
        if told:
            assert names(command, value, told), told
            assert dump(town.path) == before
        else:
            shutil.copy(pattern, town.path)
            (town.path.parent / "new").unlink(missing_ok=True)  # what an enrolment has written


def a_file(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / "given"
    match kind:
        case "a folder":
            path.mkdir()
        case "empty":
            path.write_bytes(b"")
        case "no text":
            path.write_bytes(bytes(range(256)) * 50)
        case "another text":
            path.write_text("[这不是\n", encoding="utf-8")
        case "another database":
            connection = sqlite3.connect(path)
            connection.execute("CREATE TABLE home (id)")
            connection.close()
    return path


KINDS = ("not there", "a folder", "empty", "no text", "another text", "another database")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "command", "field"), [case for case in FIELDS if is_file(case.values[2])]
)
def test_a_wrong_file_gives_a_sentence_that_names_it_and_changes_nothing(
    town: Town, tmp_path: Path, name: str, command: click.Command, field: Any, kind: str
) -> None:
    path = a_file(tmp_path, kind)
    contents = path.read_bytes() if path.is_file() else None
    before = dump(town.path)
    told = refused(town, typed(name, command, field, str(path)), "en")
    assert dump(town.path) == before or (name == "lovebell device enrol" and not told)
    if told:
        assert str(path) in told or names(command, str(path), told)
        assert (path.read_bytes() if path.is_file() else None) == contents
    else:  # it was to be written
        assert name in ("lovebell backup", "lovebell export", *MAKERS)
        assert path.stat().st_size > 0
        # An export replaces an older one; hashes are added to those of a broker of one's own.
        assert kind == "not there" or name == "lovebell export" or field.name == "passwords"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_wrong_configuration_gives_a_sentence_in_both_languages(
    town: Town, tmp_path: Path, kind: str, language: str
) -> None:
    path = a_file(tmp_path, kind)
    result = town.type("--config", str(path), "home", "list", language=language)
    if kind == "empty":  # nothing is set, which is well
        assert result.exit_code == 0
        return
    assert result.exit_code == 2
    assert str(path) in result.stderr
    assert isinstance(result.exception, SystemExit)
