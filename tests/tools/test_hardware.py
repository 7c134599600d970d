"""The pages on hardware show the lights, the sounds and the pins that the firmware has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bell import fields, health, melody, patterns

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs" / name for name in ("hardware.md", "hardware.zh.md")]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
WIRING, LIGHT_AND_SOUND = 2, 4  # sections of the page
PICTURE_MS = 6000
COLUMN_MS = 100


def light(cycle: tuple[int, ...]) -> str:
    """`170/170`: milliseconds on, off, on, off, …"""
    return "/".join(str(ms) for ms in cycle if ms)


def sound(notes: tuple[tuple[int, int, int], ...]) -> str:
    """`1047:150 1319:250`: hertz and milliseconds of each note, a hertz of 0 being a rest."""
    return " ".join(f"{hertz}:{ms}" for hertz, ms, _ in notes) or "–"


def picture(cycle: tuple[int, ...]) -> str:
    """Six seconds of a light, a column a tenth of a second: lit for half of it, or one flash."""
    lit = [0] * (2 * PICTURE_MS // COLUMN_MS)
    at = 0
    while at < PICTURE_MS:
        for place, ms in enumerate(cycle):
            if place % 2 == 0 and at < PICTURE_MS:
                for now in range(at, at + ms, 10):
                    lit[now // COLUMN_MS] += 10
                lit[at // COLUMN_MS] += COLUMN_MS if ms < COLUMN_MS else 0
            at += ms
    return "".join(".#"[ms >= COLUMN_MS / 2] for ms in lit[: PICTURE_MS // COLUMN_MS])


def states() -> list[str]:
    names = [line.partition("=")[0] for line in patterns.TABLE.strip().split("\n")]
    return [name for name in names if " " not in name]


def pictures() -> str:
    lines = [f"{name:<11}{picture(patterns.PATTERNS[name][0])}" for name in states()]
    lines += [f"{f'ringing {homes}':<11}{picture(melody.ringing(homes))}" for homes in (1, 2, 5)]
    return "\n".join(lines)


def row_of(page: Path, section: int, name: str) -> list[str]:
    """The codes in the row that begins with this one, of the tables in a section."""
    text = page.read_text("utf-8").split("\n## ")[section]
    found = re.findall(rf"^\| `{re.escape(name)}` \|.*", text, re.MULTILINE)
    assert len(found) == 1, name
    return re.findall(r"`([^`]+)`", found[0])[1:]


@every_page
@pytest.mark.parametrize("name", states())
def test_the_timing_of_every_state_is_the_firmwares(page: Path, name: str) -> None:
    cycle, notes, again_ms = patterns.PATTERNS[name]
    wanted = [light(cycle), sound(notes)]
    if again_ms:
        wanted.append(f"{again_ms // 1000} s")
    assert row_of(page, LIGHT_AND_SOUND, name) == [part for part in wanted if part != "–"]


@every_page
def test_the_timing_of_every_ring_is_the_firmwares(page: Path) -> None:
    steps: list[tuple[str, Any]] = list(zip(("1", "2", "3…"), melody.RINGS, strict=True))
    for name, (notes, again_ms) in steps:
        assert row_of(page, LIGHT_AND_SOUND, name) == [
            sound(notes),
            str(notes[0][2]),
            f"{again_ms} ms",
        ]


@every_page
def test_the_pictures_are_the_firmwares(page: Path) -> None:
    assert f"```text\n{pictures()}\n```" in page.read_text("utf-8")


@every_page
def test_the_pins_and_the_faults_are_the_firmwares(page: Path) -> None:
    for name, number in fields.DEFAULT_PINS.items():
        assert row_of(page, WIRING, name)[0] == f"GPIO{number}"
    for name in fields.MORE_PINS:
        assert row_of(page, WIRING, name)
    assert str(health.STUCK_MS // 1000) in page.read_text("utf-8")
