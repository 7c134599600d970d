"""What is said of updates over the air, in Chinese and in English: the record, how far a device
is, why it is not further, and what the commands answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lovebell.domain.episode import What
from lovebell.domain.rollout import SILENT, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Lines of the record; `lovebell.story` tells them with all others.
SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    What.FIRMWARE_PUBLISHED: (
        "{who}发布了固件 {version}，开始分批升级",
        "{who} published the firmware {version}: its roll-out begins",
    ),
    What.FIRMWARE_WAVE: (
        "固件 {version}：第 {wave} 批，{devices} 台设备",
        "Firmware {version}: wave {wave}, devices: {devices}",
    ),
    What.FIRMWARE_OFFERED: (
        "向{who}提供固件 {version}，第 {attempt} 次",
        "Offered the firmware {version} to {who}, attempt {attempt}",
    ),
    What.FIRMWARE_WITHDRAWN: (
        "不再向{who}提供固件 {version}",
        "The firmware {version} is no longer offered to {who}",
    ),
    What.FIRMWARE_AT: (
        "{who}的固件 {version}：{stage}",
        "The firmware {version} of {who}: {stage}",
    ),
    What.FIRMWARE_STOPPED: (
        "固件 {version} 的分批升级停下了",
        "The roll-out of the firmware {version} has stopped",
    ),
    What.FIRMWARE_RESUMED: (
        "{who}让固件 {version} 的分批升级继续",
        "{who} lets the roll-out of the firmware {version} go on",
    ),
    What.FIRMWARE_RETRIED: (
        "{who}让 {device} 再试一次固件 {version}",
        "{who} has {device} try the firmware {version} once more",
    ),
    What.FIRMWARE_DONE: (
        "固件 {version} 的分批升级已完成",
        "The roll-out of the firmware {version} is complete",
    ),
}

#: How far a device is with a release.
STAGES: Final[Mapping[str, tuple[str, str]]] = {
    Stage.WAITING: ("等待", "waits"),
    Stage.OFFERED: ("已提供", "is offered"),
    Stage.FETCHING: ("正在取", "is being fetched"),
    Stage.READY: ("已取完，等安静时切换", "is here, and waits for a quiet moment"),
    Stage.TRIAL: ("试运行", "runs on trial"),
    Stage.GOOD: ("已正式运行", "runs for good"),
    Stage.FAILED: ("失败", "has failed"),
    Stage.REFUSED: ("设备拒绝", "was refused"),
}

#: Why it failed or was refused: the words of section 3 of the protocol, and our own.
BECAUSE: Final[Mapping[str, tuple[str, str]]] = {
    "key": (
        "设备上没有发布人的公钥：请用数据线重新设置",
        "the board knows no publisher: set it up anew by cable",
    ),
    "signature": ("签名不是它的发布人的", "the signature is not its publisher's"),
    "older": ("不比它有过的新", "not newer than what it had"),
    "mpy": ("是为别的 MicroPython 编译的", "compiled for another MicroPython"),
    "size": ("对它太大", "too large for it"),
    "image": ("收到的与所签的不符", "what came is not what was signed"),
    "flash": ("闪存放不下或写不进", "its flash has no room or takes no writing"),
    "memory": ("内存不够", "it has no memory left for it"),
    "start": ("启动不了", "it does not start"),
    "link": ("连不到网关", "it does not get through to the gateway"),
    "crash": ("运行中崩溃", "it breaks down"),
    SILENT: ("没有声息", "nothing is heard of it"),
}

#: By the detail of a line of the record that it is the word of.
WORDS: Final = {"stage": STAGES, "because": BECAUSE}

#: Of `lovebell.words.screens`.
FIRMWARE: Final[dict[str, tuple[str, str]]] = {
    "stage": ("进展", "progress"),
    "wave": ("批次", "wave"),
    "attempt": ("第几次", "attempt"),
    "since": ("自", "since"),
    "published": ("发布", "published"),
    "rollout": ("分批升级", "roll-out"),
    "devices": ("设备", "devices"),
    "rollout_goes_on": ("进行中，第 {wave} 批，共 {waves} 批", "goes on, wave {wave} of {waves}"),
    "rollout_done": ("已完成", "complete"),
    "rollout_failures": (
        "因失败停下，第 {wave} 批，共 {waves} 批；继续：lovebell firmware resume",
        "stopped at failures, wave {wave} of {waves}; to go on: lovebell firmware resume",
    ),
    "rollout_operator": (
        "已叫停，第 {wave} 批，共 {waves} 批；继续：lovebell firmware resume",
        "stopped by an operator, wave {wave} of {waves}; to go on: lovebell firmware resume",
    ),
    "key_passphrase": ("发布密钥的口令", "Passphrase of the publisher's key"),
    "new_key_passphrase": ("给发布密钥定一个口令", "A passphrase for the publisher's key"),
    "key_made": (
        "已生成。{path} 是私钥，请离线保管，另存一份，丢了就只能用数据线更新；{public} 是公钥，"
        "请在网关设 firmware_publisher。",
        "Made. {path} is the private key: keep it off line, with a second copy; without it boards "
        "are updated by cable only. {public} is the public key: set firmware_publisher to it at "
        "the gateway.",
    ),
    "release_written": (
        "固件 {version} 已签名，写在 {path}；在网关上 lovebell firmware add {path}。",
        "Signed the firmware {version} into {path}; at the gateway, lovebell firmware add {path}.",
    ),
    "release_published": (
        "已发布固件 {version}（{size} 字节），从一台设备开始；看进展：lovebell firmware status。",
        "Published the firmware {version} ({size} bytes), one device first; to see how it goes: "
        "lovebell firmware status.",
    ),
    "release_waits": (
        "网关没有在运行；它启动后才开始。",
        "No gateway is running; it begins when one does.",
    ),
    "no_firmware": ("还没有发布过固件。", "No firmware has been published yet."),
    "firmware_stopped": (
        "固件 {version} 不再提供给别的设备；正在试运行的照旧。",
        "The firmware {version} is offered to nobody else; what is on trial goes on.",
    ),
    "firmware_resumed": (
        "固件 {version} 的分批升级继续。",
        "The roll-out of the firmware {version} goes on.",
    ),
    "firmware_retried": (
        "{device} 将再试固件 {version}，第 {attempt} 次。",
        "{device} will try the firmware {version} once more, attempt {attempt}.",
    ),
    "firmware_retried_later": (
        "{device} 将再试固件 {version}，第 {attempt} 次；分批升级已停下，先 "
        "lovebell firmware resume 才会开始。",
        "{device} will try the firmware {version} once more, attempt {attempt}, when the roll-out "
        "goes on: lovebell firmware resume.",
    ),
}
