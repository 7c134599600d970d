"""The record as a story: a sentence for every line, in Chinese and in English.

Owns the sentences of `domain.episode.What`. Knows nothing of where records lie.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from lovebell.domain.episode import What
from lovebell.domain.faults import GATEWAY
from lovebell.domain.messages import BY_LINK
from lovebell.words import firmware
from lovebell.words.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: (Chinese, English) of every What. `who` and `chime` are names; what a detail lacks becomes "?".
SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    What.PRESSED: ("{who}按铃", "{who} was pressed"),
    What.HEARD_OF: (
        "没有听到 {button} 按铃，是{who}告诉网关的",
        "The press of {button} was not heard: {who} told the gateway of it",
    ),
    What.REPEATED: (
        "{who}又按了，共 {presses} 次",
        "{who} was pressed again, {presses} times in all",
    ),
    What.PRESSED_AGAIN: (
        "有人应答之后，{who}又按了，共 {presses} 次：重新响铃",
        "{who} was pressed again after the answer, {presses} times in all: ringing again",
    ),
    What.STEP: ("第 {step} 步：呼叫{words}", "Step {step}: calling {words}"),
    What.RUNG: ("通知{who}的门铃 {chime} 响铃", "Told the chime {chime} of {who} to ring"),
    What.REACHED: ("{who}的门铃 {chime} 响了", "The chime {chime} of {who} rings"),
    What.MISSED: (
        "{who}的门铃 {chime} 没有回音：算作未送达，继续重试",
        "No word from the chime {chime} of {who}: counts as not reached, still being tried",
    ),
    What.UNREACHABLE: (
        "{who}没有门铃，也没有联系方式，叫不到",
        "{who} has neither chime nor contact and cannot be called",
    ),
    What.NOBODY: (
        "第 {step} 步没有叫得到的人：不等待",
        "Step {step} has nobody who can be called: not waited for",
    ),
    What.PASSED: (
        "第 {step} 步谁也没有叫到：立即转下一步",
        "Nobody of step {step} has been reached: going on at once",
    ),
    What.ACKNOWLEDGED: ("{who}应答：我来了", "{who} answered: I am coming"),
    What.ALSO_ACKNOWLEDGED: ("{who}也应答了", "{who} answered as well"),
    What.STALE_ACKNOWLEDGED: (
        "{who}的应答在路上耽搁太久，不再算数，响铃照旧",
        "The answer of {who} was too long on its way to count: it goes on ringing",
    ),
    What.LATE_ACKNOWLEDGED: ("{who}应答时，事件已经办结", "{who} answered when it was over"),
    What.EXPIRED: (
        "{who}应答后没有按时到达：重新响铃",
        "{who} answered but has not arrived in time: ringing again",
    ),
    What.ARRIVED: ("{who}到了", "{who} arrived"),
    What.ALSO_ARRIVED: ("{who}也到了", "{who} arrived as well"),
    What.LATE_ARRIVED: ("{who}到达时，事件已经办结", "{who} arrived when it was over"),
    What.CANCEL_ASKED: (
        "{who}想取消：须有人确认，呼叫照旧",
        "{who} would take it back: a human has to make sure, the call goes on",
    ),
    What.RESOLVED: ("办结：{outcome}", "Resolved: {outcome}"),
    What.REOPENED: (
        "{who}重开此事，原来办结为“{outcome}”：继续响铃",
        "{who} reopened it, it had been resolved as {outcome}: ringing on",
    ),
    What.FOLLOWS: (
        "一小时内又求助：前一件 {before} 办结为“{outcome}”；上次来的人这次从第一步就叫",
        "Calls again within an hour of {before}, resolved as {outcome}: whoever came then is "
        "called from the first step on",
    ),
    What.BUSY: (
        "{who}正在去别家：照样响铃，但不等",
        "{who} is on the way to another home: rung all the same, but not waited for",
    ),
    What.PASSED_BUSY: (
        "第 {step} 步的人都在去别家：立即转下一步",
        "All of step {step} are on the way to another home: going on at once",
    ),
    What.REPAIRED: ("{who}的门铃改为：{chimes}", "The chimes of {who} are now: {chimes}"),
    What.ROSTERED: (
        "从现在起也呼叫{who}",
        "From now on {who} is to be called as well",
    ),
    What.OFF_DUTY: (
        "没有人值班：照样呼叫不在班的人",
        "Nobody is on duty: calling those who are off duty all the same",
    ),
    What.REPLANNED: ("现在有人可叫了", "There is somebody to call now"),
    What.CONTACTS_CHANGED: (
        "{who}的联系渠道改为：{channels}",
        "The channels to {who} are now: {channels}",
    ),
    What.MESSAGED: (
        "{channel} 已收下给{who}的消息：{message}",
        "{channel} has taken the message to {who}: {message}",
    ),
    What.MESSAGE_REFUSED: (
        "{channel} 拒收给{who}的消息：{message}",
        "{channel} has refused the message to {who}: {message}",
    ),
    What.MESSAGE_GIVEN_UP: (
        "给{who}的消息（{channel}，{message}）不再发送：{why}",
        "The message to {who} ({channel}, {message}) is given up: {why}",
    ),
    What.TEST_IGNORED: (
        "{who}的测试不做：正有求助",
        "{who} asked for a test while a call is open: not done",
    ),
    What.NOTHING_TO_CANCEL: (
        "{who}想取消，但没有求助可取消",
        "{who} would take it back, but there is nothing to take back",
    ),
    What.UNPLACED: (
        "{who}应答了一件找不到的求助：{named}",
        "{who} answered a call that cannot be found: {named}",
    ),
    What.UNPAIRED: (
        "{who}没有与任何人家结对：呼叫值班台",
        "{who} is paired with no home: calling the desk",
    ),
    What.UNKNOWN_DEVICE: (
        "{who}没有登记：呼叫值班台",
        "{who} is not in the books: calling the desk",
    ),
    What.DROPPED: (
        "{who}的消息不合协议，已丢弃，这是第 {count} 条：{code}，{why}",
        "Dropped a message of {who} that breaks the protocol, number {count}: {code}, {why}",
    ),
    What.FAULT: ("{who}故障：{fault}", "Fault of {who}: {fault}"),
    What.FAULT_AGAIN: (
        "{who}又故障：{fault}，第 {count} 次",
        "Fault of {who} again: {fault}, number {count}",
    ),
    What.FAULT_OVER: ("{who}故障已消除：{fault}", "Fault of {who} is over: {fault}"),
    What.ROLL_CALLED: (
        "{why}恢复，开始点名，共 {homes} 户",
        "The {why} is back: roll call of {homes} homes",
    ),
    What.TEST_TRIED: (
        "{who}请{home}测试，没有成",
        "{who} asked {home} for a test in vain",
    ),
    What.ROLL_TICKED: ("点名：{home}已确认", "Roll call: {home} is ticked off"),
    **firmware.SENTENCES,
    What.TOKEN_MADE: (
        "给{who}开了第 {n} 号令牌，可以做 {boards} 块板子",
        "Token {n} was made for {who}, for {boards} boards",
    ),
    What.TOKEN_REVOKED: ("{who}的第 {n} 号令牌已吊销", "Token {n} of {who} was revoked"),
    What.ENROLLED: ("登记了{who}", "{who} was enrolled"),
    What.RENEWED: (
        "{who}换了新密码，旧的作废",
        "{who} has a new secret, and the old one is void",
    ),
    What.GIVEN: (
        "身份包里的{who}给了一块板子",
        "The identity {who} of a bundle was given to a board",
    ),
    What.SET_UP: ("{who}做好了：{proof}", "{who} was set up: {proof}"),
    What.REVOKED: ("{who}已吊销", "{who} was revoked"),
    What.RECOVERED: (
        "从另一个数据库接回了{who}",
        "{who} was taken over from another database",
    ),
}

#: Details that a line may or may not have: said after the sentence.
_BESIDES: Final[Mapping[str, tuple[str, str]]] = {
    "by": ("经 {by}", "by way of {by}"),
    "note": ("备注：{note}", "note: {note}"),
    "because": ("{because}", "{because}"),
    "failures": ("{failures} 台失败", "{failures} failed"),
    "said": ("答复：{said}", "it said: {said}"),
    "off_duty": ("{off_duty} 人不在班或外出", "{off_duty} off duty or away"),
    "mac": ("板子 {mac}", "board {mac}"),
    "age_s": ("{age_s} 秒前按的", "{age_s} s earlier"),
    "age": ("何时按的不详", "when is not known"),
}

#: How far a setting-up was seen.
_PROOFS: Final[Mapping[str, tuple[str, str]]] = {
    "files": ("文件已写好", "its files are written"),
    "broker": ("连上了服务器", "it reached the broker"),
    "press": ("试按已收到", "its test press was received"),
    "sounded": ("试按已收到，门铃响了", "its test press was received, and the chime sounded"),
    "silent": (
        "试按已收到，门铃没有响",
        "its test press was received, and the chime did not sound",
    ),
}

#: The kinds of messages, and why one is given up.
_MESSAGES: Final[Mapping[str, tuple[str, str]]] = {
    "call": ("求助", "call for help"),
    "coming": ("有人来了", "somebody is coming"),
    "resolved": ("已办结", "it is over"),
    "fault": ("故障", "faults"),
    "test": ("测试", "test"),
    "replaced": ("情况已变", "it is no longer so"),
    "too_old": ("过时太久", "too old by now"),
    "no_contact": ("联系方式已删", "the contact was removed"),
}

_BY: Final[Mapping[str, tuple[str, str]]] = {
    BY_LINK: ("消息里的链接", "the link in a message"),
    "bundle": ("身份包", "a bundle"),
}

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "": ("（未知）", "(unknown)"),
    GATEWAY: ("网关", "the gateway"),
    "gateway": ("网关", "gateway"),
    "broker": ("MQTT 服务器", "broker"),
    "paired": ("结对响应人", "the paired responder"),
    "neighbours": ("这一家的所有响应人", "all the home's responders"),
    "grid": ("网格长", "the grid leader"),
    "desk": ("值班台", "the duty desk"),
    "cancelled": ("老人取消", "taken back by the elder"),
    "test_passed": ("测试通过", "the test passed"),
    "test_failed": ("测试未通过", "the test failed"),
    "helped": ("已帮助", "helped"),
    "hospital": ("已送医", "taken to hospital"),
    "false_alarm": ("误按", "a false alarm"),
}


def sentence(
    what: str,
    who: str,
    detail: Mapping[str, Any],
    language: str,
    names: Callable[[str], str] | None = None,
) -> str:
    """What a line of the record says, in `language` (zh or en).

    `names` makes an id readable; without it ids stand as they are. A `what` of a later release
    is told as it is written.
    """
    column = 0 if language == "zh" else 1
    name = names or str
    pair = SENTENCES.get(what)
    filled = _Filled({key: _value(key, value, column, name) for key, value in detail.items()})
    is_one = who not in ("", GATEWAY)
    filled["who"] = _spaced(name(who), column) if is_one else _WORDS[who][column]
    if pair is None:
        rest = ", ".join(f"{key}={value}" for key, value in detail.items())
        return " ".join(part for part in (what, who, rest) if part)
    said = pair[column].format_map(filled)
    besides = [
        text[column].format_map(filled)
        for key, text in _BESIDES.items()
        if _is_worth_saying(key, detail, who)
    ]
    if what == What.RESOLVED and who:
        besides.insert(0, name(who))
    if detail.get("kind") == "test":
        besides.insert(0, ("测试", "a test")[column])
    if besides:
        said += f"（{'；'.join(besides)}）" if column == 0 else f" ({'; '.join(besides)})"
    return said


def outcome(word: str, language: str) -> str:
    """How an episode ended, in words; a word of somebody's own stands as it is."""
    known = _WORDS.get(word) if word else None
    return known[0 if language == "zh" else 1] if known else word


def fault(word: str, language: str) -> str:
    """What is wrong, in words; a word that only the device knows stands as it is."""
    known = FAULTS.get(word)
    return known[0 if language == "zh" else 1] if known else word


def clock_time(at_ms: int, *, with_day: bool = True) -> str:
    """A time in UTC milliseconds as the local clock shows it, to the second."""
    local = datetime.fromtimestamp(at_ms / 1000).astimezone()
    return local.strftime("%Y-%m-%d %H:%M:%S" if with_day else "%H:%M:%S")


class _Filled(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def _spaced(text: str, column: int) -> str:
    """In Chinese a blank parts an id from the word that follows, but not a name."""
    return f"{text} " if column == 0 and text[-1:].isascii() else text


def _is_worth_saying(key: str, detail: Mapping[str, Any], who: str) -> bool:
    value = detail.get(key)
    return value not in (None, "", 0) and not (key == "by" and value == who)


def _value(key: str, value: object, column: int, name: Callable[[str], str]) -> str:
    """A detail as a word of the sentence."""
    text = str(value)
    if key in ("words", "outcome"):
        words = [_WORDS[word][column] if word in _WORDS else name(word) for word in text.split(",")]
        return ("、" if column == 0 else ", ").join(words)
    if key in ("message", "why") and text in _MESSAGES:
        return _MESSAGES[text][column]
    if key in ("chimes", "channels") and not text:
        return ("无", "none")[column]
    if key == "proof" and text in _PROOFS:
        return _PROOFS[text][column]
    if key in firmware.WORDS and text in firmware.WORDS[key]:
        return firmware.WORDS[key][text][column]
    if key == "fault":
        return fault(text, ("zh", "en")[column])
    if key == "why" and text in ("gateway", "broker"):
        return _WORDS[text][column]
    if key == "by" and text in _BY:
        return _BY[text][column]
    return name(text) if key in ("by", "home") else text
