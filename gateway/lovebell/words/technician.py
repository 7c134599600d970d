"""The words of technicians' tokens and of what is taken over from another database."""

from __future__ import annotations

from typing import Final

TECHNICIAN: Final[dict[str, tuple[str, str]]] = {
    "token_who": ("谁", "who"),
    "token_roles": ("能做", "may make"),
    "token_boards": ("板子", "boards"),
    "token_until": ("到", "until"),
    "token_standing": ("状态", "standing"),
    "token_good": ("有效", "good"),
    "token_expired": ("已过期", "expired"),
    "token_revoked": ("已吊销", "revoked"),
    "token_made": (
        "{who}的令牌（{n} 号），{until} 前可以做 {boards} 块板子，只显示这一次：",
        "The token of {who} (number {n}), for {boards} boards until {until}; shown only now:",
    ),
    "token_is_revoked": (
        "{who}的 {n} 号令牌已吊销；用它做好的板子照常。",
        "Token {n} of {who} is revoked; boards that were set up with it stay as they are.",
    ),
    "no_tokens": (
        "还没有令牌；请用 `lovebell technician token create` 开一个。",
        "There are no tokens yet; make one with `lovebell technician token create`.",
    ),
    "restore_cuts": (
        "注意：这些设备是备份之后登记的，网关启动后就连不上：{devices}",
        "Note: these devices were enrolled since the backup and are cut off when the gateway "
        "starts: {devices}",
    ),
    "restore_admits": (
        "注意：这些设备是备份之后吊销或换了密码的，网关启动后旧密码又能用：{devices}",
        "Note: these devices were revoked or given a new secret since the backup, and their old "
        "secrets are good again when the gateway starts: {devices}",
    ),
    "restore_moves": (
        "注意：这些设备的结对在备份之后变过，网关启动后照备份里的算：{devices}",
        "Note: the pairings of these devices have changed since the backup, and are as it has them "
        "when the gateway starts: {devices}",
    ),
    "restore_mend": (
        "这样可以补上，不用碰板子；结对要用的命令也会列出：lovebell device recover {path}",
        "This mends it, and no board need be touched; for pairings it gives the commands: lovebell "
        "device recover {path}",
    ),
    "restore_unheard": (
        "注意：这些设备备份时还没连上过，密码后来过期了；也许已经装好，所以再有效 {days} 天："
        "{devices}",
        "Note: these devices had not been heard when the backup was made, and their secrets have "
        "expired since. They may be at work by now, so those are good for another {days} days: "
        "{devices}",
    ),
    "restore_tokens": (
        "注意：备份里的技术员令牌可能后来吊销过，已全部吊销（{numbers} 号）；要用请另开。",
        "Note: technicians' tokens in the backup may have been revoked since, so all are now "
        "({numbers}); make new ones.",
    ),
    "restore_unread": (
        "注意：原来的数据库读不了。备份之后登记的设备会连不上，请重新做；备份之后吊销的设备又能连，"
        "请再吊销一次。",
        "Note: the old database cannot be read. Devices that were enrolled since the backup are "
        "cut off: set them up again. Those that were revoked since are let in again: revoke them "
        "once more.",
    ),
    "recovered": (
        "从 {path} 接回 {n} 台：{devices}",
        "Took {n} over from {path}: {devices}",
    ),
    "recovered_gone": (
        "照 {path} 吊销 {n} 台：{devices}",
        "Revoked {n} as {path} has it: {devices}",
    ),
    "recovered_pairs": (
        "结对不自动接回：它们可能正是不该有的。请核对下面的命令，对的就输入：",
        "Pairings are not taken over by themselves: they may be what was wrong. Check these "
        "commands, and type those that are right:",
    ),
    "recovered_none": (
        "没有什么要接回的：{path} 里的设备和这里一样。",
        "There is nothing to take over: the devices in {path} are those that are here.",
    ),
}
