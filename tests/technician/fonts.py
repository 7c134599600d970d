"""A font for the labels of the tests, which is on no machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

if TYPE_CHECKING:
    from pathlib import Path

LATIN = "".join(chr(code) for code in range(32, 127))
LABEL = LATIN + "爱心门铃按钮密码·"


def a_font(path: Path, characters: str) -> Path:
    """A font in which each of these characters is a box."""
    pen = TTGlyphPen(None)
    for at in ((0, 0), (0, 700), (500, 700)):
        (pen.lineTo if at != (0, 0) else pen.moveTo)(at)
    pen.closePath()
    box = pen.glyph()
    names = {ord(character): f"uni{ord(character):04X}" for character in characters}
    order = [".notdef", *names.values()]
    font = FontBuilder(1000)
    font.setupGlyphOrder(order)
    font.setupCharacterMap(names)
    font.setupGlyf(dict.fromkeys(order, box))
    font.setupHorizontalMetrics(dict.fromkeys(order, (600, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(path)
    return path
