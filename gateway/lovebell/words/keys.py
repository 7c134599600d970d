"""What each setting means, what it may be, and what can be wrong with it; in both languages.

`docs/configuration.md` and its Chinese sister say the same; a test compares them.
"""

from __future__ import annotations

from typing import Final

_PATH: Final = ("一个文件路径", "the path of a file")
_FOLDER: Final = ("一个文件夹的路径", "the path of a folder")
_SECONDS: Final = ("1 到 86400 的整数（秒）", "a whole number of seconds from 1 to 86400")
_CLOCK: Final = ("一天里的时刻，如 22:30", "a time of day, such as 22:30")

#: key: (what it means in zh and en), (what it may be in zh and en).
KEYS: Final[dict[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "database": (
        ("数据库文件；没有就新建。", "The database file; made if there is none."),
        _PATH,
    ),
    "broker_host": (
        ("MQTT 服务器的主机名或地址。", "Host name or address of the MQTT broker."),
        ("一个主机名或地址，不带端口", "a host name or an address, without a port"),
    ),
    "broker_port": (
        ("MQTT 服务器的端口；用 TLS 时一般是 8883。", "Port of the broker; with TLS usually 8883."),
        ("1 到 65535 的整数", "a whole number from 1 to 65535"),
    ),
    "broker_user": (
        ("网关在 MQTT 服务器上的用户名。", "The gateway's user name at the broker."),
        ("一段文字", "a text"),
    ),
    "broker_password": (
        (
            "它的密码。最好改用 broker_password_file。",
            "Its password. Better to use broker_password_file.",
        ),
        ("一段文字", "a text"),
    ),
    "broker_password_file": (
        (
            "装着密码的文件；只有网关读它。",
            "A file that holds the password; only the gateway reads it.",
        ),
        _PATH,
    ),
    "broker_ca": (
        (
            "签发 MQTT 服务器证书的 CA；写了就用 TLS。",
            "The CA of the broker's certificate; if given, TLS is used.",
        ),
        _PATH,
    ),
    "broker_client_id": (
        (
            "网关的 MQTT 客户端标识；服务器凭它保留会话，每个网关各用一个。",
            "The gateway's MQTT client id, by which the broker keeps its session; one a gateway.",
        ),
        ("1 到 64 个字", "a text of 1 to 64 characters"),
    ),
    "broker_folder": (
        (
            "`lovebell broker init` 建的目录；写了，网关就管服务器上谁有什么权限。",
            "Made by `lovebell broker init`; if given, the gateway keeps the rights in it.",
        ),
        ("一个目录路径", "the path of a folder"),
    ),
    "log_level": (
        ("日志写到多细。", "How much is logged."),
        ("debug、info、warning 或 error", "debug, info, warning or error"),
    ),
    "log_format": (
        ("日志每行是文字还是 JSON。", "Whether a log line is text or JSON."),
        ("text 或 json", "text or json"),
    ),
    "language": (
        ("命令行说哪种语言。", "The language of the command."),
        ("zh 或 en", "zh or en"),
    ),
    "acknowledge_s": (
        (
            "应答之后多少秒没有人到达就重新响铃。",
            "Seconds after an acknowledgement until it rings again, if nobody has arrived.",
        ),
        _SECONDS,
    ),
    "cancel_s": (
        (
            "老人按铃之后多少秒之内可以自己取消。",
            "Seconds after a press in which the elder can take it back.",
        ),
        _SECONDS,
    ),
    "test_s": (
        ("测试最多等门铃多少秒。", "Seconds that a test waits for the chimes."),
        _SECONDS,
    ),
    "heartbeat_s": (
        ("设备至迟隔多少秒发一次心跳。", "Seconds between two heartbeats of a device, at most."),
        _SECONDS,
    ),
    "quiet_from": (
        (
            "从几点起，测试与故障不出声；求助任何时候都响。",
            "From when tests and faults make no sound; a call sounds at any hour.",
        ),
        _CLOCK,
    ),
    "quiet_to": (
        (
            "到几点止；与 quiet_from 相同则没有安静时段。按这台机器的时区。",
            "Until when; the same as quiet_from for never. In this machine's time zone.",
        ),
        _CLOCK,
    ),
    "low_mv": (
        (
            "供电低于多少毫伏算故障；0 则只凭设备自己报。",
            "Supply in millivolts below which it is a fault; with 0 only the device says so.",
        ),
        ("0 到 60000 的整数", "a whole number from 0 to 60000"),
    ),
    "oldest_firmware": (
        (
            "固件版本低于它算故障；不写则都行。",
            "Firmware older than this is a fault; none if it is empty.",
        ),
        ("版本号，如 0.2.0", "a version, such as 0.2.0"),
    ),
    "health_port": (
        (
            "在这台机器上（127.0.0.1）用 HTTP 回答 /health 的端口；0 则不回答。",
            "Port on which /health is answered by HTTP on this machine (127.0.0.1); 0 for none.",
        ),
        ("0 到 65535 的整数", "a whole number from 0 to 65535"),
    ),
    "watchdog_url": (
        (
            "网关正常时定时访问的外部网址，访问一停外面就知道；不写则不访问。",
            "An outside URL that is called while the gateway is well, so that silence is noticed; "
            "none if it is empty.",
        ),
        ("http:// 或 https:// 开头的网址", "a URL that begins with http:// or https://"),
    ),
    "watchdog_s": (
        ("隔多少秒访问一次。", "Seconds between two such calls."),
        _SECONDS,
    ),
    "messages_from_step": (
        (
            "从方案的第几步起，有门铃的人也收消息；没有门铃的人从他的第一步就收。",
            "The step of a plan from which those who have a chime get messages too; those who "
            "have none get them from their first step.",
        ),
        ("1 到 16 的整数", "a whole number from 1 to 16"),
    ),
    "templates": (
        (
            "社区自己的消息文字所在的文件夹；见 notification.zh.md。",
            "The folder of the community's own texts of messages; see notification.md.",
        ),
        _FOLDER,
    ),
    "firmware_publisher": (
        (
            "发布固件的人的公钥（`lovebell firmware key` 生成的 .pub）；没有就不能远程更新。",
            "The publisher's public key, the .pub of `lovebell firmware key`; without it nothing "
            "is updated over the air.",
        ),
        _PATH,
    ),
    "firmware_waves": (
        (
            "分批升级，每批到多少台或百分之几为止；最后一批是全部。",
            "The waves of a roll-out, each up to how many devices or what part of all; the last is "
            "all.",
        ),
        ('如 ["1", "5%", "25%"]', 'such as ["1", "5%", "25%"]'),
    ),
    "public_url": (
        (
            "从外面看，网关网页的网址；写了，求助消息里就有应答链接，令牌也只收代理写明 https 的。",
            "Where the gateway's pages are seen from outside; if given, a call has a link by which "
            "to answer it, and technicians' tokens are taken only from a proxy that says https.",
        ),
        (
            "http:// 或 https:// 开头的网址，不带 ? 和 #",
            "a URL that begins with http:// or https://, without ? and #",
        ),
    ),
    "web_host": (
        (
            "网页在这台机器的哪个地址上；对外要有带 TLS 的反向代理。",
            "The address of this machine on which pages are served; towards the outside put a "
            "reverse proxy with TLS before it.",
        ),
        ("一个主机名或地址，不带端口", "a host name or an address, without a port"),
    ),
    "web_port": (
        (
            "网页与在线登记的端口；0 则两样都没有。",
            "Port of the pages and of enrolment over the network; 0 for neither.",
        ),
        ("0 到 65535 的整数", "a whole number from 0 to 65535"),
    ),
    "technicians": (
        (
            "设备故障发给哪些响应人；环境变量里用逗号隔开。",
            "The responders who are told of faults; in the environment parted by commas.",
        ),
        ('响应人的编号，如 ["r-tech"]', 'ids of responders, such as ["r-tech"]'),
    ),
    "technicians_from": (
        ("从几点起告诉他们故障。", "From when they are told of faults."),
        _CLOCK,
    ),
    "technicians_to": (
        (
            "到几点止；与 technicians_from 相同则全天。按这台机器的时区。",
            "Until when; the same as technicians_from for all day. In this machine's time zone.",
        ),
        _CLOCK,
    ),
    "technicians_days": (
        (
            "星期几告诉他们；环境变量里用逗号隔开。",
            "On which days of the week; in the environment parted by commas.",
        ),
        ("1（周一）到 7（周日）的整数", "whole numbers from 1 (Monday) to 7 (Sunday)"),
    ),
    "faults_at_once": (
        (
            "哪些故障不等时候，马上告诉；环境变量里用逗号隔开。",
            "The faults that wait for no hour; in the environment parted by commas.",
        ),
        (
            "故障的英文代号，如 broker、disk、overdue、offline",
            "words of faults, such as broker, disk, overdue, offline",
        ),
    ),
    "default_plan": (
        (
            "没有自己方案的老人家所用的方案，每步一段文字；环境变量里用分号隔开。",
            "The plan of homes that have none of their own, a text a step; in the environment "
            "the steps are parted by semicolons.",
        ),
        (
            '1 到 16 步，每步写“谁 多久”（5s 到 24h），如 ["paired 45s", "desk 1min"]',
            '1 to 16 steps, each who and how long (5s to 24h), such as ["paired 45s", "desk 1min"]',
        ),
    ),
}

#: What `config.ConfigError` can name.
PROBLEMS: Final = {
    "file": (
        "读不了设置文件 {path}（{why}）；请更正它，或用 --config 指明另一个",
        "The configuration file {path} cannot be read ({why}); mend it, or name another with "
        "--config",
    ),
    "unknown_key": (
        "{path} 里的 {key} 不是设置项；是不是 {near}？请改名或删去",
        "{key} in {path} is no key; did you mean {near}? Rename it or take it out",
    ),
    "unknown_variable": (
        "环境变量 {key} 不是设置项；是不是 {near}？请改名或取消它",
        "The environment variable {key} is no key; did you mean {near}? Rename it or unset it",
    ),
    "wrong_key": (
        "{path} 里的 {key} 是 {value}；请写：{rule}",
        "{key} in {path} is {value}; write {rule}",
    ),
    "wrong_variable": (
        "环境变量 {variable}（{key}）是 {value}；请写：{rule}",
        "{key} in the environment variable {variable} is {value}; write {rule}",
    ),
    "two_passwords": (
        "broker_password 和 broker_password_file 都写了；请删去其中一个",
        "Both broker_password and broker_password_file are given; take one of them out",
    ),
    "no_web_port": (
        "写了 public_url，却没有网页；请用 web_port 写明端口，或删去 public_url",
        "public_url is given, but there are no pages; give them a port by web_port, or take "
        "public_url out",
    ),
    "template_placeholder": (
        "消息文字 {path} 里的 {{{name}}} 不是字段；请写其中之一：{known}",
        "{{{name}}} in the text {path} is no field; write one of {known}",
    ),
    "template_name": (
        "templates 里的 {path} 不是消息的种类；请改名为其中之一：{known}",
        "{path} in templates is no kind of message; rename it to one of {known}",
    ),
    "template_empty": (
        "消息文字 {path} 是空的，或超过 {most} 字节；请改写，或删去它",
        "The text {path} is empty or longer than {most} bytes; mend it, or remove it",
    ),
    "template_file": (
        "消息文字 {path} 读不了（{why}）；请更正设置项 templates，或文件的权限和编码",
        "The text {path} cannot be read ({why}); mend the key templates, or the rights or the "
        "encoding of the file",
    ),
    "password_file": (
        "读不了 broker_password_file 所指的 {path}（{why}）；请更正路径或权限",
        "The file {path} of broker_password_file cannot be read ({why}); mend the path or the "
        "rights",
    ),
}
