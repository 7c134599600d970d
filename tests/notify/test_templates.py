"""The texts of messages, the house's and a community's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lovebell.domain.pacing import OLDEST_MS
from lovebell.notify.templates import FIELDS, LANGUAGES, BadTemplateError, load

FILLED: dict[str, str | int] = {
    "responder": "示例大姐",
    "home": "示例路 1 号 示例奶奶",
    "time": "16:05",
    "who": "示例大哥",
    "presses": 3,
    "step": 2,
    "opened": "b-1 (Sample Road) off line",
    "opened_count": 1,
    "closed": "",
    "closed_count": 0,
    "channel": "mail",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", FIELDS)
def test_every_kind_has_a_text_in_both_languages_without_a_gap(kind: str, language: str) -> None:
    subject, text = load().fill(kind, language, FILLED)
    assert subject
    assert text
    for told in (subject, text):
        assert "{" not in told
        assert "  " not in told
    without_names = re.sub("示例[大奶路]\\S*| 1 号", "", subject + text)
    assert bool(re.search(r"[\u4e00-\u9fff]", without_names)) == (language == "zh")


def test_a_call_says_where_to_go_and_nothing_of_health_or_telephone() -> None:
    assert FIELDS["call"] == {"responder", "home", "time", "presses", "step"}
    assert FIELDS["resolved"] == {"responder", "home", "time", "who"}


def test_a_line_of_which_nothing_is_known_is_left_out() -> None:
    _, text = load().fill("fault", "en", FILLED)
    assert text == "New: b-1 (Sample Road) off line"


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_community_replaces_one_text_and_keeps_the_others(tmp_path: Path) -> None:
    put(tmp_path, "zh/call.txt", "快去{home}\n{{不是}} {responder}\n")
    texts = load(tmp_path)
    assert texts.fill("call", "zh", FILLED)[0] == "快去示例路 1 号 示例奶奶"
    assert texts.fill("call", "en", FILLED) == load().fill("call", "en", FILLED)


def test_what_somebody_has_entered_is_never_taken_for_a_field(tmp_path: Path) -> None:
    put(tmp_path, "zh/call.txt", "{home}\n{responder}")
    subject, _ = load(tmp_path).fill("call", "zh", FILLED | {"home": "{responder}{x.__class__}"})
    assert subject == "{responder}{x.__class__}"


@pytest.mark.parametrize(
    ("name", "text", "code", "named"),
    [
        ("zh/call.txt", "{home}\n{phone}", "placeholder", "phone"),
        ("zh/coming.txt", "{opened}", "placeholder", "opened"),
        ("en/cal.txt", "{home}", "name", "call.txt"),
        ("en/call.txt", " \n ", "empty", "call.txt"),
        ("en/call.txt", "x" * 5_000, "empty", "call.txt"),
        ("en/call.txt", b"\xff\xfe", "file", "call.txt"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, name: str, text: str | bytes, code: str, named: str
) -> None:
    path = put(tmp_path, name, text)
    with pytest.raises(BadTemplateError) as caught:
        load(tmp_path)
    assert caught.value.code == code
    assert caught.value.needs["path"] == str(path)
    assert named in str(caught.value.needs)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTemplateError) as caught:
        load(tmp_path / "none")
    assert caught.value.needs["path"] == str(tmp_path / "none")


DOCS = Path(__file__).parents[2] / "docs"
AGES = {
    ".md": {300_000: "5 min", 1_800_000: "30 min", 7_200_000: "2 h", 86_400_000: "24 h"},
    ".zh.md": {300_000: "5 分钟", 1_800_000: "30 分钟", 7_200_000: "2 小时", 86_400_000: "24 小时"},
}


@pytest.mark.parametrize("end", AGES)
def test_the_manual_knows_every_kind_its_fields_and_when_it_is_given_up(end: str) -> None:
    text = (DOCS / f"notification{end}").read_text(encoding="utf-8")
    rows = {
        row[0].strip(" `"): [cell.strip() for cell in row[1:]]
        for line in text.splitlines()
        if len(row := line.strip("|").split("|")) == 5
    }
    for kind, fields in FIELDS.items():
        joined = (", " if end == ".md" else "、").join(f"`{name}`" for name in sorted(fields))
        assert rows[kind][-2:] == [AGES[end][OLDEST_MS[kind]], joined]


@pytest.mark.parametrize("end", AGES)
def test_the_text_in_the_manual_can_be_used(end: str, tmp_path: Path) -> None:
    text = (DOCS / f"notification{end}").read_text(encoding="utf-8")
    (example,) = re.findall(r"```text\n(求助.*?)```", text, re.DOTALL)
    put(tmp_path, "zh/call.txt", example)
    assert "示例奶奶 按铃" in load(tmp_path).fill("call", "zh", FILLED)[1]
