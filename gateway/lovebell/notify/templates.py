"""The texts of messages: a file for each kind and language, which a community may replace.

The first line of a file is the subject, the rest the text. `{name}` stands for a field, and
nothing else in braces means anything; a line all of whose fields are empty is left out. Owns which
fields a kind has. Knows nothing of episodes, channels and links.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Final = ("zh", "en")
#: What each kind of message can say. A responder must know where to go and whether to go; what
#: is not here stays at home.
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "call": frozenset({"responder", "home", "time", "presses", "step"}),
    "coming": frozenset({"responder", "home", "time", "who"}),
    "resolved": frozenset({"responder", "home", "time", "who"}),
    "fault": frozenset({"responder", "opened", "opened_count", "closed", "closed_count"}),
    "test": frozenset({"responder", "channel", "time"}),
}
MOST_BYTES: Final = 4_096
_OURS: Final = Path(__file__).with_name("texts")
_PLACE: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class BadTemplateError(ValueError):
    """A text of the community's own cannot be used. `code` is placeholder, name, empty or file;
    `needs` says which file and what is wrong in it.
    """

    def __init__(self, code: str, **needs: str) -> None:
        super().__init__(f"{code}: {needs}")
        self.code = code
        self.needs = needs


class Templates:
    """All texts. Made by `load`."""

    def __init__(self, texts: Mapping[tuple[str, str], str]) -> None:
        self._texts = texts

    def fill(self, kind: str, language: str, fields: Mapping[str, str | int]) -> tuple[str, str]:
        """Subject and text. A field that is not given is empty."""
        subject, _, text = self._texts[language, kind].partition("\n")
        lines = [_filled(line, fields) for line in text.splitlines()]
        return _filled(subject, fields) or kind, "\n".join(
            line for line in lines if line is not None
        )


def load(folder: Path | None = None) -> Templates:
    """The texts of the house, and in their place those in `folder`: FOLDER/zh/call.txt and so on.

    Raises BadTemplateError for an unknown field or file name, an empty file, and one that cannot
    be read.
    """
    texts = _read(_OURS)
    if folder is not None:
        if not folder.is_dir():
            raise BadTemplateError("file", path=str(folder), why="no folder")
        texts |= _read(folder)
    return Templates(texts)


def _read(folder: Path) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    try:
        for language in LANGUAGES:
            for path in sorted((folder / language).glob("*.txt")):
                found[language, path.stem] = _checked(path)
    except OSError as why:
        raise BadTemplateError("file", path=str(folder), why=why.strerror or str(why)) from why
    return found


def _checked(path: Path) -> str:
    if path.stem not in FIELDS:
        known = ", ".join(f"{kind}.txt" for kind in FIELDS)
        raise BadTemplateError("name", path=str(path), known=known)
    try:
        text = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as why:
        raise BadTemplateError("file", path=str(path), why="not UTF-8") from why
    if not text or len(text.encode()) > MOST_BYTES:
        raise BadTemplateError("empty", path=str(path), most=str(MOST_BYTES))
    for name in _PLACE.findall(text):
        if name not in FIELDS[path.stem]:
            known = ", ".join(sorted(FIELDS[path.stem]))
            raise BadTemplateError("placeholder", path=str(path), name=name, known=known)
    return text


def _filled(line: str, fields: Mapping[str, str | int]) -> str | None:
    """The line, None when it has fields and all of them are empty."""
    names = _PLACE.findall(line)
    if names and all(fields.get(name, "") == "" for name in names):
        return None
    return _PLACE.sub(lambda match: str(fields.get(match[1], "")), line)
