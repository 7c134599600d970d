"""Every sender against every way in which a service can misbehave."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import logging
import socket
import ssl
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from notify import kit
from notify.servers import (
    CUT,
    DRIP,
    ECHO,
    HANG,
    HUGE,
    Asked,
    Says,
    certificate,
    closed_port,
    http_service,
)

from lovebell.notify.network import cause_of
from lovebell.notify.sender import Verdict

if TYPE_CHECKING:
    from pathlib import Path

every_kind = pytest.mark.parametrize("kind", kit.HTTP_KINDS)
# Webhooks and apprise know HTTP's own answers only.
coded_kinds = pytest.mark.parametrize("kind", kit.CODED)


@every_kind
async def test_what_the_service_takes_is_sent(kind: str) -> None:
    async with http_service() as service:
        service.behaviour = Says(kit.TAKEN[kind])
        answer = await kit.send(kit.channel(kind, service.url), kind)
        assert answer.verdict is Verdict.SENT, answer
        assert len(service.asked) == 1


@every_kind
@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_service_that_fails_is_asked_again_later(kind: str, status: int) -> None:
    async with http_service() as service:
        service.behaviour = Says("<html>oops</html>", status)
        answer = await kit.send(kit.channel(kind, service.url), kind)
        assert answer.verdict is Verdict.LATER
        assert answer.retry_after_ms is None


@every_kind
async def test_a_service_may_say_when_to_come_back(kind: str) -> None:
    async with http_service() as service:
        service.behaviour = Says("slow down", 429, {"Retry-After": "7"})
        answer = await kit.send(kit.channel(kind, service.url), kind)
        assert answer.verdict is Verdict.LATER
        assert answer.retry_after_ms == (None if kind == "apprise" else 7_000)


@pytest.mark.parametrize(("wait", "ms"), [("99999", 3_600_000), ("soon", None), ("-1", None)])
async def test_a_wait_without_sense_is_none_and_a_long_one_an_hour(
    wait: str, ms: int | None
) -> None:
    async with http_service() as service:
        service.behaviour = Says("", 503, {"Retry-After": wait})
        answer = await kit.send(kit.channel("webhook", service.url), "webhook")
        assert answer.retry_after_ms == ms


async def test_a_service_that_hangs_or_drips_is_asked_again_later() -> None:
    async with http_service() as silent, http_service() as dripping:
        silent.behaviour, dripping.behaviour = HANG, DRIP
        pairs = [(kind, silent.url) for kind in kit.HTTP_KINDS]
        # requests, below apprise, waits for each byte anew; the thread is left to itself.
        pairs += [(kind, dripping.url) for kind in kit.HTTP_KINDS if kind != "apprise"]
        answers = await asyncio.gather(
            *(kit.send(kit.channel(kind, url, timeout_s=1), kind) for kind, url in pairs)
        )
        assert {answer.verdict for answer in answers} == {Verdict.LATER}
        assert {answer.said for answer in answers} == {"timeout 1 s"}


@every_kind
async def test_an_answer_cut_off_in_the_middle_is_later(kind: str) -> None:
    async with http_service() as service:
        service.behaviour = CUT
        answer = await kit.send(kit.channel(kind, service.url), kind)
        assert answer.verdict is Verdict.LATER


@every_kind
async def test_a_service_that_is_not_there_is_asked_again_later(kind: str) -> None:
    with closed_port() as port:
        answer = await kit.send(kit.channel(kind, f"http://127.0.0.1:{port}"), kind)
        assert answer.verdict is Verdict.LATER
        assert kind == "apprise" or answer.said == "network ECONNREFUSED"


def test_why_a_service_was_not_reached_is_told_in_few_words_and_without_the_url() -> None:
    unknown = socket.gaierror(socket.EAI_NONAME, "https://user:SECRET@desk.example unknown")
    assert cause_of(unknown, 1) == "network DNS"
    assert cause_of(OSError(errno.ENETUNREACH, "SECRET"), 1) == "network ENETUNREACH"
    assert cause_of(ssl.SSLError("SECRET"), 1) == "TLS"
    assert cause_of(TimeoutError("SECRET"), 7) == "timeout 7 s"
    assert cause_of(ValueError("SECRET"), 1) == ""


@pytest.mark.parametrize("kind", ["webhook", *kit.CODED])
async def test_an_endless_answer_is_not_read_to_its_end(kind: str) -> None:
    async with http_service() as service:
        service.behaviour = HUGE
        answer = await kit.send(kit.channel(kind, service.url), kind)
        assert answer.verdict is (Verdict.SENT if kind == "webhook" else Verdict.LATER)
        assert len(answer.said) <= 200


RUBBISH = [b"", b"null", b"[]", b'"0"', b"<html>log in to the Wi-Fi</html>", b"\xff\xfe\x00", b"[" * 9_000, b"{}", b'{"errcode":"0","code":"0","Code":0}', b'{"errcode":true,"code":null,"Code":[]}']  # fmt: skip  # noqa: E501


@coded_kinds
@pytest.mark.parametrize("body", RUBBISH, ids=[repr(one[:20]) for one in RUBBISH])
async def test_an_answer_that_is_not_the_services_own_is_not_taken_for_a_yes(
    kind: str, body: bytes
) -> None:
    async with http_service() as service:
        service.behaviour = Says(body)
        answer = await kit.send(kit.channel(kind, service.url), kind)
        assert answer.verdict is Verdict.LATER


@pytest.mark.parametrize("kind", ["webhook", "wecom", "dingtalk", "feishu"])
@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 410])
async def test_a_redirect_is_not_followed_and_a_wrong_request_not_repeated(
    kind: str, status: int
) -> None:
    async with http_service() as elsewhere, http_service() as service:
        service.behaviour = Says("", status, {"Location": f"{elsewhere.url}/"})
        answer = await kit.send(kit.channel(kind, service.url), kind)
        assert answer.verdict is Verdict.REFUSED
        assert elsewhere.asked == []


NO = {
    "webhook": Says("bad signature", 401),
    "feishu": Says('{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}'),
    "aliyun-sms": Says('{"Code":"SignatureDoesNotMatch","Message":"no"}', 400),
}


@pytest.mark.parametrize("kind", NO)
@pytest.mark.parametrize(("ahead_s", "verdict"), [
    (0, Verdict.REFUSED), (120, Verdict.REFUSED), (-120, Verdict.REFUSED),
    (7_200, Verdict.LATER), (-7_200, Verdict.LATER),
])  # fmt: skip
async def test_a_refusal_while_our_clock_is_wrong_is_not_for_good(
    kind: str, ahead_s: int, verdict: Verdict
) -> None:
    async with http_service() as service:
        date = formatdate(time.time() + ahead_s, usegmt=True)
        service.behaviour = dataclasses.replace(NO[kind], headers={"Date": date})
        answer = await kit.send(kit.channel(kind, service.url), kind)
    assert answer.verdict is verdict
    assert answer.said.startswith("clock ") == (verdict is Verdict.LATER)


@pytest.mark.parametrize("date", ["", "soon", "Mon, 99 Foo 2026 25:00:00 GMT", "0" * 300])
async def test_a_date_that_is_none_changes_nothing(date: str) -> None:
    async with http_service() as service:
        service.behaviour = Says("no", 401, {"Date": date})
        answer = await kit.send(kit.channel("webhook", service.url), "webhook")
    assert answer.verdict is Verdict.REFUSED


@every_kind
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_no_secret_comes_back_in_what_was_said_or_logged(kind: str, status: int) -> None:
    def echo(asked: Asked) -> Says:
        return Says(f"{asked.path} {asked.headers} {asked.body.decode()}", status)

    async with http_service() as service:
        with kit.Ears() as ears:
            logging.getLogger("anybody").debug("heard")
            for behaviour in (ECHO, echo):
                service.behaviour = behaviour
                sender = kit.channel(kind, service.url)
                answer = await kit.send(sender, kind)
                kit.assert_no_secret(answer.said)
                kit.assert_no_secret(repr(sender) + repr(vars(sender)))
        assert any(record.name == "anybody" for record in ears.records)


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_the_link_of_a_message_does_not_come_back_in_what_was_said(status: int) -> None:
    link = kit.MESSAGE.link
    async with http_service() as service:
        service.behaviour = Says(f"got {link} and {link.rpartition('/')[2]}", status)
        answer = await kit.send(kit.channel("webhook", service.url), "webhook")
    assert answer.said == f"{status} got *** and ***"


@every_kind
async def test_the_same_channel_sends_many_at_a_time_over_few_connections(kind: str) -> None:
    async with http_service() as service:
        service.behaviour = Says(kit.TAKEN[kind])
        sender = kit.channel(kind, service.url)
        messages = [dataclasses.replace(kit.MESSAGE, key=str(n)) for n in range(12)]
        address = kit.ADDRESS.get(kind, "13800000000")
        answers = await asyncio.gather(*(sender.send(one, address) for one in messages))
        await sender.close()
        assert {answer.verdict for answer in answers} == {Verdict.SENT}
        assert len(service.asked) == 12


async def test_who_cancels_is_cancelled_and_nothing_hangs_after() -> None:
    async with http_service() as service:
        service.behaviour = HANG
        sender = kit.channel("webhook", service.url, timeout_s=60)
        waiting = asyncio.create_task(sender.send(kit.MESSAGE, ""))
        while not service.asked:
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await sender.close()


async def test_a_certificate_that_nobody_vouches_for_gets_no_message(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    async with http_service(tls) as service:
        url = service.url.replace("http:", "https:")
        answer = await kit.send(kit.channel("webhook", url), "webhook")
        assert answer.verdict is Verdict.LATER
        assert answer.said.startswith("TLS CERTIFICATE_VERIFY_FAILED")
        assert service.asked == []
        trusting = kit.channel("webhook", url, ca=str(cert))
        assert (await kit.send(trusting, "webhook")).verdict is Verdict.SENT
