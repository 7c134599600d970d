"""What can be wrong with an operator's wish, in Chinese, and with what was typed, in both."""

from __future__ import annotations

from typing import Final

#: The codes of `lovebell.store.errors`, whose English stands there.
BOOKS: Final = {
    "bad_id": "编号：{id!r} 不能用；请写 1 到 24 个 a-z、0-9 或 -，不以 - 开头",
    "bad_grid": "网格：{grid!r} 不能用；请写 1 到 24 个 a-z、0-9 或 -，或留空",
    "bad_text": "{field_zh}（{field}）：请写 1 到 {max} 个字，写在一行里",
    "bad_level": "照护等级（care_level）：{level} 不能用；请写 1 到 5 的整数",
    "bad_rank": "次序（rank）：{rank} 不能用；请写 1 到 99 的整数",
    "reserved_id": "编号：{id!r} 是方案里的用词；请另选一个编号",
    "taken_id": "编号：{id!r} 已是一个{noun_zh}的编号；请另选一个，或直接用它",
    "kept_id": "编号：{id!r} 留给了板子 {mac}，{who}正用 {n} 号令牌安装，{until} 前有效；"
    "请另选一个，或先 `lovebell technician token revoke {n}`",
    "no_change": "没有写要改什么；至少写一项，如 --phone",
    "grid_needed": "网格（grid）：网格长按网格呼叫；请用 --grid 写明",
    "unknown_home": "老人家：没有 {id!r}；请看 `lovebell home list`",
    "unknown_responder": "响应人：没有 {id!r}；请看 `lovebell responder list`",
    "unknown_device": "设备：没有 {id!r}；请看 `lovebell device list`",
    "unknown_id": "{id!r} 不是老人家、响应人或设备的编号；请看 `lovebell home list`、"
    "`lovebell responder list` 和 `lovebell device list`",
    "home_calls": "老人家 {id!r} 有未办结的求助 {n}；请先 `lovebell episode resolve {n} "
    "--outcome 结果`",
    "still_paired": "{id!r} 还与 {others} 结对；请先 `lovebell unpair {id} {first}`",
    "in_plan": "{id!r} 写在 {homes} 的方案里；请先改方案：`lovebell plan set {first} ...`",
    "in_use": "{id!r} 写在 {places} 里；请先从{noun_zh} {first} 里去掉，"
    "写法见 `lovebell {noun} --help`",
    "unknown_community": "社区：没有 {id!r}；请看 `lovebell community list`",
    "community_needed": "社区（community）：请用 --community 写明按哪个社区的时区和节假日；"
    "请看 `lovebell community list`",
    "community_used": "社区 {id!r} 还有 {places}；请先给它们另定社区",
    "bad_zone": "时区（zone）：没有 {zone!r}；请写如 Asia/Shanghai",
    "unknown_target": "{id!r} 不是响应人、小组或排班的编号；请看 `lovebell responder list`、"
    "`lovebell group list` 和 `lovebell rota list`",
    "unknown_group": "小组：没有 {id!r}；请看 `lovebell group list`",
    "unknown_rota": "排班：没有 {id!r}；请看 `lovebell rota list`",
    "unknown_member": "成员：{id!r} 不是响应人或小组的编号；请看 `lovebell responder list` 和 "
    "`lovebell group list`",
    "member_count": "小组有 1 到 {max} 名成员，这里有 {n} 名",
    "group_loop": "成员：这些小组互相包含：{loop}；请去掉其中一个",
    "bad_shift": "第 {n} 班 {text!r} 写得不对；请写“哪几天 几点到几点 谁”，如 "
    '"mon-fri 18:00-08:00 r-1,r-2"；哪几天是 mon 到 sun、daily、holidays、not-holidays',
    "empty_shift": "第 {n} 班 {text!r} 没有时间：一开始就结束；一整天请写 00:00-24:00",
    "shift_count": "排班有 1 到 {max} 班，这里有 {n} 班",
    "unknown_holiday": "节假日：那里没有 {day}；请看 `lovebell holiday list`",
    "bad_holidays": "{path} 第 {line} 行 {text!r} 不是节假日；请写日期和名称，如 "
    "2027-02-17 春节，或给一份按整天写的 iCalendar 文件",
    "no_holidays": "{path} 里没有节假日；请每行写日期和名称，或给一份按整天写的 iCalendar 文件",
    "empty_away": "起止（from、to）：没开始就结束了；请用 --to 写较晚的时间",
    "unknown_away": "外出：没有 {n} 号；请看 `lovebell away list`",
    "not_a_pair": "{a!r} 是{a_noun_zh}，{b!r} 是{b_noun_zh}；能结对的是：按钮与老人家、门铃与"
    "响应人、响应人与老人家",
    "taken_by": "{a!r} 已属于 {b!r}；请先 `lovebell unpair {a} {b}`",
    "already_paired": "{a!r} 与 {b!r} 已经结对；不用再做",
    "not_paired": "{a!r} 与 {b!r} 没有结对；请看 `lovebell {noun} show {a}`",
    "rank_pointless": "次序（rank）：只有老人家的响应人有次序；请去掉 --rank",
    "bad_step": "第 {n} 步 {text!r} 写得不对；请写“谁 多久”（5s 到 24h），如 \"paired 45s\" 或 "
    "\"neighbours,r-7 2min\"；谁是 paired、neighbours、grid、desk，或响应人、小组、排班的编号",
    "step_count": "方案有 1 到 {max} 步，这里有 {n} 步",
    "unknown_episode": "求助：没有 {key!r}；请看 `lovebell episodes`",
    "ambiguous_episode": "求助：不止一件以 {key!r} 开头（{first}、{second}）；请写得长些，或写号",
    "bad_outcome": "结果（outcome）：清单里没有 {word!r}；请写其中之一：{known}，或先用 "
    "`lovebell outcome add` 增加",
    "outcome_word": "结果（outcome）：{word!r} 不能登记；请写 1 到 32 个字母、汉字、数字、- 或 _，"
    "不能用网关自己的（cancelled、test_passed、test_failed）",
    "taken_outcome": "结果（outcome）：清单里已有 {word!r}；要改说法，请先 "
    "`lovebell outcome remove {word}`",
    "unknown_outcome": "结果（outcome）：清单里没有 {word!r}；请看 `lovebell outcome list`",
    "bad_channel": "渠道：{name!r} 不能用；请写 1 到 24 个 a-z、0-9 或 -，不以 - 开头",
    "taken_channel": "渠道：已经有 {name!r}；请换个名字，或用 `lovebell channel edit {name}` 更改",
    "unknown_channel": "渠道：没有 {name!r}；请看 `lovebell channel list`",
    "channel_used": "渠道 {name!r} 是 {people} 的联系方式；请先 "
    "`lovebell contact remove {first} {name}`",
    "taken_contact": "联系方式：{responder!r} 已经可经 {channel!r} 联系；要改，请先 "
    "`lovebell contact remove {responder} {channel}`",
    "unknown_contact": "联系方式：{responder!r} 没有经 {channel!r} 的；请看 "
    "`lovebell contact list`",
    "unknown_fault": "故障：没有 {n} 号；请看 `lovebell faults --all`",
    "not_missing": "老人家 {id!r} 不在点名名单上；请看 `lovebell rollcall`",
    "no_database": "数据库：{path} 还没有；请检查设置项 database，或先运行一次 `lovebell serve`",
    "no_backup": "{path}：没有这个文件；请写要恢复的备份",
    "file_exists": "{path} 已经有了，不会覆盖；请换个名字",
    "bad_backup": "{path} 已损坏或不是备份（{why}）；什么也没有改；请用更早的备份或另一份副本",
    "damaged": "数据库 {path} 已损坏（{why}）；什么也没有改；请停下网关（`systemctl stop "
    "lovebell`），再 `lovebell restore {backup}`，即最近一份备份（损坏的数据库会留在旁边），"
    "然后再启动（`systemctl start lovebell`）",
    "bad_database": "数据库 {path} 已损坏（{why}），没有备份；请停下网关（`systemctl stop "
    "lovebell`），再 `lovebell restore {backup}`，即最近一份备份，然后再启动（`systemctl start "
    "lovebell`）",
    "file": "{path} 用不了（{why}）；请检查路径、权限和剩余空间",
    "tls_or_not": "ca：请用 --ca 指定服务器证书的签发机构；只在本机试验时才改用 --no-tls",
    "bad_certificate": "ca：{path} 不是证书；请指定签发机构的证书，PEM 或 DER",
    "bad_broker": "broker：{text!r} 不能用；请写 HOST 或 HOST:PORT，最多四个",
    "board_ipv6": "broker：板子连不上 {text!r}，ESP32 上的 MicroPython 没有 IPv6；请用 --broker "
    "写有 IPv4 地址的主机名，或这个 IPv4 地址",
    "weak_passphrase": "口令：至少 {n} 个字，例如四个不常见的词",
    "long_passphrase": "口令：至多 {n} 个字节，例如四个不常见的词",
    "disk": "数据库：{path} 用不了（{why}）；请检查设置项 database、权限和剩余空间",
    "no_credential": "设备：{id!r} 在服务器上没有密码，没有什么要吊销的",
    "unknown_token": "令牌：没有有效的 {n} 号；请看 `lovebell technician token list`",
    "no_web": "web_port：没有设，不能在线登记；请设好 `web_port` 并重启网关，或用 "
    "`lovebell device enrol` 做身份包",
    "plain_where": "broker：用了 --no-tls，就要说明板子连哪个不加密的服务器；请加 "
    "--broker HOST:PORT",
    "no_broker_port": "broker：{path} 里没有给板子用的端口；请加 --broker HOST:PORT",
    "no_rights_kept": "broker_folder：没有设，网关放不进新设备；请设好 `broker_folder` 并重启网关，"
    "或用 `lovebell device enrol` 做身份包",
    "no_such_database": "{path}：不是本程序的数据库；请写 `lovebell restore` 留下的那个文件",
    "no_broker_folder": "{path} 里没有服务器的文件；请检查设置项 broker_folder，或先运行 "
    "`lovebell broker init {path}`",
    "folder_in_use": "{path} 已经有了，不会覆盖；请另选一个，或换新证书："
    "`lovebell broker renew {path}`",
    "one_port": "端口：板子和网关不能用同一个端口 {port}；请改 --port 或 --gateway-port",
    "bad_folder": "文件夹：{path!r} 里有空白、引号、反斜杠、$、% 或 #，服务单元写不了；请换一个",
    "no_user": "用户：本机没有 {id!r}；请先 `useradd --system {id}`",
    "no_build": "文件夹：{path} 里没有固件；请运行 `make firmware`，再写 build/firmware",
    "changed_build": "文件夹：{path} 里的 {file} 与 manifest.json 不符；请重新 `make firmware`",
    "bad_version": "版本：{version!r} 不能发布；请在 firmware/bell/__init__.py 里写三个数，如 "
    "0.2.0，再 `make firmware`",
    "bad_path": "文件夹：{path!r} 不能放进更新；只能是 bell/NAME.mpy，NAME 用 a-z、0-9 和 _；"
    "请重新 `make firmware`",
    "bad_mpy": "文件夹：{path} 不是按第 {mpy} 版 .mpy 编译的；请重新 `make firmware`",
    "empty_image": "文件夹：里面没有模块；请重新 `make firmware`",
    "large_image": "文件夹：固件有 {size} 字节，板子只收 {most}；请减小",
    "not_a_release": "文件：{path} 不是发布文件，或已损坏；请写 `lovebell firmware publish --out` "
    "写出的文件，或重新取一份",
    "newer_release": "文件：{path} 是更新的格式（{version}）；请先升级网关",
    "bad_key": "key：{path} 不是发布用的密钥（2048 到 4096 位的 RSA）；请用 "
    "`lovebell firmware key FILE` 生成",
    "wrong_key_passphrase": "口令：打不开 {path}；请再试",
    "bad_publisher": "firmware_publisher：{path} 不是发布人的公钥；请写 `lovebell firmware key` "
    "生成的 .pub 文件",
    "no_publisher": "firmware_publisher：没有设，板子不认识发布人；请设为 `lovebell firmware key` "
    "生成的 .pub 文件",
    "other_publisher": "{path} 不是 {publisher} 的发布人签的，板子会拒绝；请检查设置项 "
    "firmware_publisher，或用它的密钥来签",
    "not_newer": "版本：{version} 不比已发布过的 {last} 新；请在 firmware/bell/__init__.py 里改大，"
    "再 `make firmware`",
    "rollout_runs": "{last} 的分批升级还没有完；请等它完成（`lovebell firmware status`），或先 "
    "`lovebell firmware stop`",
    "no_release": "还没有发布过固件；请先 `lovebell firmware publish`",
    "rollout_stopped": "{version} 的分批升级已经停下；要继续，请 `lovebell firmware resume`",
    "rollout_goes_on": "{version} 的分批升级没有停下；请看 `lovebell firmware status`",
    "no_turn": "设备：还没有轮到 {id!r} 升级到 {version}；请看 `lovebell firmware status`",
    "not_over": "设备：{id!r} 升级到 {version} 还没有结果；请看 `lovebell firmware status`",
    "too_often": "设备：{version} 已按最多的次数向 {id!r} 提供过；请发布更新的版本",
    "bad_host": "主机（host）：{text!r} 不是本机的主机名或地址；例如 bell.example 或 192.168.1.10",
}  # fmt: skip

#: What was typed wrongly, by the class that click raises.
USAGE: Final = {
    "NoSuchOption": ("没有选项 {name}。", "There is no option {name}."),
    "NoSuchCommand": ("没有命令 {name}。", "There is no command {name}."),
    "MissingParameter": ("缺少 {what}。", "{what} is missing."),
    "BadParameter": ("{what} 的值不对：{rule}", "{what} is wrong: {rule}"),
    "UsageError": ("写法不对：{rule}", "This is not how it is written: {rule}"),
    "choice": ("请写其中之一：{choices}", "write one of {choices}"),
    "integer": ("请写一个整数", "write a whole number"),
    "least": ("，最小 {least}", ", {least} or more"),
    "between": ("，从 {least} 到 {most}", " from {least} to {most}"),
    "text": ("请写 UTF-8 文字", "write text in UTF-8"),
    "path": ("请写一个文件的路径", "write the path of a file"),
    "NulError": ("{name} 里有空字符，请去掉。", "{name} holds a NUL character: leave it out."),
    "near": ("是不是 {near}？", " Did you mean {near}?"),
}
