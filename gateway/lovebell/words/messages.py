"""The words of tables and answers about channels, contacts and messages: (Chinese, English)."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "channel": ("渠道", "channel"),
    "contact": ("联系方式", "contact"),
    "settings": ("选项", "options"),
    "language": ("语言", "language"),
    "rank": ("次序", "rank"),
    "needed": ("必填", "needed"),
    "a_secret": ("密钥", "a secret"),
    "unless_given": ("默认 {value}", "{value} unless given"),
    "no_channels": (
        "还没有渠道；请用 `lovebell channel add` 登记。",
        "There are no channels yet; enter one with `lovebell channel add`.",
    ),
    "no_contacts": (
        "还没有联系方式；请用 `lovebell contact add` 登记。",
        "There are no contacts yet; enter one with `lovebell contact add`.",
    ),
    "contact_entered": (
        "已登记：{responder} 可经 {channel} 联系。",
        "Entered: {responder} is reached by {channel}.",
    ),
    "contact_removed": (
        "已除去：{responder} 不再经 {channel} 联系。",
        "Removed: {responder} is no longer reached by {channel}.",
    ),
    "secret_missing": (
        "注意：{why}。渠道已记下；这里只是这台机器上的你读不到，请确认网关读得到。",
        "Note: {why}. The channel is entered all the same: it is you, on this machine, who cannot "
        "read it; make sure that the gateway can.",
    ),
    "option_is_value": (
        "选项要写成 名字=值，如 --set url=https://example.org/hook",
        "An option is written NAME=VALUE, such as --set url=https://example.org/hook",
    ),
    "nothing_to_try": (
        "没有可试的联系方式；请先用 `lovebell contact add` 登记",
        "There is no contact to try; first enter one with `lovebell contact add`",
    ),
    "tried_sent": ("{channel} 收下了：{said}", "{channel} has taken it: {said}"),
    "tried_later": (
        "{channel} 这次没有收下，网关会再试：{said}",
        "{channel} has not taken it this time, the gateway would try again: {said}",
    ),
    "tried_refused": ("{channel} 拒收：{said}", "{channel} has refused it: {said}"),
    "health_messages": (
        "有 {n} 条消息五分钟还没有发出（渠道：{channels}）；请用 `lovebell notify test` 试，"
        "并看网关的日志。",
        "{n} messages have waited for more than five minutes (channels: {channels}); try "
        "`lovebell notify test`, and see the gateway's log.",
    ),
}
