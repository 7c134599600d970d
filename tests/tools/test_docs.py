"""The pages fit together: Chinese beside English, links that lead somewhere, no private paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(<?([^)\s>]+)[^)]*\)|^\[[^\]]+\]:\s*<?([^\s>]+)", re.MULTILINE)
ABSOLUTE_PATH = re.compile(r"(?:^|[\s`\"'(=:（，、：])/(\w[\w.-]*)/", re.MULTILINE)
# Where a path begins that means the same on every reader's machine.
EVERYWHERE = {"dev", "etc", "media", "opt", "proc", "run", "srv", "sys", "tmp", "usr", "var"}
EVERYWHERE |= {"technician"}  # of the gateway's own web server


class Shape(NamedTuple):
    """What a translation keeps."""

    headings: list[str]  # their levels
    rows: list[list[str]]  # the names and codes in each row of a table
    blocks: list[str]  # the languages of the fenced blocks


def is_ours(page: Path) -> bool:
    """Not what was installed, built or cached here."""
    top = page.relative_to(ROOT).parts[0]
    return top in (".ci", ".github") or not (top.startswith(".") or top == "build")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def english(page: Path) -> Path:
    return page.with_name(page.name.replace(".zh.md", ".md"))


PAGES = sorted(page for page in ROOT.rglob("*.md") if is_ours(page))
CHINESE = [page for page in PAGES if page != english(page) and english(page) in PAGES]
every_page = pytest.mark.parametrize("page", PAGES, ids=name)
every_translation = pytest.mark.parametrize("page", CHINESE, ids=name)


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"^(```+).*?^\1\s*$", "", text, flags=re.MULTILINE | re.DOTALL)


def shape(page: Path) -> Shape:
    rows = re.findall(r"^\|.*", prose(page), re.MULTILINE)
    fences = re.findall(r"^```(.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return Shape(
        headings=re.findall(r"^(#+) ", prose(page), re.MULTILINE),
        rows=[sorted(re.findall(r"`[^`]+`", row)) for row in rows],
        blocks=fences[::2],
    )


def links(page: Path) -> set[Path]:
    """The files to which a page links relatively."""
    targets = [inline or reference for inline, reference in LINK.findall(prose(page))]
    files = [unquote(target.partition("#")[0]) for target in targets if ":" not in target]
    return {(page.parent / file).resolve() for file in files if file}


def test_the_first_page_and_the_protocol_are_there_in_both_languages() -> None:
    assert {"README.zh.md", "docs/protocol.zh.md"} <= {name(page) for page in CHINESE}


@every_translation
def test_a_chinese_page_has_the_headings_tables_and_blocks_of_the_english(page: Path) -> None:
    chinese, original = shape(page), shape(english(page))
    assert chinese.headings == original.headings
    assert len(chinese.rows) == len(original.rows)
    assert chinese.blocks == original.blocks


def test_the_tables_of_the_protocol_hold_the_same_names_and_codes_in_both_languages() -> None:
    page = ROOT / "docs" / "protocol.zh.md"
    assert shape(page).rows == shape(english(page)).rows


@every_translation
def test_a_page_and_its_translation_link_to_each_other(page: Path) -> None:
    assert english(page) in links(page)
    assert page in links(english(page))


@every_translation
def test_a_chinese_page_links_to_a_page_in_chinese_if_there_is_one(page: Path) -> None:
    in_chinese = {english(other) for other in CHINESE if other != page}
    assert {name(target) for target in links(page) & in_chinese} == set()


@every_page
def test_every_relative_link_leads_to_a_file_of_the_project(page: Path) -> None:
    lost = {target for target in links(page) if not target.exists()}
    assert lost == set()
    assert all(target.is_relative_to(ROOT) for target in links(page))


@every_page
def test_no_page_names_a_path_of_its_authors_own_machine(page: Path) -> None:
    assert set(ABSOLUTE_PATH.findall(page.read_text(encoding="utf-8"))) <= EVERYWHERE
