"""Everything that apprise can do, within what a channel promises."""

from __future__ import annotations

import asyncio
import dataclasses
import json

from notify import kit
from notify.servers import HANG, Says, http_service

from lovebell.notify.sender import Secrets, Sender, Verdict, make_sender


def channel(url: str, timeout_s: int = 5) -> Sender:
    options = {"url": "env:U", "timeout_s": str(timeout_s)}
    return make_sender("apprise", options, Secrets({"U": url}))


async def test_a_message_goes_where_the_url_leads() -> None:
    async with http_service() as service:
        answer = await kit.send(kit.channel("apprise", service.url), "apprise")
        assert answer.verdict is Verdict.SENT
        body = json.loads(service.asked[0].body)
    assert body["title"] == kit.MESSAGE.subject
    assert body["message"] == f"{kit.MESSAGE.text}\n{kit.MESSAGE.link}"


async def test_what_is_too_long_keeps_its_link() -> None:
    async with http_service() as service:
        long = dataclasses.replace(kit.MESSAGE, text="按" * 9_000)
        await kit.send(kit.channel("apprise", service.url), "apprise", long)
        text = json.loads(service.asked[0].body)["message"]
    assert len(text.encode()) <= 4_000
    assert text.endswith(f"按…\n{kit.MESSAGE.link}")


async def test_an_address_goes_into_the_url_and_nowhere_else() -> None:
    async with http_service() as service:
        sender = channel(f"json://127.0.0.1:{service.port}/to/{{address}}/end")
        await sender.send(kit.MESSAGE, "a/b?c d")
        await sender.close()
        assert service.asked[0].path == "/to/a%2Fb%3Fc%20d/end"


async def test_a_no_is_later_and_says_why() -> None:
    async with http_service() as service:
        service.behaviour = Says("", 403)
        answer = await kit.send(kit.channel("apprise", service.url), "apprise")
    assert answer.verdict is Verdict.LATER
    assert "403" in answer.said


async def test_a_password_in_the_url_is_not_told() -> None:
    async with http_service() as service:
        with kit.Ears():
            url = (
                f"json://SECRETuser01:SECRETpass02@127.0.0.1:{service.port}/SECRETpath03?x=SECRET04"
            )
            service.behaviour = lambda asked: Says(str(asked), 500)
            sender = channel(url)
            answer = await sender.send(kit.MESSAGE, "")
            await sender.close()
    assert answer.verdict is Verdict.LATER
    kit.assert_no_secret(answer.said)


async def test_hung_threads_do_not_keep_others_waiting_for_ever() -> None:
    async with http_service() as service:
        service.behaviour = HANG
        sender = channel(f"json://127.0.0.1:{service.port}/?rto=2", timeout_s=1)
        answers = await asyncio.gather(*(sender.send(kit.MESSAGE, "") for _ in range(6)))
        assert {(a.verdict, a.said) for a in answers} == {(Verdict.LATER, "timeout 1 s")}
        await sender.close()
