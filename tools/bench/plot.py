"""A plot as SVG, in the few lines it takes: bars with their spread, one panel a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 760
_LABEL: Final = 300  # names stand left of this
_ROOM: Final = WIDTH - _LABEL - 90  # the rest is for the figure behind the bar
_ROW: Final = 26
_STYLE: Final = (
    "<style>text{font:13px sans-serif;fill:#222}.head{font-weight:bold}"
    ".bar{fill:#c0392b}.other{fill:#95a5a6}.spread{stroke:#222}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.spread{stroke:#ddd}}</style>"
)


@dataclass(frozen=True)
class Bar:
    """One figure; `ours` is drawn in our colour."""

    name: str
    value: float
    least: float
    greatest: float
    text: str
    ours: bool = True


@dataclass(frozen=True)
class Panel:
    """Bars of one unit, drawn to one scale that begins at zero."""

    title: str
    bars: Sequence[Bar]


def svg(panels: Sequence[Panel]) -> str:
    """The whole picture."""
    y = 10
    parts: list[str] = []
    for panel in panels:
        y += _ROW
        parts.append(f'<text class="head" x="10" y="{y}">{escape(panel.title)}</text>')
        most = max((bar.greatest for bar in panel.bars), default=0) or 1
        for bar in panel.bars:
            y += _ROW
            parts += _drawn(bar, y, _ROOM / most)
        y += _ROW // 2
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 10}"'
        f' viewBox="0 0 {WIDTH} {y + 10}" role="img">'
    )
    return "\n".join((head, _STYLE, *parts, "</svg>", ""))


def _drawn(bar: Bar, y: int, scale: float) -> list[str]:
    kind = "bar" if bar.ours else "other"
    low, high = (_LABEL + bound * scale for bound in (bar.least, bar.greatest))
    middle = y - 5
    return [
        f'<text x="{_LABEL - 8}" y="{y}" text-anchor="end">{escape(bar.name)}</text>',
        f'<rect class="{kind}" x="{_LABEL}" y="{y - 14}" width="{bar.value * scale:.1f}"'
        ' height="18" rx="2"/>',
        f'<path class="spread" d="M{low:.1f} {middle}H{high:.1f}"/>',
        f'<text x="{high + 6:.1f}" y="{y}">{escape(bar.text)}</text>',
    ]
