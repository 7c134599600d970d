"""Text as services take it: clean, on one line, no longer than so many bytes. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lovebell.notify.sender import Message

CUT: Final = "…"
# Tab and line feed stay. U+2028 and U+2029 break lines in some programs and not in others.
# With those that turn a line round (Unicode annex 9): what a service says is shown to operators.
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


def clean(text: str) -> str:
    """`text` without control characters, lines parted by a line feed; it can be encoded."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub(" ", lines).encode("utf-8", "replace").decode("utf-8")


def one_line(text: str, most: int = 200) -> str:
    """`text` on one line of at most `most` characters."""
    line = " ".join(clean(text[: most * 8]).split())
    return line if len(line) <= most else line[: most - 1] + CUT


def cut(text: str, most_bytes: int) -> str:
    """`text`, if need be cut between two characters, so that it has at most `most_bytes` in
    UTF-8."""
    data = text.encode("utf-8")
    if len(data) <= most_bytes:
        return text
    room = most_bytes - len(CUT.encode("utf-8"))
    return data[: max(room, 0)].decode("utf-8", "ignore") + (CUT if room >= 0 else "")


def composed(message: Message, most_bytes: int) -> str:
    """Subject, text and link as one text for a chat. When it is too long the text is cut, never
    the link: a cut link leads nowhere."""
    link = clean(message.link)
    tail = f"\n{link}" if link else ""
    if len(tail.encode("utf-8")) > most_bytes // 2:
        tail = ""
    body = "\n".join(part for part in (one_line(message.subject), clean(message.text)) if part)
    return cut(body or CUT, most_bytes - len(tail.encode("utf-8"))) + tail
