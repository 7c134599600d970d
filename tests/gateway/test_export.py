"""An export is whole, in UTF-8, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lovebell.domain.sheet import cell

if TYPE_CHECKING:
    from pathlib import Path

    from town import Town


@pytest.fixture
def past(town: Town) -> Town:
    """One call, answered and resolved."""
    town.power_up()
    town.press()
    town.answer("c-paired")
    note = '=HYPERLINK("http://example.invalid")'
    town.type("episode", "resolve", "1", "--outcome", "helped", "--note", note, "--by", "=1+1")
    return town


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_episodes_and_events_are_exported_in_both_formats(past: Town) -> None:
    (row,) = table(past.type("export", "episodes").stdout)
    assert (row["home"], row["label"], row["coming"]) == ("h-1", "示例路 1 号 示例奶奶", "示例大姐")
    assert row["begun"].endswith("Z")
    (same,) = json.loads(past.type("export", "episodes", "--format", "json").stdout)
    assert {key: cell(value) for key, value in same.items()} == row
    lines = past.read("export", "events")
    assert [line["what"] for line in lines] == past.street.record()
    assert len(table(past.type("export", "events").stdout)) == len(lines)


def test_text_that_would_be_calculated_is_text(past: Town) -> None:
    rows = table(past.type("export", "events").stdout)
    assert rows[-1]["who"] == "'=1+1"


@given(st.text())
def test_no_text_begins_as_a_formula(text: str) -> None:
    assert not cell(text).lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert cell(text).removeprefix("'") == text.removeprefix("'")


def test_only_the_days_asked_for_are_exported(past: Town) -> None:
    # 2027-01-15, in any zone where tests may run.
    assert len(past.read("export", "episodes", "--from", "2027-01-14", "--to", "2027-01-16")) == 1
    assert past.read("export", "episodes", "--to", "2027-01-13") == []
    assert past.read("export", "episodes", "--from", "2027-01-17") == []
    result = past.type("export", "episodes", "--from", "2027-02-30")
    assert result.exit_code == 2
    assert "--from" in result.stderr


def test_a_file_is_whole_or_as_it_was(past: Town, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    told = past.read("export", "episodes", "--bom", "--output", str(file))
    assert told["rows"] == 1
    assert file.read_bytes().startswith(b"\xef\xbb\xbfn,id,")
    before = file.read_bytes()
    past.street.edit(lambda c: c.exec_driver_sql("UPDATE episode SET body = '{'"))
    assert past.type("export", "episodes", "--output", str(file)).exit_code == 1
    assert file.read_bytes() == before
    assert [one for one in tmp_path.iterdir() if one.name.startswith(".out")] == []


def test_a_file_that_cannot_be_written_is_named(past: Town, tmp_path: Path) -> None:
    result = past.type("export", "events", "--output", str(tmp_path / "no" / "where.csv"))
    assert result.exit_code == 1
    assert "where.csv" in result.stderr
