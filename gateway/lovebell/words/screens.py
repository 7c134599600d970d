"""The words of tables and the sentences of answers: (Chinese, English)."""

from __future__ import annotations

from typing import Final

from lovebell.words.firmware import FIRMWARE
from lovebell.words.messages import MESSAGES
from lovebell.words.plans import PLANS
from lovebell.words.technician import TECHNICIAN

SCREENS: Final[dict[str, tuple[str, str]]] = {
    **FIRMWARE,
    **MESSAGES,
    **PLANS,
    **TECHNICIAN,
    # help and usage
    "usage": ("用法：", "Usage: "),
    "options": ("选项", "Options"),
    "commands": ("命令", "Commands"),
    "try_help": ("说明：{command} --help", "For help: {command} --help"),
    "steps_or_default": (
        '写出各步，或者写 --default，二者取一，如 lovebell plan set h-1 "paired 45s" "desk 1min"',
        'Write either steps or --default, such as lovebell plan set h-1 "paired 45s" "desk 1min"',
    ),
    # nouns
    "home": ("老人家", "home"),
    "responder": ("响应人", "responder"),
    "device": ("设备", "device"),
    "button": ("按钮", "button"),
    "chime": ("门铃", "chime"),
    "volunteer": ("志愿者", "volunteer"),
    "relative": ("亲属", "relative"),
    "grid": ("网格", "grid"),
    "desk": ("值班台", "desk"),
    "clinic": ("诊所", "clinic"),
    # fields
    "id": ("编号", "id"),
    "name": ("称呼", "name"),
    "address": ("地址", "address"),
    "phone": ("电话", "phone"),
    "notes": ("备注", "notes"),
    "note": ("备注", "note"),
    "by": ("谁", "by"),
    "care_level": ("照护等级", "care level"),
    "kind": ("种类", "kind"),
    "paired_with": ("结对", "paired with"),
    "online": ("在线", "on line"),
    "last_seen": ("最近听到", "last heard"),
    "firmware": ("固件", "firmware"),
    "heartbeat": ("心跳", "heartbeat"),
    "colon": ("：", ": "),
    "comma": ("、", ", "),
    "named": ("{name}（{more}）", "{name} ({more})"),
    "ranked": ("{name}（{id}，次序 {rank}）", "{name} ({id}, rank {rank})"),
    "none": ("无", "none"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "never": ("从未", "never"),
    "not_entered": ("未登记", "not entered"),
    # what was done
    "enrolled": (
        "已登记 {n} 台（{first} 到 {last}），身份包写入 {path}，{days} 天内有效。",
        "Entered {n}, from {first} to {last}; their identities are in {path}, for {days} days.",
    ),
    "new_passphrase": ("给身份包起一个口令", "A passphrase for the bundle"),
    "entered": ("已登记 {id}（{name}）。", "Entered {id} ({name})."),
    "changed": ("已更改 {id}（{name}）。", "Changed {id} ({name})."),
    "removed": ("已除名 {id}。", "Removed {id}."),
    "no_homes": (
        "还没有老人家；请用 `lovebell home add` 登记。",
        "There are no homes yet; enter one with `lovebell home add`.",
    ),
    "no_responders": (
        "还没有响应人；请用 `lovebell responder add` 登记。",
        "There are no responders yet; enter one with `lovebell responder add`.",
    ),
    "no_devices": (
        "还没有设备；请用 `lovebell device add` 登记。",
        "There are no devices yet; enter one with `lovebell device add`.",
    ),
    # pairings
    "paired_button-home": ("按钮 {a} 现在属于{b}。", "The button {a} now belongs to {b}."),
    "paired_chime-responder": ("门铃 {a} 现在属于{b}。", "The chime {a} now belongs to {b}."),
    "paired_responder-home": (
        "{a}现在是{b}的响应人，次序 {rank}。",
        "{a} is now a responder of {b}, with rank {rank}.",
    ),
    "unpaired_button-home": (
        "按钮 {a} 不再属于{b}；按它会呼叫值班台。",
        "The button {a} no longer belongs to {b}; pressing it calls the desk.",
    ),
    "unpaired_chime-responder": (
        "门铃 {a} 不再属于{b}。",
        "The chime {a} no longer belongs to {b}.",
    ),
    "unpaired_responder-home": (
        "{a}不再是{b}的响应人。",
        "{a} is no longer a responder of {b}.",
    ),
    "history": ("结对历史：", "Pairings until now:"),
    "until_now": ("今", "now"),
    "period": ("  {since} 至 {until}  {what}", "  {since} to {until}  {what}"),
    "history_button-home": ("按钮 {a} 属于 {b}", "button {a} of {b}"),
    "history_chime-responder": ("门铃 {a} 属于 {b}", "chime {a} of {b}"),
    "history_responder-home": (
        "{a} 是 {b} 的响应人，次序 {rank}",
        "{a} responder of {b}, rank {rank}",
    ),
    # plans
    "own_plan": ("{name}（{id}）自己的方案：", "The plan of {name} ({id}), its own:"),
    "default_plan": ("{name}（{id}）用默认方案：", "The plan of {name} ({id}), the default:"),
    "community_plan": (
        "{name}（{id}）用社区的方案（{community}）：",
        "The plan of {name} ({id}), that of the community ({community}):",
    ),
    "as_at": ("在 {at}：", "As at {at}:"),
    "means_then": ("那时叫到", "means then"),
    "off_duty": ("不在班", "off duty"),
    "all_the_same": (
        "最后一步此时没有人值班：照样呼叫其中不在班的人。",
        "Nobody of the last step is on duty then: those who are off duty are called all the same.",
    ),
    "step": ("步", "step"),
    "plan_text": ("写法", "as written"),
    "who": ("叫谁", "who"),
    "means_now": ("现在叫到", "means now"),
    "word_paired": ("结对响应人（次序最小者）", "the paired responder (lowest rank)"),
    "word_neighbours": ("这一家的所有响应人", "all the home's responders"),
    "word_grid": ("网格长", "the grid leader"),
    "word_desk": ("值班台", "the duty desk"),
    "no_chime": ("没有门铃", "no chime"),
    "nobody": ("没有人", "nobody"),
    "last_step": (
        "最后一步反复呼叫，直到有人应答。",
        "The last step is repeated until a human answers.",
    ),
    "dead_step": (
        "注意：{name}（{id}）第 {n} 步（{step}）叫不到人：他们都没有门铃；"
        "请用 `lovebell pair` 结对门铃。",
        "Note: step {n} ({step}) of {name} ({id}) reaches nobody: none of them has a chime; pair "
        "one with `lovebell pair`.",
    ),
    "empty_step": (
        "注意：{name}（{id}）第 {n} 步（{step}）叫不到人：没有这样的响应人；请登记或结对响应人，"
        "或用 `lovebell plan set` 改方案。",
        "Note: step {n} ({step}) of {name} ({id}) reaches nobody: there is no such responder; "
        "enter or pair one, or change the plan with `lovebell plan set`.",
    ),
    "dead_home": (
        "注意：{name}（{id}）的方案现在有叫不到人的步骤：{steps}；请看 `lovebell plan show {id}`。",
        "Note: the plan of {name} ({id}) has steps that now reach nobody: {steps}; see "
        "`lovebell plan show {id}`.",
    ),
    "more_dead_homes": (
        "注意：另有 {n} 户的方案有叫不到人的步骤；请用 `lovebell plan show` 查看。",
        "Note: {n} more homes have steps that reach nobody; see `lovebell plan show`.",
    ),
    # episodes
    "n": ("号", "n"),
    "episode_id": ("代号", "id"),
    "begun": ("开始", "begun"),
    "until": ("等到", "until"),
    "state": ("状态", "state"),
    "coming": ("谁来", "coming"),
    "outcome": ("结果", "outcome"),
    "presses": ("按铃次数", "presses"),
    "kind_call": ("求助", "call"),
    "kind_test": ("测试", "test"),
    "state_ringing": ("响铃中", "ringing"),
    "state_acknowledged": ("有人应答", "acknowledged"),
    "state_arrived": ("已到达", "arrived"),
    "state_resolved": ("已办结", "resolved"),
    "story": ("经过：", "What happened:"),
    "busy": ("另有去处", "busy"),
    "busy_with": ("{name}（求助 {n}）", "{name} (episode {n})"),
    "follows": ("承接", "follows"),
    "no_episodes": ("没有求助事件。", "There are no episodes."),
    "no_events": ("没有记录。", "There is nothing on record."),
    "noted": (
        "求助 {n}：网关没有运行；已经记下，网关启动时就办。",
        "Episode {n}: the gateway is not running; it is noted, and done when the gateway starts.",
    ),
    "no_answer": (
        "求助 {n}：已经记下，但网关 5 秒没有回音；请看它的日志和 `lovebell episode show {n}`。",
        "Episode {n}: it is noted, but the gateway has not answered for 5 s; look at its log and "
        "at `lovebell episode show {n}`.",
    ),
    "zh": ("中文", "in Chinese"),
    "en": ("英文", "in English"),
    # figures
    "month": ("月份", "month"),
    "calls": ("求助", "calls"),
    "cancelled": ("取消", "cancelled"),
    "received": ("收到", "received"),
    "answered": ("应答", "answered"),
    "within_60s": ("60 秒内应答", "in 60 s"),
    "within_180s": ("180 秒内应答", "in 180 s"),
    "at_door": ("到达", "at the door"),
    "within_45min": ("45 分钟内到达", "in 45 min"),
    "total": ("合计", "total"),
    "missed_goal": ("（未达标）", " (below)"),
    "no_calls": ("这段时间没有求助。", "There were no calls."),
    "goals": (
        "时间是中位数，从按铃算起；目标：60 秒内应答 97.5 %，180 秒内 99 %，45 分钟内到达 90 %。",
        "Times are medians, from the press. Goals: answered in 60 s 97.5 %, in 180 s 99 %; at the "
        "door in 45 min 90 %.",
    ),
    "exported": ("已把 {n} 行写到 {file}。", "Wrote {n} rows to {file}."),
    # personal data
    "retained": (
        "{n} 件求助（{day} 以前）已去掉个人资料；数字和回执保留。",
        "Took the personal data out of {n} episodes from before {day}; figures and receipts stay.",
    ),
    "would_retain": (
        "{n} 件求助（{day} 以前）会去掉个人资料，无法恢复；要做请加 --yes。",
        "Would take the personal data out of {n} episodes from before {day}, for good; add --yes "
        "to do it.",
    ),
    "erased": (
        "{id} 已除名，{n} 件求助已去掉个人资料。",
        "Erased {id}; took the personal data out of {n} episodes.",
    ),
    "would_erase": (
        "{id} 会除名，连同方案和结对历史；{n} 件求助会去掉个人资料，无法恢复；要做请加 --yes。",
        "Would take {id} out of the books, with its plan and its pairings, and the personal data "
        "out of {n} episodes, for good; add --yes to do it.",
    ),
    # backup
    "backed_up": (
        "已备份到 {file}，{bytes} 字节，已检验。",
        "Backed up to {file}, {bytes} bytes, verified.",
    ),
    "restored": ("已从 {file} 恢复；可以启动网关了。", "Restored {file}; start the gateway."),
    "kept_aside": ("原来的数据库留在 {file}。", "The old database is kept as {file}."),
    # faults and the roll call
    "fault": ("故障", "fault"),
    "fault_since": ("自", "since"),
    "fault_over": ("消除", "over"),
    "times": ("次数", "times"),
    "the_gateway": ("网关", "the gateway"),
    "no_faults": ("没有故障。", "There are no faults."),
    "fault_noted": ("故障 {n}：备注已写下。", "Fault {n}: the note is written."),
    "missing_since": ("没有听到，自", "not heard since"),
    "after": ("在此之后", "after"),
    "after_gateway": ("网关停过", "gateway was away"),
    "after_broker": ("MQTT 服务器恢复", "return of the broker"),
    "nobody_missing": ("点名已齐：每一户都听到了。", "Nobody is missing: every home was heard."),
    "ticked": ("已划去 {id}；还差 {left} 户。", "Ticked off {id}; {left} still missing."),
    # monthly tests
    "due": ("下次至迟", "due by"),
    "now": ("现在", "now"),
    "last_passed": ("最近通过", "last passed"),
    "attempts": ("试过几天", "days tried"),
    "standing": ("情况", "standing"),
    "standing_passed": ("通过", "passed"),
    "standing_overdue": ("请测试", "ask for a test"),
    "standing_visit": ("请上门", "go there"),
    "no_overdue": (
        "每一户三十天内都通过了测试。",
        "Every home has passed a test in the last thirty days.",
    ),
    "attempted": (
        "{id}：已记下；已在 {n} 天试过，满 3 天请上门。",
        "{id}: noted; tried on {n} days, after 3 somebody should go there.",
    ),
    # health
    "health_ok": ("网关一切正常。", "The gateway is well."),
    "health_down": (
        "网关没有运行；请启动它，如 `systemctl start lovebell`。",
        "The gateway is not running; start it, as with `systemctl start lovebell`.",
    ),
    "health_unreached": (
        "有 {n} 件求助叫遍了方案也没有叫到人；请马上看 `lovebell episodes`，打电话给老人家。",
        "{n} calls have gone through their plan and reach nobody; look at `lovebell episodes` and "
        "telephone the elder at once.",
    ),
    "health_disk": (
        "磁盘写不进（{why}）：门铃照响，但没有“已收到”；请腾出空间或修好磁盘。",
        "The disk takes no writing ({why}): chimes still ring, but no press is confirmed; make "
        "room or mend the disk.",
    ),
    "health_damaged": (
        "数据库已损坏（{why}）：门铃照响，但可能没有“已收到”；请停下网关"
        "（`systemctl stop lovebell`），再 `lovebell restore {backup}`，即最近一份备份，然后再启动"
        "（`systemctl start lovebell`）。",
        "The database is damaged ({why}): chimes still ring, but a press may not be confirmed; "
        "stop the gateway (`systemctl stop lovebell`), then `lovebell restore {backup}`, the last "
        "backup, and start it again (`systemctl start lovebell`).",
    ),
    "health_broker": (
        "网关连不上 MQTT 服务器；请看它是否在运行，以及设置项 broker_host。",
        "The gateway has no connection to the broker; see whether it runs, and the key "
        "`broker_host`.",
    ),
    "health_rights": (
        "MQTT 服务器没有照办权限：新板子进不来，吊销的还能进；请看 "
        "`systemctl status lovebell-rights lovebell-broker`。",
        "The broker does not take the rights: new boards are not let in, and revoked ones are; see "
        "`systemctl status lovebell-rights lovebell-broker`.",
    ),
    "health_overdue": (
        "有 {n} 件求助过了时限还没有处理；请重新启动网关，并保留日志。",
        "{n} episodes are past their deadline; restart the gateway, and keep its log.",
    ),
    "health_outbox": (
        "有 {n} 条消息一分钟还没有发出；请看网关和 MQTT 服务器的日志。",
        "{n} messages have waited for more than a minute; see the logs of gateway and broker.",
    ),
    "health_commands": (
        "有 {n} 条操作还没有得到网关回音；请看网关的日志。",
        "{n} commands have had no answer from the gateway; see its log.",
    ),
    "health_full": (
        "磁盘只剩 {mb} MB；请腾出空间。",
        "Only {mb} MB are free on the disk; make room.",
    ),
    # the demo
    "demo_folder": (
        "文件夹 {path} 不是空的；请另选一个新的，或不写 --data。",
        "The folder {path} is not empty; name a new one, or leave --data out.",
    ),
    # what stops a command
    "NewerDatabaseError": (
        "数据库由更新的版本写成；请安装那个版本，或恢复备份。",
        "{why}",
    ),
    "DatabaseInUseError": (
        "另一个网关正在用这个数据库；请先停下它，或用另一个文件（设置项 database）。",
        "{why}",
    ),
    "DiskError": (
        "数据库用不了（{why}）；请检查设置项 database、权限和剩余空间。",
        "The database cannot be used ({why}); check the key `database`, the rights and the free "
        "space.",
    ),
    "broker_made": (
        "{path} 已建好，供 {hosts}（端口 {port}）使用。下一步见 docs/install.zh.md。",
        "Made {path} for {hosts} (port {port}). How to go on stands in docs/install.md.",
    ),
    "broker_renewed": (
        "已换新证书：{hosts}，到 {until}。请重启服务器：systemctl restart lovebell-broker。",
        "New certificate: {hosts}, until {until}. Restart: systemctl restart lovebell-broker.",
    ),
    "broker_unsafe": (
        "有不对的地方：按各行改正，再检查一次。",
        "Not all is well: mend what the lines name, and check again.",
    ),
    "check_good": ("好  ", "good"),
    "check_bad": ("不好", "BAD "),
    "check_reached": ("用 TLS 能连上，证书可信", "reached over TLS, and the certificate is right"),
    "check_anonymous": ("不报姓名的进不来", "nobody gets in without a name"),
    "check_wrong_secret": ("密码错的进不来", "nobody gets in with a wrong secret"),
    "check_plain": ("不加密的进不来", "nobody gets in without encryption"),
    "check_write_others": ("设备写不了别人的", "a device cannot write what is another's"),
    "check_read_others": ("设备读不到别人的", "a device cannot read what is another's"),
    "check_gateway_least": ("网关没有多余的权限", "the gateway has no right that it does not need"),
    "check_date": ("证书还有一个月以上", "the certificate lasts for more than a month"),
    "revoked": (
        "{id} 已吊销：它的密码作废，运行中的网关一秒内把它断开。",
        "{id} is revoked: its secret is void, and a running gateway has it cut off in a second.",
    ),
}
