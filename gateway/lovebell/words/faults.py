"""What is wrong with a device or with the gateway, in a few words: (Chinese, English)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The faults of `domain.faults` and of section 3 of the protocol.
FAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "offline": ("离线", "off line"),
    "never": ("从未启用", "never switched on"),
    "unknown": ("没有登记", "not in the books"),
    "unpaired": ("没有结对", "not paired"),
    "supply": ("供电不足", "low supply"),
    "signal": ("信号弱", "weak signal"),
    "reboots": ("反复重启", "starts again and again"),
    "safe": ("处于安全模式", "in safe mode"),
    "clock": ("所报时间不可信", "tells impossible times"),
    "old": ("固件太旧", "old firmware"),
    "twice": (
        "两块板子用着同一个身份，别家的按铃会错报成这一家：请 `lovebell device revoke`，"
        "再把两块板子分别重新登记",
        "two boards share its identity, so one home's presses call for another: "
        "`lovebell device revoke` it, and enrol each board anew",
    ),
    "flaps": (
        "反复断线重连：信号差，或两块板子用着同一个身份",
        "comes and goes: bad Wi-Fi, or two boards that share its identity",
    ),
    "flood": (
        "消息多得不正常，多出来的不再处理：请换下这块板子，或 `lovebell device revoke`",
        "sends far too much, and what is too much is dropped: replace the board, or "
        "`lovebell device revoke` it",
    ),
    "stuck": ("按钮卡住", "button stuck"),
    "flash": ("闪存写不进", "flash takes no writing"),
    "sound": ("铃声播不出", "sound cannot be played"),
    "config": ("用着旧的设置", "runs on an older configuration"),
    "password": ("密码不对", "wrong password"),
    "certificate": ("证书不被接受", "certificate refused"),
    "broker": ("连不上 MQTT 服务器", "no connection to the broker"),
    "disk": ("磁盘写不进", "the disk takes no writing"),
    "overdue": ("有求助过时未处理", "a deadline was missed"),
    "outbox": ("有消息发不出去", "a message is stuck"),
    "messages": ("消息渠道发不出去", "a channel does not take messages"),
    "rights": ("服务器没有照办权限", "the broker does not take the rights"),
    "firmware": ("固件分批升级因失败停下", "the roll-out of the firmware stopped at failures"),
}
