"""What is personal in the record, and what is left when it is taken out.

Owns which fields name or describe a person. What is left tells when, how often and how quickly,
by which devices and by which kind of step, but not of whom or by whom. Device ids stay: receipts
are kept under them, and they name things.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from lovebell.domain.plan import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Details of a line of the record that can name a person or were written by one.
PERSONAL: Final = frozenset(
    {"note", "by", "home", "label", "who", "name", "names", "phone", "said"}
)
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def anonymous_body(body: str) -> str:
    """An episode's body (`codec.episode_to_json`) without home, names and responders."""
    raw: dict[str, Any] = json.loads(body)
    raw["home"] = raw["label"] = ""
    raw["coming"] = [_anonymous_target(target) for target in raw["coming"]]
    raw["calls"] = [[call[0], "", *call[2:]] for call in raw["calls"]]
    if "asks" in raw:
        raw["asks"] = [["", *ask[1:]] for ask in raw["asks"]]
    if "arrived" in raw:
        raw["arrived"] = ["" for _ in raw["arrived"]]
    return _ENCODE(raw)


def anonymous_plan(call_plan: str) -> str:
    """An episode's copy of its plan without names and responders."""
    steps = json.loads(call_plan)
    return _ENCODE([[_words(w), ms, [_anonymous_target(t) for t in ts]] for w, ms, ts in steps])


def anonymous_detail(detail: Mapping[str, Any]) -> dict[str, Any]:
    """A line's detail without what can name a person."""
    kept = {key: value for key, value in detail.items() if key not in PERSONAL}
    if "words" in kept:
        kept["words"] = _words(str(kept["words"]))
    return kept


def _words(words: str) -> str:
    """Of whom a step calls only the words of the plans: all else is the id of a responder."""
    return ",".join(word for word in words.split(",") if word in WORDS)


def _anonymous_target(target: list[Any]) -> list[Any]:
    return ["", "", target[2]]
