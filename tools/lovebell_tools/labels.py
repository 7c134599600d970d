"""A sheet of labels to stick into the devices: a QR code, the name and the kind, how a telephone
reaches the page for the Wi-Fi, and no secret.

Owns the sheet, A4 with three columns of eight labels of 70 by 37 mm, as sold everywhere, and the
search for a font with Chinese. The QR code holds `lovebell:DEVICE:KIND`.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import segno
from fontTools.ttLib import TTFont, TTLibError
from fpdf import FPDF

from lovebell_tools import words
from lovebell_tools.board import BoardError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lovebell_tools.identity import Access

COLUMNS, ROWS = 3, 8
WIDTH_MM, HEIGHT_MM = 70.0, 37.0
QR_MM: Final = 27.0
LINE_MM: Final = 5.2
_LABEL: Final = re.compile(r"([a-z0-9][a-z0-9-]{0,23})=(button|chime)")
#: Where Linux, macOS and Windows keep a font with Chinese.
PLACES: Final = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simhei.ttf",
    "C:/Windows/Fonts/simsun.ttc",
)


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one label; without `access` nothing of the Wi-Fi."""

    device: str
    role: str
    access: Access | None = None

    def lines(self) -> list[tuple[float, str]]:
        """The lines, each with its size in points at most."""
        kind = f"{words.say('zh', self.role)} {words.say('en', self.role)}"
        brand = f"{words.say('zh', 'brand')} lovebell"
        if self.access is None:
            return [(12.0, self.device), (12.0, kind), (9.0, brand)]
        return [
            (12.0, self.device),
            (12.0, f"{kind} · {words.say('zh', 'brand')}"),
            (9.0, f"Wi-Fi {self.access.name}"),
            (9.0, f"{words.say('zh', 'password')} {self.access.password}"),
            (9.0, self.access.address),
        ]


def read(text: str) -> Label:
    """`b-01=button` as a label. Raises BoardError: `bad_label`."""
    found = _LABEL.fullmatch(text)
    if found is None:
        raise BoardError("bad_label", label=text)
    return Label(found[1], found[2])


def find_font() -> Path | None:
    """A font of this laptop that has every character of a label; None if there is none."""
    for path in (_told_by_fontconfig(), *(Path(place) for place in PLACES)):
        if path is not None and path.is_file() and _face(path) is not None:
            return path
    return None


def write(labels: Sequence[Label], out: Path, font: Path | None) -> None:
    """The sheet as a PDF, with the characters of the font that it needs inside.

    Raises BoardError: `no_labels`, `no_font`, `bad_font`, `no_paper`.
    """
    if not labels:
        raise BoardError("no_labels")
    path = font or find_font()
    if path is None:
        raise BoardError("no_font")
    face = _face(path)
    if face is None:
        raise BoardError("bad_font", path=path, why=_characters())
    sheet = FPDF(format="A4")
    sheet.set_auto_page_break(False)
    sheet.add_font("chinese", fname=path, collection_font_number=face)
    left, top = (210 - COLUMNS * WIDTH_MM) / 2, (297 - ROWS * HEIGHT_MM) / 2
    for number, label in enumerate(labels):
        place = number % (COLUMNS * ROWS)
        if place == 0:
            sheet.add_page()
        row, column = divmod(place, COLUMNS)
        _draw(sheet, label, left + column * WIDTH_MM, top + row * HEIGHT_MM)
    try:
        sheet.output(str(out))
    except OSError as why:
        raise BoardError("no_paper", path=out, why=why.strerror) from None


def _draw(sheet: FPDF, label: Label, x: float, y: float) -> None:
    margin = (HEIGHT_MM - QR_MM) / 2
    code = segno.make(f"lovebell:{label.device}:{label.role}", error="m", micro=False)
    size = QR_MM / len(code.matrix)
    for row, line in enumerate(code.matrix):
        for column, is_dark in enumerate(line):
            if is_dark:
                at = (x + margin + column * size, y + margin + row * size)
                sheet.rect(*at, size, size, style="F")
    room = WIDTH_MM - 2 * margin - QR_MM
    for line, (points, text) in enumerate(label.lines()):
        sheet.set_font("chinese", size=points)
        sheet.set_font_size(points * min(1.0, room / sheet.get_string_width(text)))
        sheet.text(x + margin + QR_MM + 2, y + margin + 4 + line * LINE_MM, text)


def _characters() -> str:
    named = "".join(words.say("zh", name) for name in ("brand", "button", "chime", "password"))
    return "".join(dict.fromkeys(named))


def _face(path: Path) -> int | None:
    """Which face of the file has all the characters; None if none has."""
    needed = {ord(character) for character in _characters() + "abz019-·"}
    try:
        for number in range(8):
            with TTFont(path, fontNumber=number, lazy=True) as font:
                if needed <= set(font.getBestCmap() or {}):
                    return number
            if not path.suffix.lower().endswith("c"):
                return None
    except (TTLibError, OSError, ValueError):  # no font, or no more faces in it
        return None
    return None


def _told_by_fontconfig() -> Path | None:
    try:
        asked = ["fc-match", "--format", "%{file}", ":lang=zh-cn"]
        said = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(said.stdout) if said.stdout else None
