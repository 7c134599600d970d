"""What can be wrong with a channel: sentences in Chinese and English that name the next move."""

from __future__ import annotations

from typing import Final, TypeVar

#: Code: (Chinese, English).
MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "unknown_kind": (
        "种类：没有 {kind!r}；请写其中之一：{known}",
        "kind: there is no {kind!r}; write one of {known}",
    ),
    "broken_kind": (
        "种类：插件 {kind!r} 装不上（{why}）；请重新安装它，或删去这个渠道",
        "kind: the plug-in {kind!r} cannot be loaded ({why}); install it anew, or remove the "
        "channel",
    ),
    "unknown_option": (
        "选项：{kind} 没有 {name!r}；请写其中之一：{known}",
        "option: {kind} has no {name!r}; write one of {known}",
    ),
    "option_needed": (
        "选项：{kind} 缺少 {name}；请写 {name}=值",
        "option: {kind} needs {name}; write {name}=VALUE",
    ),
    "bad_option": (
        "选项 {name}：{value!r} 不能用；请写{rule_zh}",
        "option {name}: {value!r} cannot be used; write {rule}",
    ),
    "bad_address": (
        "地址：{address!r} 不能用；请写{rule_zh}",
        "address: {address!r} cannot be used; write {rule}",
    ),
    "not_a_reference": (
        "选项 {name}：密钥不能直接写在这里；请写 env:环境变量名 或 file:/绝对路径",
        "option {name}: a secret is not written here itself; write env:NAME or "
        "file:/absolute/path",
    ),
    "no_variable": (
        "选项 {name}：网关的环境里没有变量 {variable}；请设好它，再重启网关",
        "option {name}: there is no variable {variable} in the gateway's environment; set it, and "
        "restart the gateway",
    ),
    "no_file": (
        "选项 {name}：读不了 {path}（{why}）；请检查路径和权限",
        "option {name}: {path} cannot be read ({why}); check the path and the rights",
    ),
    "open_file": (
        "选项 {name}：别人也能读 {path}；请先 `chmod 600 {path}`，再换掉这个密钥",
        "option {name}: others can read {path}; first `chmod 600 {path}`, then change the secret",
    ),
    "no_apprise": (
        "种类：没有装 apprise；请先 `pip install 'lovebell[apprise]'`",
        "kind: apprise is not installed; first `pip install 'lovebell[apprise]'`",
    ),
    "own_kind": (
        "选项 url：apprise 看不出 {schema} 有没有收下；请改用种类 {kind}",
        "option url: apprise cannot tell whether {schema} has taken a message; use the kind {kind}",
    ),
    "bad_secret": (
        "选项 {name}：引用到的密钥不能用；那里请写{rule_zh}",
        "option {name}: the secret that it leads to cannot be used; put there {rule}",
    ),
}  # fmt: skip


class BadChannelError(ValueError):
    """A channel cannot be as it was described; nothing was changed. `str` is the English sentence.

    Neither sentence holds a secret.
    """

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(english)
        self.chinese = chinese

    def say(self, language: str) -> str:
        """The sentence in zh or en."""
        return self.chinese if language == "zh" else str(self)


class MissingSecretError(BadChannelError):
    """Everything is right but a secret, which this machine or this user cannot read."""


_E = TypeVar("_E", bound=BadChannelError)


def wrong(code: str, **needs: str | int) -> BadChannelError:
    """The error of a code of MESSAGES, filled."""
    return _filled(BadChannelError, code, needs)


def missing(code: str, **needs: str | int) -> MissingSecretError:
    """The same for a secret that is not to be had here."""
    return _filled(MissingSecretError, code, needs)


def _filled(kind: type[_E], code: str, needs: dict[str, str | int]) -> _E:
    chinese, english = (text.format_map(needs) for text in MESSAGES[code])
    return kind(chinese, english)
