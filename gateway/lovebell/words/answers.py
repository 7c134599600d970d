"""What the gateway answers to an operator's wish: (Chinese, English)."""

from __future__ import annotations

from typing import Final

ANSWERS: Final = {
    "done_acknowledge": ("求助 {n}：应答已记下，门铃静下。", "Episode {n} is acknowledged."),
    "done_arrive": ("求助 {n}：到达已记下。", "Episode {n}: the arrival is recorded."),
    "done_resolve": ("求助 {n} 已办结。", "Episode {n} is resolved."),
    "done_reopen": ("求助 {n} 已重开，继续响铃。", "Episode {n} is open again and rings on."),
    "refused:not_over": (
        "求助 {n} 还没有办结，不用重开；请看 `lovebell episode show {n}`。",
        "Episode {n} is still open; see `lovebell episode show {n}`.",
    ),
    "refused:called_again": (
        "求助 {n}：这一户已经又按铃了，请处理新的那一件：`lovebell episodes --open`。",
        "Episode {n}: this home has called again; see to that call: `lovebell episodes --open`.",
    ),
    "refused:too_late": (
        "求助 {n}：只能重开一小时内办结的求助，测试不行；请打电话问问老人，要帮助请其再按铃。",
        "Episode {n}: only a call that ended within the hour is reopened; telephone the elder, who "
        "can press again.",
    ),
    "refused:unknown_episode": (
        "求助 {n}：网关找不到它；请看 `lovebell episodes`。",
        "The gateway cannot find episode {n}; see `lovebell episodes`.",
    ),
    "refused:unknown_responder": (
        "求助 {n}：网关不认识这位响应人；请看 `lovebell responder list`。",
        "Episode {n}: the gateway does not know this responder; see `lovebell responder list`.",
    ),
    "late": (
        "已记入记录；求助 {n} 早已办结，结果不变。",
        "On record; episode {n} was over already and stays as it is.",
    ),
    "refused:resolved": (
        "求助 {n} 早已办结，不再改变；请看 `lovebell episode show {n}`。",
        "Episode {n} was over already and stays as it is; see `lovebell episode show {n}`.",
    ),
    "refused:nothing_new": (
        "求助 {n}：这一条早已记下；请看 `lovebell episode show {n}`。",
        "Episode {n}: this is on record already; see `lovebell episode show {n}`.",
    ),
    "refused:error": (
        "求助 {n}：网关没能办成；原因在它的日志里。",
        "Episode {n}: the gateway could not do it; its log says why.",
    ),
}
