"""The page behind the link in a message, in Chinese and in English.

Owns the sentences and the HTML; everything that comes from outside is escaped. One column, large
letters, one button as wide as a telephone. Knows nothing of HTTP.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from lovebell.domain.visit import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lovebell.domain.visit import Visit

#: (Chinese, English).
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("爱心门铃", "The love doorbell"),
    "language": ("zh", "en"),
    "button": ("我来了", "I am coming"),
    "also": ("我也去", "I am coming too"),
    Stage.OPEN: (
        "{home} 需要帮助，还没有人应答。",
        "{home} needs help, and nobody has answered yet.",
    ),
    Stage.OTHER: ("{who} 正赶往 {home}。", "{who} is on the way to {home}."),
    Stage.YOURS: (
        "已记下：您正赶往 {home}。谢谢，路上小心。",
        "Noted: you are on the way to {home}. Thank you, and take care.",
    ),
    Stage.USED: (
        "这个链接已经用过。{home} 又在呼叫，请用最新那条消息里的链接，或按门铃应答。",
        "This link has been used. {home} is calling again: answer by the link in the latest "
        "message, or by your chime.",
    ),
    "used_coming": (
        "这个链接已经用过。{who} 正赶往 {home}。",
        "This link has been used. {who} is on the way to {home}.",
    ),
    Stage.OVER: ("已经办结，不必再去。谢谢。", "It is over; nobody need go. Thank you."),
    "gone": (
        "这个链接已失效。如果仍有人求助，请看最新的消息，或打电话给值班台。",
        "This link is no longer valid. If somebody still calls for help, see the latest message, "
        "or telephone the duty desk.",
    ),
    "busy": (
        "现在打不开，请过几秒再试，或按门铃应答。",
        "This cannot be opened just now: try again in some seconds, or answer by your chime.",
    ),
}
#: The only style there is; its hash stands in the Content-Security-Policy.
STYLE: Final = (
    "body{font:1.25rem/1.6 system-ui,sans-serif;margin:0 auto;max-width:32rem;padding:1.5rem;"
    "color:#1a1a1a;background:#fff}"
    "h1{font-size:1.25rem}"
    "button{font:inherit;font-weight:700;width:100%;min-height:4rem;border:0;border-radius:.75rem;"
    "color:#fff;background:#b3261e}"
)


def page(visit: Visit | None, language: str, *, busy: bool = False) -> str:
    """The whole page; `visit` None for a link that is unknown or has expired."""
    if visit is None:
        return _html(language, _say("busy" if busy else "gone", language))
    needs = {"home": visit.home, "who": visit.who}
    name = "used_coming" if visit.stage is Stage.USED and visit.who else visit.stage
    text = _say(name, language, **needs)
    if not visit.may_acknowledge:
        return _html(language, text)
    label = _say("button" if visit.stage is Stage.OPEN else "also", language)
    return _html(language, text, f'<form method="post"><button>{label}</button></form>')


def _say(name: str, language: str, **needs: str) -> str:
    told = WORDS[name][0 if language == "zh" else 1]
    return told.format_map({key: escape(value) for key, value in needs.items()})


def _html(language: str, text: str, form: str = "") -> str:
    title = _say("title", language)
    return (
        f'<!doctype html><html lang="{_say("language", language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex">'
        f"<title>{title}</title><style>{STYLE}</style></head>"
        f"<body><h1>{title}</h1><p>{text}</p>{form}</body></html>\n"
    )
