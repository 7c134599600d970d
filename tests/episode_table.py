"""The table of an episode as the manual shows it, made from the code.

`python tests/episode_table.py docs/episode.md docs/episode.zh.md` writes it anew. A rule that has
no words here cannot be shown: say what it does, in both languages.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lovebell.domain import course
from lovebell.domain.episode import Kind, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: What happens: (Chinese, English).
EVENTS = {
    "Pressed": ("又按铃", "pressed again"),
    "Cancelled": ("老人取消", "taken back by the elder"),
    "Due": ("时间到", "a deadline passes"),
    "Ringing": ("门铃说：在响", "a chime says: it rings"),
    "Hushed": ("门铃说：没在响", "a chime says: it is quiet"),
    "Back": ("门铃上线", "a chime comes on line"),
    "Gone": ("门铃离线", "a chime goes off line"),
    "Acknowledged": ("有人应答", "somebody answers"),
    "Arrived": ("有人到达", "somebody arrives"),
    "Resolved": ("办结", "somebody resolves it"),
    "Reopened": ("重开", "somebody reopens it"),
    "Repaired": ("响应人换了门铃或联系方式", "a responder has other chimes or contacts"),
    "Replanned": ("现在有人可叫了", "there is somebody to call now"),
    "Rostered": ("排班变了", "the roster has changed"),
    "Delivered": ("消息送出", "a message is taken"),
    "Undelivered": ("消息送不出", "a message is refused or given up"),
}
STATES = {
    State.RINGING: ("响铃中", "ringing"),
    State.ACKNOWLEDGED: ("有人应答", "acknowledged"),
    State.ARRIVED: ("已到达", "arrived"),
    State.RESOLVED: ("已办结", "resolved"),
}
#: What a rule does.
RULES = {
    "presses.repeated": ("计数，不另起一件", "counted; no new episode"),
    "presses.pressed_again": (
        "**响铃**，从下一步：还没有人来",
        "**ringing**, one step further: nobody has come",
    ),
    "presses.cancel": (
        "头 30 秒内：**办结**（取消）；之后只记录，须有人确认",
        "in the first 30 s: **resolved** (cancelled); later recorded, a human makes sure",
    ),
    "presses.cancel_asked": ("只记录，须有人确认", "recorded; a human makes sure"),
    "deadlines.while_ringing": (
        "没回音的门铃再通知；这一步完了响下一步，最后一步不断重复",
        "a chime that has not answered is told again; when the step is over the next one rings, "
        "and the last for ever",
    ),
    "deadlines.while_acknowledged": (
        "没静的门铃再通知；到时没人到达：**响铃**，从下一步",
        "a chime that is not quiet is told again; nobody there in time: **ringing**, one step "
        "further",
    ),
    "deadlines.while_quiet": ("没静的门铃再通知", "a chime that is not quiet is told again"),
    "chimes.reached": ("算送达", "counts as reached"),
    "chimes.should_be_quiet": ("叫它静下", "it is hushed"),
    "chimes.not_ringing": (
        "该响而没响：算没送达，再叫它响",
        "it should ring: counts as not reached, rung again",
    ),
    "chimes.is_quiet": ("知道了", "noted"),
    "chimes.ring_back": ("再叫它响", "rung again"),
    "chimes.hush_back": ("再叫它静", "hushed again"),
    "chimes.gone": (
        "算没送达；这一步没人听见，立即转下一步",
        "counts as not reached; if nobody in the step hears it, the next one at once",
    ),
    "people.acknowledge": (
        "**有人应答**：其余门铃静下，按钮亮“有人来了”；在路上太久的应答只记录",
        "**acknowledged**: the others are hushed, the button says who comes; an answer too long "
        "on its way is recorded only",
    ),
    "people.also_acknowledge": ("记录，并告诉是谁先应答的", "recorded, and told who is first"),
    "people.late_acknowledge": ("记录，静铃", "recorded, and hushed"),
    "people.arrive": ("**已到达**：门铃全静下", "**arrived**: all chimes are hushed"),
    "people.also_arrive": ("记录", "recorded"),
    "people.late_arrive": ("记录", "recorded"),
    "ending.resolve": ("**办结**：门铃全静下", "**resolved**: all chimes are hushed"),
    "again.reopen": (
        "一小时内：**响铃**，从原来那一步",
        "within the hour: **ringing**, with the step at which it stood",
    ),
    "changes.repair": (
        "照新的呼叫；响铃中，新门铃立即响，旧门铃静下",
        "called by these; while it rings, new chimes ring and old ones are hushed at once",
    ),
    "changes.replan": (
        "原来谁也叫不到的，换用新方案；响铃中立即从第一步响",
        "if nobody could be called, by the new plan; while it rings, from its first step at once",
    ),
    "changes.roster": ("照新的排班呼叫", "called by the new roster"),
    "services.delivered": ("记录", "recorded"),
    "services.undelivered": (
        "记录；响铃中这一步再没有人叫得到，立即转下一步",
        "recorded; while it rings and nobody else is reached in the step, the next one at once",
    ),
    "trials.reached": (
        "都响了：**办结**（测试通过）",
        "when all ring: **resolved** (the test passed)",
    ),
    "trials.due": (
        "没回音的再通知；30 秒到：**办结**（测试未通过）",
        "who has not answered is told again; after 30 s: **resolved** (the test failed)",
    ),
    "trials.resolve": ("**办结**", "**resolved**"),
}
NOTHING = "–"
HEADINGS = {
    Kind.CALL: ("发生了什么", "what happens"),
    Kind.TEST: ("测试中发生了什么", "what happens in a test"),
}


def cell(rule: Callable[..., Any] | None, column: int) -> str:
    """What a cell says; the name of a rule is that of its file and its own."""
    if rule is None:
        return NOTHING
    return RULES[f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"][column]


def rows(kind: Kind, column: int) -> list[str]:
    """The table of a kind of episode, in Chinese (0) or English (1)."""
    table: Mapping[State, Mapping[type, Callable[..., Any]]] = course.TABLE[kind]
    states = [state for state in State if kind is Kind.CALL or table[state]]
    names = [HEADINGS[kind][column], *(STATES[state][column] for state in states)]
    lines = [names, ["---"] * len(names)]
    known = {event.__name__: event for event in course.EVENTS}
    assert known.keys() <= EVENTS.keys(), "an event without words"
    for name, said in EVENTS.items():
        if name not in known:
            continue
        cells = [cell(table[state].get(known[name]), column) for state in states]
        if kind is Kind.CALL or any(text != NOTHING for text in cells):
            lines.append([said[column], *cells])
    return [f"| {' | '.join(line)} |" for line in lines]


def written(text: str, column: int) -> str:
    """The manual with its tables as the code has them."""
    for kind in Kind:
        begin = f"| {HEADINGS[kind][column]} |"
        made = "\n".join(rows(kind, column)) + "\n"
        text = re.sub(rf"(?m)^{re.escape(begin)}.*\n(?:\|.*\n)*", lambda _, m=made: m, text)
    return text


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(
            written(page.read_text(encoding="utf-8"), 0 if name.endswith(".zh.md") else 1),
            encoding="utf-8",
        )
