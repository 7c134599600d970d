"""The words on the screens of `lovebell-tech`, in Chinese and English. Its errors stand in
errors.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lovebell_tools.errors import ERRORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lovebell_tools.board import BoardError

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "usage": ("用法：", "Usage: "),
    "options": ("选项", "Options"),
    "commands": ("命令", "Commands"),
    "arguments": ("参数", "Arguments"),
    "help": ("显示这份说明。", "Show this help."),
    "no_option": ("没有选项 {name}", "There is no option {name}"),
    "no_command": ("没有命令 {name}", "There is no command {name}"),
    "needs_value": ("{name} 后面要写值", "{name} needs a value"),
    "takes_none": ("{name} 后面不写值", "{name} takes no value"),
    "too_much": ("多写了 {name}", "There is no place for {name}"),
    "is_missing": ("缺少 {name}", "{name} is missing"),
    "wrong_value": ("{name} 的值不对：{rule}", "Wrong value of {name}: {rule}"),
    "choices": ("请写其中之一：{choices}", "write one of {choices}"),
    "between": ("请写一个数，从 {least} 到 {most}", "write a number from {least} to {most}"),
    "near": ("；是不是 {near}？", "; did you mean {near}?"),
    "wrong_usage": (
        "命令写得不对：{why}\n看说明：{command} --help",
        "{why}\nFor help: {command} --help",
    ),
    "colon": ("：", ": "),
    "look": ("查看", "looking"),
    "image": ("写入 MicroPython", "writing MicroPython"),
    "files": ("复制文件", "copying files"),
    "start": ("重启，等它连上", "starting, waiting for the broker"),
    "press": ("按住 BOOT，再按按钮", "hold BOOT, press the button"),
    "press_chime": ("按住 BOOT，再按门铃", "hold BOOT, press the chime"),
    "not_ready": ("没有做好", "not ready"),
    "ready_press": ("好了：连上，试按已到网关", "ready: connected, test press at the gateway"),
    "ready_broker": ("连上了，还没有试按", "connected, not tested by a press"),
    "ready_files": ("文件已写好，没有等它连上", "files written, not waited for the broker"),
    "did_chime": ("门铃响了吗？", "Did the chime sound?"),
    "chime_mute": (
        "{device}：按铃已到网关，门铃却没有响。请查门铃的电源、结对与音量，再测一次。",
        "{device}: the press reached the gateway, and the chime did not sound. Look after the "
        "chime's power, pairing and loudness, and test again.",
    ),
    "kind_micropython": ("MicroPython", "MicroPython"),
    "kind_bare": ("空白芯片", "bare chip"),
    "kind_gone": ("拔下了", "unplugged"),
    "kind_mute": ("不应答", "no answer"),
    "port": ("串口", "port"),
    "what": ("状态", "what"),
    "chip": ("芯片", "chip"),
    "mac": ("MAC", "MAC"),
    "release": ("MicroPython", "MicroPython"),
    "version": ("固件", "firmware"),
    "device": ("设备", "device"),
    "is_ready": ("已设置", "set up"),
    "is_half": ("只做了一半", "half set up"),
    "is_empty": ("未设置", "not set up"),
    "verified": ("{device}：文件齐全，已连上。", "{device}: its files are right and it connected."),
    "blinked": ("{port}：灯已闪过。", "{port}: the lamp has blinked."),
    "sure": (
        "要清空 {port} 上的 {device} 吗？它将不再应答按铃。{waiting}",
        "Empty {device} on {port}? It will answer no press any more. {waiting}",
    ),
    "waiting": (
        "它还有没送到的按铃，会一起丢掉！",
        "It holds presses that have not been delivered, and they would be lost!",
    ),
    "nobody": ("未设置的板子", "a board that is not set up"),
    "emptied": ("{port}：已清空。", "{port}: emptied."),
    "kept": ("{port}：没有改动。", "{port}: left as it was."),
    "printed": ("{count} 个标签写入 {path}。", "{count} labels in {path}."),
    "passphrase": ("身份包的口令", "Passphrase of the bundle"),
    "token": ("令牌", "Token"),
    "not_recorded": (
        "{device} 好了，但没有记到网关上：{why}",
        "{device} is ready, but the gateway has no record of it: {why}",
    ),
    "not_told": (
        "身份包的发放情况没有告诉网关：{why}下次联网再运行 setup 就会补上。",
        "The gateway was not told what of the bundle has been given out: {why} The next setup that "
        "reaches it makes up for that.",
    ),
    "used_twice": (
        "{device} 这个身份给了不止一块板子（{macs}）：身份包用了两次。请管理员 "
        "lovebell device revoke {device}，再把这几块板子分别重新做。",
        "The identity {device} is on more than one board ({macs}): the bundle was used twice. Have "
        "the operator do lovebell device revoke {device}, and set these boards up anew.",
    ),
    "password": ("密码", "Password"),
    "brand": ("爱心门铃", "The love doorbell"),
    "button": ("按钮", "Button"),
    "chime": ("门铃", "Chime"),
    "fine": ("好", "fine"),
    "missing": ("缺", "missing"),
}


def say(language: str, name: str, /, **needs: object) -> str:
    """A sentence or a word, its gaps filled. Raises KeyError for a name that is not there."""
    both = WORDS[name]
    return both[0 if language == "zh" else 1].format(**needs)


def of_error(language: str, why: BoardError) -> str:
    """What went wrong and what to do next."""
    return ERRORS[why.name][0 if language == "zh" else 1].format(**why.needs)
