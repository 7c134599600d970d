"""Secrets of channels: kept outside the database, named by reference, never shown.

Owns what a reference may be (`env:NAME`, `file:/path`), how a secret is held, and how it is
blotted out of what a service answered. A reference may be shown to anybody; what it leads to
nobody sees but the service it is for.
"""

from __future__ import annotations

import base64
import json
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

from lovebell.notify.errors import missing, wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_BYTES: Final = 8_192
SHORTEST: Final = 4  # shorter ones would blot out half of every answer, and are no secret
_VARIABLE: Final = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_FILE: Final = re.compile(r"file:(/[^\x00-\x1f\x7f]+)")


class Secret:
    """A text that shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self._text)


class Secrets:
    """Where this process finds secrets: its environment, and files that only it can read."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment

    def __repr__(self) -> str:
        return "Secrets()"

    def check(self, name: str, reference: str) -> None:
        """Raises BadChannelError when the option's value is no reference. The value is not told:
        whoever wrote the secret itself there should not find it in a log as well."""
        if not (_VARIABLE.fullmatch(reference) or _FILE.fullmatch(reference)):
            raise wrong("not_a_reference", name=name)

    def read(self, name: str, reference: str) -> Secret:
        """The secret that an option's reference leads to, without white space around it.

        Raises BadChannelError for what is no reference and for a file that others can read, and
        MissingSecretError for what is not there, empty, or not to be read by this user.
        """
        self.check(name, reference)
        variable = _VARIABLE.fullmatch(reference)
        if variable is None:
            return Secret(_read(name, Path(reference.removeprefix("file:"))))
        text = self._environment.get(variable[1], "").strip()
        if not text:
            raise missing("no_variable", name=name, variable=variable[1])
        return Secret(text)


def _read(name: str, path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise missing("no_file", name=name, path=str(path), why="not a file")
        # The group may read it: root:lovebell 0640 is how a service's secrets are set up.
        if mode & (stat.S_IWGRP | stat.S_IRWXO):
            raise wrong("open_file", name=name, path=str(path))
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1).decode().strip()
    except OSError as why:
        raise missing("no_file", name=name, path=str(path), why=why.strerror or "?") from why
    except UnicodeDecodeError:
        raise missing("no_file", name=name, path=str(path), why="not UTF-8") from None
    if not text or len(text) > MOST_BYTES:
        why = "too long" if text else "empty"
        raise missing("no_file", name=name, path=str(path), why=why)
    return text


def blotted(text: str, secrets: Iterable[Secret]) -> str:
    """`text` with every secret in it turned into `***`: as it is, and as URLs, JSON and base64
    write it."""
    forms: set[str] = set()
    for secret in secrets:
        plain = secret.reveal().encode("utf-8", "replace").decode("utf-8")
        forms |= {plain, quote(plain, safe=""), quote(plain), quote_plus(plain)}
        forms |= {json.dumps(plain)[1:-1], base64.b64encode(plain.encode()).decode().rstrip("=")}
    for form in sorted(forms, key=len, reverse=True):
        if len(form) >= SHORTEST:
            text = re.sub(re.escape(form), "***", text, flags=re.IGNORECASE)
    return text
