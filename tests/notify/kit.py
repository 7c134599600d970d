"""Channels to test with: each kind with secrets that would be seen if they got out."""

from __future__ import annotations

import base64
import logging
import subprocess

from lovebell.notify.sender import Answer, Message, Secrets, Sender, make_sender

ENVIRONMENT = {
    "T_SIGN": "SECRETsignE7f8a9b0c1d2e3f4",
    "T_TOKEN": "SECRETtoken0a1b2c3d4e5f",
    "T_HOOK": "bG92ZWJlbGxTRUNSRVQtaG9vay1vZi10aGUtdGVzdHM=",
    "T_BEARER": "SECRETbearer+/=and?more",
    "T_PASSWORD": "SECRETpassword&<>",
    "T_ID": "LTAISECRETid0123456789",
    "T_KEY": "SECRETkeyOfAliyun0123456789",
}
HTTP_KINDS = ("webhook", "wecom", "dingtalk", "feishu", "apprise", "aliyun-sms", "aliyun-voice")
CODED = tuple(kind for kind in HTTP_KINDS if kind not in ("webhook", "apprise"))
ADDRESS = {"feishu": "ou_123", "aliyun-sms": "13800000000", "aliyun-voice": "13800000000"}
TAKEN = {
    "webhook": "thanks",
    "apprise": "thanks",
    "wecom": '{"errcode":0,"errmsg":"ok"}',
    "dingtalk": '{"errcode":0,"errmsg":"ok"}',
    "feishu": '{"code":0,"msg":"success","data":{}}',
    "aliyun-sms": '{"Code":"OK","Message":"OK","BizId":"1"}',
    "aliyun-voice": '{"Code":"OK","Message":"OK","CallId":"1"}',
}
MESSAGE = Message(
    key="b-01/7-3 call r-2 1",
    kind="call",
    subject="求助：3栋2单元101 示例奶奶",
    text="示例奶奶按了铃，请马上去看看。",
    link="https://desk.example/a/SECRETlinkx7x7x7x7x7",
    fields={"home": "示例奶奶", "address": "3栋2单元101", "n": 7},
)


def options(kind: str, url: str) -> dict[str, str]:
    """What an operator would write for a channel that leads to this server."""
    token = {"token": "env:T_TOKEN", "url": f"{url}/robot/send"}
    keys = {"key_id": "env:T_ID", "key": "env:T_KEY", "url": url}
    return {
        "webhook": {
            "url": f"{url}/hook/{{token}}",
            "secret": "env:T_HOOK",
            "token": "env:T_BEARER",
        },
        "wecom": token,
        "dingtalk": token | {"secret": "env:T_SIGN"},
        "feishu": token | {"secret": "env:T_SIGN"},
        "apprise": {"url": "env:T_APPRISE"},
        "aliyun-sms": keys | {"sign": "爱心门铃", "template": "SMS_1", "template_news": "SMS_2"},
        "aliyun-voice": keys | {"template": "TTS_1"},
    }[kind]


def secrets(url: str = "http://127.0.0.1:1") -> Secrets:
    """The secrets of all kinds."""
    apprise = url.replace("http://", "json://") + "/SECRETpath0123456789?cto=60&rto=60"
    return Secrets(ENVIRONMENT | {"T_APPRISE": apprise})


def channel(kind: str, server: str, timeout_s: int = 60, **more: str) -> Sender:
    """A sender of this kind that leads to this server."""
    wanted = options(kind, server) | {"timeout_s": str(timeout_s)} | more
    return make_sender(kind, wanted, secrets(server))


async def send(sender: Sender, kind: str, message: Message = MESSAGE) -> Answer:
    """Send to the kind's example address, and close."""
    try:
        return await sender.send(message, ADDRESS.get(kind, "13800000000"))
    finally:
        await sender.close()


def assert_no_secret(text: str) -> None:
    """Nothing that is secret stands in `text`, in no form."""
    for name, secret in ENVIRONMENT.items():
        for form in (secret, secret[:12], secret[-12:]):
            assert form not in text, name
    assert "SECRET" not in text


def hmac_by_openssl(key: bytes, signed: bytes) -> str:
    """The base64 of an HMAC-SHA256, computed by another program."""
    command = f"openssl dgst -sha256 -mac HMAC -macopt hexkey:{key.hex()} -binary".split(" ")
    made = subprocess.run(command, input=signed, check=True, capture_output=True, timeout=60)
    return base64.b64encode(made.stdout).decode()


class Ears(logging.Handler):
    """Hears what reaches the log, at any level, from anybody."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != "mail.log":  # the test's own mail server says whatever it hears
            self.records.append(record)

    def __enter__(self) -> Ears:
        root = logging.getLogger()
        self._before = root.level
        root.setLevel(logging.DEBUG)
        root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._before)
        for record in self.records:
            assert_no_secret(f"{record.getMessage()} {record.__dict__}")
