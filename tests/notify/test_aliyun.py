"""Aliyun: signed as its documents say, and never a false alarm by SMS or telephone."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from notify import kit
from notify.servers import Asked, Says, http_service

from lovebell.notify.sender import Message, Verdict
from lovebell.notify.senders.aliyun import authorization, canonical_query


def test_the_signature_is_that_of_the_worked_example() -> None:
    """The fixed example of "V3 request structure and signature", help.aliyun.com."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
    query = canonical_query({"RegionId": "cn-shanghai", "ImageId": image})
    assert authorization(headers, query, "YourAccessKeyId", "YourAccessKeySecret") == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
        "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


class Aliyun:
    """A service that takes only what is rightly signed, once, and keeps the parameters."""

    def __init__(self) -> None:
        self.taken: list[dict[str, str]] = []
        self.nonces: set[str] = set()

    def __call__(self, asked: Asked) -> Says:
        headers = {name.lower(): value for name, value in asked.headers.items()}
        method, _, rest = headers["authorization"].partition(" ")
        parts = dict(part.split("=", 1) for part in rest.split(","))
        url = urlsplit(asked.path)
        pairs = sorted(parse_qsl(url.query, keep_blank_values=True, strict_parsing=True))
        query = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in pairs)
        names = parts["SignedHeaders"].split(";")
        request = "\n".join([
            "POST", url.path, query, *(f"{name}:{headers[name]}" for name in names), "",
            parts["SignedHeaders"], hashlib.sha256(asked.body).hexdigest(),
        ])  # fmt: skip
        digest = hashlib.sha256(request.encode()).hexdigest()
        key = kit.ENVIRONMENT["T_KEY"].encode()
        sign = hmac.new(key, f"{method}\n{digest}".encode(), hashlib.sha256).hexdigest()
        nonce = headers["x-acs-signature-nonce"]
        good = (
            hmac.compare_digest(sign, parts["Signature"])
            and parts["Credential"] == kit.ENVIRONMENT["T_ID"]
            and nonce not in self.nonces
            and {"host", "x-acs-action", "x-acs-date", "x-acs-version"} <= set(names)
        )
        self.nonces.add(nonce)
        if not good:
            return Says('{"Code":"SignatureDoesNotMatch","Message":"no"}', 400)
        self.taken.append({**dict(pairs), "Action": headers["x-acs-action"]})
        return Says('{"Code":"OK","Message":"OK"}')


async def taken(kind: str, message: Message = kit.MESSAGE, **options: str) -> dict[str, str]:
    async with http_service() as service:
        service.behaviour = aliyun = Aliyun()
        sender = kit.channel(kind, service.url, **options)
        answers = [await sender.send(message, "13800000000") for _ in range(2)]
        await sender.close()
        assert [answer.verdict for answer in answers] == [Verdict.SENT] * 2, answers
        assert aliyun.taken[0] == aliyun.taken[1], "a retry says the same"
        return aliyun.taken[0]


async def test_an_sms_is_signed_and_fills_the_template() -> None:
    got = await taken("aliyun-sms")
    assert got["Action"] == "SendSms"
    assert (got["PhoneNumbers"], got["SignName"], got["TemplateCode"]) == (
        "13800000000",
        "爱心门铃",
        "SMS_1",
    )
    assert json.loads(got["TemplateParam"]) == {
        "home": "示例奶奶",
        "address": "3栋2单元101",
        "n": "7",
    }


async def test_the_variables_of_a_template_may_have_other_names() -> None:
    got = await taken("aliyun-sms", params="name=home,address,floor=storey")
    assert json.loads(got["TemplateParam"]) == {
        "name": "示例奶奶",
        "address": "3栋2单元101",
        "floor": "-",
    }


async def test_a_voice_call_reads_the_template_aloud() -> None:
    got = await taken("aliyun-voice", show="05710000000")
    assert got["Action"] == "SingleCallByTts"
    assert (got["CalledNumber"], got["TtsCode"]) == ("13800000000", "TTS_1")
    assert got["CalledShowNumber"] == "05710000000"
    assert len(got["OutId"]) <= 15


@pytest.mark.parametrize("kind", ["coming", "resolved", "fault"])
async def test_only_a_call_uses_the_words_of_a_call(kind: str) -> None:
    news = dataclasses.replace(kit.MESSAGE, kind=kind)
    assert (await taken("aliyun-sms", news))["TemplateCode"] == "SMS_2"
    async with http_service() as service:
        for name, options in (("aliyun-voice", {}), ("aliyun-sms", {"template_news": ""})):
            answer = await kit.send(kit.channel(name, service.url, **options), name, news)
            assert answer.verdict is Verdict.REFUSED
            assert answer.said == f"no template for {kind}"
        assert service.asked == []


CODES: list[tuple[str, Verdict, int | None]] = [
    ("isv.BUSINESS_LIMIT_CONTROL", Verdict.LATER, None),
    ("Throttling.User", Verdict.LATER, 60_000),
    ("isp.SYSTEM_ERROR", Verdict.LATER, None),
    ("what.nobody.knows", Verdict.LATER, None),
    ("InvalidTimeStamp.Expired", Verdict.LATER, None),
    ("isv.MOBILE_NUMBER_ILLEGAL", Verdict.REFUSED, None),
    ("isv.SMS_TEMPLATE_ILLEGAL", Verdict.REFUSED, None),
    ("isv.AMOUNT_NOT_ENOUGH", Verdict.REFUSED, None),
    ("SignatureDoesNotMatch", Verdict.REFUSED, None),
    ("InvalidAccessKeyId.NotFound", Verdict.REFUSED, None),
]


@pytest.mark.parametrize(("code", "verdict", "wait"), CODES)
@pytest.mark.parametrize("status", [200, 400, 503])
async def test_the_code_decides_whatever_the_status(
    code: str, verdict: Verdict, wait: int | None, status: int
) -> None:
    body: dict[str, Any] = {"Code": code, "Message": "why", "RequestId": "1"}
    async with http_service() as service:
        service.behaviour = Says(json.dumps(body), status)
        answer = await kit.send(kit.channel("aliyun-sms", service.url), "aliyun-sms")
    assert (answer.verdict, answer.retry_after_ms) == (verdict, wait)
    assert answer.said == f"{code} why"


async def test_a_wrong_key_is_refused_by_the_service() -> None:
    async with http_service() as service:
        service.behaviour = Aliyun()
        sender = kit.channel("aliyun-sms", service.url, key="env:T_SIGN")
        answer = await kit.send(sender, "aliyun-sms")
    assert answer.verdict is Verdict.REFUSED
