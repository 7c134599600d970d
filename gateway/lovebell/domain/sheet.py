"""Values as the cells of a spreadsheet: text that is a formula there stays text."""

from __future__ import annotations

import json
from typing import Final

#: What a spreadsheet takes for a formula, also behind blanks (OWASP, CSV injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> str:
    """A value as a cell. Text that a spreadsheet would calculate gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    text = str(value)
    if isinstance(value, str) and (text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)):
        return f"'{text}"
    return text
