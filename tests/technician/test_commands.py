"""`lovebell-tech` as it is typed."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader
from technician.bench import SECRET
from technician.fonts import LABEL, a_font

from lovebell.provision.bundle import seal
from lovebell_tools.cli import cli
from lovebell_tools.identity import access_of

if TYPE_CHECKING:
    from pathlib import Path

    from technician.bench import Bench

    from simulator.mosquitto import Mosquitto


SITE = '[[wifi]]\nssid = "示例网络"\npassword = "12345678"\n'
WORD = "四个 常见 的 词"
NAMES = sorted(cli.commands)


@pytest.fixture(scope="module")
def sealed() -> dict[int, bytes]:
    """Bundles by the broker's port: to make one takes a while, as it should."""
    return {}


@pytest.fixture
def desk(
    bench: Bench,
    compiled: Path,
    broker: Mosquitto,
    sealed: dict[int, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A folder with a bundle, a site's file, an image and compiled firmware."""
    if broker.port not in sealed:
        sealed[broker.port] = seal(bench.order.bundle, WORD, os.urandom)
    monkeypatch.chdir(bench.folder)
    monkeypatch.setenv("BUNDLE_PASSPHRASE", WORD)
    (bench.folder / "bundle").write_bytes(sealed[broker.port])
    (bench.folder / "site.toml").write_text(SITE, encoding="utf-8")
    (bench.folder / "firmware").symlink_to(compiled)
    return bench.folder


def typed(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["--language", "en", *arguments], input=answer)


def documents(*arguments: str, code: int = 0) -> list[dict[str, Any]]:
    result = typed(*arguments, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


IMAGE = ("--image", "micropython.bin", "--firmware", "firmware")
MAKE = ("setup", "--bundle", "bundle", "--site", "site.toml", *IMAGE)


def test_boards_are_looked_at_made_verified_found_and_emptied(bench: Bench, desk: Path) -> None:
    bare, board = bench.board(is_bare=True), bench.board()
    before = documents("boards", "--port", bare.port, "--port", board.port)
    assert [one["kind"] for one in before] == ["bare", "micropython"]
    assert [one["standing"] for one in before] == [None, "is_empty"]
    assert [one["mac"] for one in before] == ["24:6f:28:00:00:01", "24:6f:28:00:00:02"]

    port = ("--port", board.port)
    assert "24:6f:28:00:00:02" in typed("boards", *port).output
    (made,) = documents(*MAKE, "--kind", "button", "--wait", "0", *port)
    assert (made["device"], made["proof"]) == ("b-01", "files")
    (after,) = documents("boards", *port)
    assert (after["device"], after["standing"]) == ("b-01", "is_ready")
    check = ("verify", "--firmware", "firmware", "--wait", "0")
    (verified,) = documents(*check, *port)
    assert verified["device"] == "b-01"
    (again,) = documents(*MAKE, "--kind", "button", "--wait", "0", *port)
    assert again == made

    kept = typed("reset", *port, answer="n\n")
    assert "left as it was" in kept.output
    assert documents("boards", *port)[0]["standing"] == "is_ready"
    assert documents("reset", "--yes", *port)[0]["emptied"] is True
    assert documents("boards", *port)[0]["standing"] == "is_empty"
    (failed,) = documents(*check, *port, code=1)
    assert failed["why"] == "not_set_up"


def test_the_label_of_a_board_that_is_plugged_in_has_its_access_and_not_its_secret(
    bench: Bench, desk: Path
) -> None:
    board = bench.board()
    font = a_font(desk / "boxes.ttf", LABEL)
    wanted = ("label", "--font", str(font), "--port", board.port)
    assert "not set up" in typed(*wanted).output
    bench.make(board, start_s=0)
    assert typed(*wanted).exit_code == 0
    said = PdfReader("labels.pdf").pages[0].extract_text()
    assert access_of("b-01", SECRET).password in said
    assert SECRET[:8] not in said


def test_watching_goes_on_until_ctrl_c(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    board = bench.board()
    monkeypatch.setattr("lovebell_tools.ports.plugged", lambda: [board.port])

    def ctrl_c() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lovebell_tools.looking._pause", ctrl_c)
    result = typed("boards", "--watch")
    assert result.exit_code == 1
    assert f"{board.port} not set up" in result.output


def test_the_log_of_a_board_is_shown_without_breaking_into_it(bench: Bench, desk: Path) -> None:
    board = bench.board()
    bench.make(board)
    result = typed("logs", "--port", board.port, "--for", "2")
    assert result.exit_code == 0
    assert "KeyboardInterrupt" not in result.output
    result = typed("logs", "--port", board.port, "--port", "/dev/null")
    assert (result.exit_code, "Say which with --port" in result.output) == (1, True)


GOOD = ["--port", "/dev/ttyNONE"]
WRONG = {
    "boards": [],
    "setup": [*MAKE[1:], "--kind", "button", *GOOD],
    "setup without a kind": [*MAKE[1:], *GOOD],
    "setup of another device": [*MAKE[1:], "--kind", "chime", "--device", "b-01", *GOOD],
    "setup of one device twice": [*MAKE[1:], "--device", "b-01", *GOOD, "--port", "/dev/ttyNO"],
    "setup without a bundle": ["--bundle", "none", "--site", "site.toml", *GOOD],
    "setup with a strange bundle": ["--bundle", "site.toml", "--site", "site.toml", *GOOD],
    "setup without a site": ["--bundle", "bundle", "--site", "none", *GOOD],
    "setup with a strange site": ["--bundle", "bundle", "--site", "bundle", *GOOD],
    "setup without firmware": [*MAKE[1:5], "--kind", "button", "--firmware", "none", *GOOD],
    "setup with another image": [*MAKE[1:], "--sha256", "0" * 64, "--kind", "button", *GOOD],
    "setup with half a hash": [*MAKE[1:], "--sha256", "0", "--kind", "button", *GOOD],
    "setup with a hash of nothing": [*MAKE[1:5], "--sha256", "0" * 64, "--kind", "button", *GOOD],
    "verify": ["--firmware", "none", *GOOD],
    "verify a port": ["--firmware", "firmware", *GOOD],
    "logs": GOOD,
    "identify": GOOD,
    "reset": GOOD,
    "label": [],
    "label of nobody": ["b-01=lamp"],
    "label with a strange font": ["b-01=button", "--font", "site.toml"],
    "label of a strange bundle": ["--bundle", "site.toml"],
}


@pytest.mark.parametrize("case", sorted(WRONG))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_wrong_is_a_sentence_in_the_language_asked_for_and_changes_nothing(
    desk: Path, case: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lovebell_tools.ports.list_ports.comports", list)  # none is plugged in
    before = {path: path.stat().st_mtime_ns for path in desk.rglob("*")}
    command = case.partition(" ")[0]
    result = CliRunner().invoke(cli, ["--language", language, command, *WRONG[case]])
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    said = result.output.replace("爱心门铃按钮密码", "")  # what a font has to have, in any language
    is_chinese = any("\u4e00" <= character <= "\u9fff" for character in said)
    assert is_chinese == (language == "zh")
    assert {path: path.stat().st_mtime_ns for path in desk.rglob("*")} == before


@pytest.mark.parametrize("name", NAMES)
def test_help_is_in_both_languages_and_a_wrong_option_is_told(name: str) -> None:
    chinese = CliRunner().invoke(cli, ["--language", "zh", name, "--help"])
    english = typed(name, "--help")
    assert chinese.output.startswith("用法")
    assert english.output.startswith("Usage")
    assert "|" not in english.output.replace("[button|chime]", "")
    wrong = typed(name, "--colour")
    assert wrong.exit_code == 2
    assert f"lovebell-tech {name} --help" in wrong.output or "cli" in wrong.output


def test_the_doctor_says_what_is_missing_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = tmp_path / "ttyUSB0"
    port.touch()
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr("lovebell_tools.doctor.find_font", lambda: None)
    checks = {check["check"]: check for check in documents("doctor", "--port", str(port), code=1)}
    assert checks["packages"]["advice"] is None
    assert "usermod -aG" in checks["ports"]["advice"]
    assert "fonts-noto-cjk" in checks["font"]["advice"]
    monkeypatch.setattr("lovebell_tools.doctor.list_ports.comports", list)
    checks = {check["check"]: check for check in documents("doctor", code=1)}
    assert "carries data" in checks["ports"]["advice"]
    assert typed("doctor").exit_code == 1


def test_the_doctor_calls_no_port_fine_that_is_not_there(tmp_path: Path) -> None:
    """Every error about a port that cannot be opened leads to the doctor."""
    gone = str(tmp_path / "ttyUSB0")
    done = typed("doctor", "--port", gone, "--json")
    assert done.exit_code == 1
    (ports,) = [one for one in json.loads(done.stdout) if one["check"] == "ports"]
    assert ports["found"] == gone
    assert "Plug one in" in ports["advice"]
