"""What each setting means, what it may be, and what can be wrong with it; in both languages.

`docs/configuration.md` and its Chinese sister say the same; a test compares them.
"""

from __future__ import annotations

from typing import Final

_PATH: Final = ("一个文件路径", "the path of a file")
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
        ("一个主机名或地址", "a host name or an address"),
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
        ("设备隔多少秒发一次心跳。", "Seconds between two heartbeats of a device."),
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
    "password_file": (
        "读不了 broker_password_file 所指的 {path}（{why}）；请更正路径或权限",
        "The file {path} of broker_password_file cannot be read ({why}); mend the path or the "
        "rights",
    ),
}
