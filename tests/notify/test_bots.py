"""What the group bots are sent, and what their codes mean."""

from __future__ import annotations

import dataclasses
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from notify import kit
from notify.servers import Asked, Says, http_service

from lovebell.notify.sender import (
    BadChannelError,
    Limit,
    Message,
    Secrets,
    Verdict,
    check_address,
    make_sender,
)

LATER, REFUSED = Verdict.LATER, Verdict.REFUSED
CODES = [
    ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, LATER, 60_000),
    ("wecom", {"errcode": -1, "errmsg": "system busy"}, LATER, None),
    ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url"}, REFUSED, None),
    ("wecom", {"errcode": 40008, "errmsg": "invalid message type"}, LATER, None),
    ("wecom", {"errcode": 999999, "errmsg": "what nobody knows yet"}, LATER, None),
    ("dingtalk", {"errcode": 130101, "errmsg": "send too fast", "wait": 5}, LATER, 60_000),
    ("dingtalk", {"errcode": 300001, "errmsg": "token is not exist"}, REFUSED, None),
    ("dingtalk", {"errcode": 300005, "errmsg": "token is not exist"}, LATER, None),
    ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}, REFUSED, None),
    ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, REFUSED, None),
    ("dingtalk", {"errcode": 310000, "errmsg": "invalid timestamp"}, LATER, None),
    ("feishu", {"code": 11232, "msg": "frequency limited"}, LATER, 2_000),
    ("feishu", {"code": 9499, "msg": "Bad Request"}, LATER, None),
    ("feishu", {"code": 19021, "msg": "sign match fail"}, REFUSED, None),
    ("feishu", {"code": 19024, "msg": "Key Words Not Found"}, REFUSED, None),
]


@pytest.mark.parametrize(("kind", "body", "verdict", "wait"), CODES)
@pytest.mark.parametrize("status", [200, 400])
async def test_the_error_in_the_body_decides_whatever_the_status(
    kind: str, body: dict[str, Any], verdict: Verdict, wait: int | None, status: int
) -> None:
    async with http_service() as service:
        service.behaviour = Says(json.dumps(body), status)
        answer = await kit.send(kit.channel(kind, service.url), kind)
        assert (answer.verdict, answer.retry_after_ms) == (verdict, wait)
        code, text = tuple(body.values())[:2]
        assert answer.said == f"{code} {text}"


async def test_dingtalk_can_verify_the_signature() -> None:
    def verify(asked: Asked) -> Says:
        query = {key: values[0] for key, values in parse_qs(urlsplit(asked.path).query).items()}
        assert query["access_token"] == kit.ENVIRONMENT["T_TOKEN"]
        secret = kit.ENVIRONMENT["T_SIGN"]
        good = query["sign"] == kit.hmac_by_openssl(
            secret.encode(), f"{query['timestamp']}\n{secret}".encode()
        )
        assert len(query["timestamp"]) == 13, "milliseconds"
        return Says(json.dumps({"errcode": 0 if good else 310000, "errmsg": "sign"}))

    async with http_service() as service:
        service.behaviour = verify
        answer = await kit.send(kit.channel("dingtalk", service.url), "dingtalk")
        assert answer.verdict is Verdict.SENT


async def test_feishu_can_verify_the_signature_whose_key_holds_the_secret() -> None:
    def verify(asked: Asked) -> Says:
        body = json.loads(asked.body)
        assert asked.path == f"/robot/send/{kit.ENVIRONMENT['T_TOKEN']}"
        assert len(body["timestamp"]) == 10, "seconds"
        key = f"{body['timestamp']}\n{kit.ENVIRONMENT['T_SIGN']}"
        good = body["sign"] == kit.hmac_by_openssl(key.encode(), b"")
        return Says(json.dumps({"code": 0 if good else 19021, "msg": "sign"}))

    async with http_service() as service:
        service.behaviour = verify
        answer = await kit.send(kit.channel("feishu", service.url), "feishu")
        assert answer.verdict is Verdict.SENT


async def sent(kind: str, address: str, message: Message = kit.MESSAGE) -> dict[str, Any]:
    """What the service got."""
    async with http_service() as service:
        service.behaviour = Says(kit.TAKEN[kind])
        sender = kit.channel(kind, service.url)
        assert (await sender.send(message, address)).verdict is Verdict.SENT
        await sender.close()
        return json.loads(service.asked[0].body)


TEXT = "求助：3栋2单元101 示例奶奶\n示例奶奶按了铃，请马上去看看。\nhttps://desk.example/a/SECRETlinkx7x7x7x7x7"


async def test_wecom_mentions_by_telephone_number() -> None:
    body = await sent("wecom", "13800000000, 13900000000")
    assert body == {
        "msgtype": "text",
        "text": {"content": TEXT, "mentioned_mobile_list": ["13800000000", "13900000000"]},
    }
    assert (await sent("wecom", "@all"))["text"]["mentioned_mobile_list"] == ["@all"]
    assert "mentioned_mobile_list" not in (await sent("wecom", ""))["text"]


async def test_dingtalk_mentions_by_telephone_number_in_text_and_list() -> None:
    body = await sent("dingtalk", "13800000000")
    assert body["text"]["content"] == f"{TEXT} @13800000000"
    assert body["at"] == {"atMobiles": ["13800000000"], "isAtAll": False}
    assert (await sent("dingtalk", "@all"))["at"] == {"atMobiles": [], "isAtAll": True}
    assert (await sent("dingtalk", ""))["text"]["content"] == TEXT


async def test_feishu_mentions_by_open_id_and_nobody_else_can_be_smuggled_in() -> None:
    sneaky = dataclasses.replace(kit.MESSAGE, text='<at user_id="all"></at> < AT x> <attic>')
    body = await sent("feishu", "ou_1", sneaky)
    text = body["content"]["text"]
    assert text.count("<at ") == 1
    assert text.startswith('<at user_id="ou_1"></at>')
    assert "＜at user_id" in text
    assert "<attic>" in text


LONG = dataclasses.replace(kit.MESSAGE, text="按" * 20_000)


@pytest.mark.parametrize(
    ("kind", "most"), [("wecom", 2048), ("dingtalk", 5000), ("feishu", 20_000)]
)
async def test_what_is_too_long_is_cut_between_characters_and_keeps_its_link(
    kind: str, most: int
) -> None:
    body = await sent(kind, "", LONG)
    text = body["content"]["text"] if kind == "feishu" else body["text"]["content"]
    assert len(text.encode()) <= most
    assert text.endswith("按…\nhttps://desk.example/a/SECRETlinkx7x7x7x7x7")


@pytest.mark.parametrize(("kind", "count"), [("wecom", 20), ("dingtalk", 20), ("feishu", 100)])
async def test_a_bot_knows_how_much_it_may_send(kind: str, count: int) -> None:
    assert kit.channel(kind, "http://127.0.0.1:1").limit == Limit(count, 60_000)


ADDRESSES = [
    ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", ""),
    ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=", ""),
    ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/", ""),
]


@pytest.mark.parametrize(("kind", "before", "after"), ADDRESSES)
async def test_the_whole_address_may_stand_where_its_token_is_asked_for(
    kind: str, before: str, after: str
) -> None:
    token = kit.ENVIRONMENT["T_TOKEN"]
    async with http_service() as service:
        service.behaviour = Says(kit.TAKEN[kind])
        secrets = Secrets({"WHOLE": f"{before}{token}{after}"})
        sender = make_sender(kind, {"token": "env:WHOLE", "url": f"{service.url}/x"}, secrets)
        await sender.send(kit.MESSAGE, "")
        await sender.close()
        assert token in service.asked[0].path


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
@pytest.mark.parametrize("token", ["short", "with space 0123456789", "https://x.example/?a=b", "a/../../b"])  # fmt: skip  # noqa: E501
def test_a_token_that_can_be_none_is_refused_without_being_told(kind: str, token: str) -> None:
    with pytest.raises(BadChannelError) as told:
        make_sender(kind, {"token": "env:T"}, Secrets({"T": token}))
    for language in ("zh", "en"):
        assert "token" in told.value.say(language)
        assert token not in told.value.say(language)


@pytest.mark.parametrize(("kind", "address"), [
    ("wecom", ""), ("wecom", "@all"), ("wecom", "13800000000,+8613900000000"),
    ("dingtalk", "13800000000"), ("feishu", "all"), ("feishu", "ou_a1,ou_b2"),
])  # fmt: skip
def test_whom_a_bot_can_mention(kind: str, address: str) -> None:
    check_address(kind, address)


@pytest.mark.parametrize(("kind", "address"), [
    ("wecom", "示例"), ("wecom", "138"), ("wecom", "13800000000;"), ("dingtalk", "@ALL"),
    ("dingtalk", "1380000\n0000"), ("feishu", "13800000000"), ("feishu", 'ou_"><at'),
])  # fmt: skip
def test_whom_a_bot_cannot_mention(kind: str, address: str) -> None:
    with pytest.raises(BadChannelError, match="address"):
        check_address(kind, address)
