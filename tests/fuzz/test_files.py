"""Rubbish in every file that somebody hands over: it is taken, or refused in a sentence."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fuzz.kit import EDITS, Edit, dose, edited, filled, mangled, written
from hypothesis import example, given
from hypothesis import strategies as st
from town import Town

from lovebell import config, words
from lovebell.notify import templates
from lovebell.notify.templates import BadTemplateError
from lovebell.provision.bundle import Broker, Bundle, BundleError, Identity, open_bundle, seal
from lovebell_tools import ledger, release
from lovebell_tools.board import BoardError
from lovebell_tools.errors import ERRORS
from lovebell_tools.identity import config_for, read_site, sound_for

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
#: The example of the handbook.
SETTINGS = [
    block.encode()
    for block in re.findall(
        r"```toml\n(.*?)```", (ROOT / "docs/configuration.md").read_text("utf-8"), re.S
    )
]
KEYS = tuple(config.Settings.model_fields)
IDENTITIES = (Identity("b-1", "button", "5ec7e7"), Identity("c-1", "chime", "5ec7e8"))
BUNDLE = Bundle(list(IDENTITIES), [Broker("bell.example", 8883, True)], b"ca", 2_000_000_000_000)
#: Brackets that never close.
DEEP_TOML, DEEP_JSON = b"x = " + b"[" * 5_000, b'{"x":' * 50_000
SITE = """
ntp = "ntp.example"
[[wifi]]
ssid = "示例"
password = "secret-secret"
[hears]
c-1 = ["b-1"]
[button]
pins = {button = 27}
[chime]
sound = "bell.wav"
""".encode()
CALENDAR = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270217\r\nDTEND;VALUE=DATE:20270224"
    "\r\nSUMMARY:示例节\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
).encode()
LIST = "2027-10-01 示例节\n2027-10-02 # 示例\n".encode()


def toml_value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("files") / "lovebell.db")
    made.furnish()
    assert made.type("community", "add", "c-1", "--name=示例社区").exit_code == 0
    yield made
    made.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("given")


def is_told(why: config.ConfigError) -> bool:
    return all(len(words.of_config(language, why)) > 0 for language in ("zh", "en"))


@dose(60)
@given(
    mangled([*SETTINGS, b"database = '/x'\nlanguage = 'en'\n"])
    | st.builds(
        lambda key, value: f"{key} = {value}".encode(errors="surrogatepass"),
        st.sampled_from(KEYS),
        st.sampled_from(
            [
                "1",
                "-1",
                "9e99",
                "nan",
                "true",
                '""',
                '"x\\u0000y"',
                "[]",
                '["", 1]',
                "{}",
                "1979-05-27",
                '["paired 45s", "x"]',
                '"~示例/x"',
                "[[]]",
            ]
        ),
    )
)
@example(raw=DEEP_TOML)
@example(raw=b"number = " + b"9" * 5_000)
@example(raw=b'broker_password_file = "x\\u0000y"')
@example(raw='database = "~示例/x"'.encode())
@example(raw=b"faults_at_once = []")  # then all of them wait
def test_settings_are_taken_or_refused_in_both_languages(folder: Path, raw: bytes) -> None:
    path = folder / "lovebell.toml"
    path.write_bytes(raw)
    try:
        made = config.load(path)
        made.read_password()
        assert made.plan
        assert made.limits.test_ms
        assert made.hours.days
        assert made.rules.every_s
        assert made.habits.heartbeat_s
    except config.ConfigError as why:
        assert is_told(why)


@dose(40)
@given(mangled([CALENDAR, LIST]))
def test_a_file_of_holidays_is_entered_or_refused_and_then_changes_nothing(
    town: Town, folder: Path, raw: bytes
) -> None:
    path = folder / "days"
    path.write_bytes(raw)
    before = town.read("holiday", "list")
    result = town.type("holiday", "import", str(path), "--community", "c-1")
    if result.exit_code:
        assert isinstance(result.exception, SystemExit), raw
        assert str(path) in result.stderr
        assert town.read("holiday", "list") == before


@dose(60)
@given(mangled(["求助：{home}\n{responder}，{time}\n".encode(), b"{x}"]))
def test_the_text_of_a_message_is_taken_or_refused(folder: Path, raw: bytes) -> None:
    path = folder / "texts" / "zh" / "call.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    try:
        subject, _ = templates.load(folder / "texts").fill("call", "zh", {"home": "示例奶奶"})
        assert subject
    except BadTemplateError as why:
        assert is_told(config.ConfigError((f"template_{why.code}", why.needs)))


# -- the technician's ----------------------------------------------------------------------------


def told(why: BoardError | BundleError) -> None:
    """It is said in both languages, with every gap filled."""
    code = why.name if isinstance(why, BoardError) else why.code
    for sentence in ERRORS[code]:
        assert sentence.format_map(why.needs)


FILE: dict[str, Any] = json.loads(seal(BUNDLE, "four unusual words", bytes))


@dose(30)
@given(written(filled(FILE)) | mangled([json.dumps(FILE).encode()]))
@example(raw=DEEP_JSON)
def test_a_bundle_is_opened_or_refused(folder: Path, raw: bytes) -> None:
    path = folder / "bundle"
    path.write_bytes(raw)
    try:
        assert open_bundle(path, lambda: "four unusual words", 0) == BUNDLE
    except BundleError as why:
        told(why)


@dose(60)
@given(
    mangled([SITE])
    | st.builds(
        lambda table, name, value: SITE + f"[{table}]\n{name} = {value}\n".encode(),
        st.sampled_from(["x", "button.supply", "chime.pins", "wifi"]),
        st.sampled_from(["pins", "sound", "ssid", "low_mv", "x"]),
        st.sampled_from(["1", "nan", "1979-05-27", '"a\\u0000b"', "[[1]]", "{a = 1}", "99"]),
    )
)
@example(raw=DEEP_TOML)
def test_a_site_is_taken_or_refused_before_a_board_is_touched(folder: Path, raw: bytes) -> None:
    path = folder / "site.toml"
    path.write_bytes(raw)
    try:
        site = read_site(path)
        for identity in IDENTITIES:
            json.loads(config_for(identity, BUNDLE, site), parse_constant=pytest.fail)
            sound_for(identity.role, site)
    except BoardError as why:
        told(why)


@dose(60)
@given(mangled([b'{"a1:b2": "b-1"}', b"[]"]))
@example(raw=DEEP_JSON)
def test_a_ledger_is_read_or_refused_and_never_written_over(folder: Path, raw: bytes) -> None:
    path = folder / "ledger"
    path.write_bytes(raw)
    try:
        book = ledger.Ledger(path)
        given_before = book.given()
        claimed = book.claim("c3:d4", IDENTITIES, None)
        assert book.given() == {**given_before, "c3:d4": claimed.device}
    except BoardError as why:
        told(why)
        assert path.read_bytes() == raw


MANIFEST = {"version": "0.1.0", "mpy": {"version": 6}, "files": {"main.mpy": {"sha256": "0" * 64}}}


@dose(40)
@given(written(filled(MANIFEST)) | mangled([json.dumps(MANIFEST).encode()]))
@example(raw=DEEP_JSON)
def test_a_release_that_is_damaged_is_refused(folder: Path, raw: bytes) -> None:
    (folder / release.MANIFEST).write_bytes(raw)
    (folder / "main.mpy").write_bytes(b"\x00")
    try:
        assert release.read(folder).version
    except BoardError as why:
        told(why)


# -- backups -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packed(town: Town, folder: Path) -> bytes:
    path = folder / "good.gz"
    assert town.type("backup", str(path)).exit_code == 0
    return path.read_bytes()


@dose(15)
@given(edits=EDITS, is_packed=st.booleans())
def test_a_backup_that_is_damaged_is_refused_and_the_database_stays(
    town: Town, folder: Path, packed: bytes, edits: list[Edit], is_packed: bool
) -> None:
    path = folder / "backup"
    path.write_bytes(edited(packed if is_packed else gzip.decompress(packed), edits))
    before = dump(town.path)
    result = town.type("restore", str(path))
    town.street.now += 1_000  # what is kept aside is named by the second
    if result.exit_code:
        assert isinstance(result.exception, SystemExit)
        assert str(path) in result.stderr
        assert dump(town.path) == before
    else:
        assert town.type("home", "list").exit_code == 0


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()
