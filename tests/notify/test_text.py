"""Whatever somebody writes into a home's notes, what is sent is well formed and short enough."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
from typing import TYPE_CHECKING, Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from notify import kit
from notify.servers import Says, http_service, smtp_service

from lovebell.notify.sender import Message, Verdict, make_sender
from lovebell.notify.senders import aliyun, dingtalk, feishu, wecom
from lovebell.notify.senders.mail import letter
from lovebell.notify.senders.webhook import payload
from lovebell.notify.text import clean, composed, cut, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

AWKWARD = [
    "",
    "👵🏽‍🦯🇨🇳" * 700,
    "ئۇيغۇرچە العربية \u202e evil \u2066",
    "line\r\nline\rline\nline\u2028line\u2029line\x85line",
    "\x00\x01\x1b[31mred\x7f",
    "\ud800 lone \udfff",
    '"}],{"\\',
    '<at user_id="all"></at> @all <@everyone>',
    "字" * 5_000,
    "a" * 10_240,
]
texts = st.one_of(
    st.sampled_from(AWKWARD), st.text(max_size=300), st.text(st.characters(), max_size=60)
)
messages = st.builds(
    Message,
    key=texts,
    kind=st.sampled_from(["call", "coming", "resolved", "fault", "test"]),
    subject=texts,
    text=texts,
    link=st.one_of(st.just(""), st.just("https://desk.example/a/" + "x" * 43), texts),
    fields=st.dictionaries(texts, st.one_of(texts, st.integers(-(2**63), 2**63)), max_size=4),
)


def as_sent(body: Mapping[str, object]) -> Any:
    """Through JSON and back, as bytes on the wire."""
    text = json.dumps(body, ensure_ascii=False).encode("utf-8")
    assert json.loads(text) == body
    return body


@settings(max_examples=150, deadline=None)
@given(messages)
def test_any_message_makes_a_post_within_each_services_limit(message: Message) -> None:
    text = as_sent(wecom.body(message, "13800000000"))["text"]["content"]
    assert len(text.encode()) <= 2048
    text = as_sent(dingtalk.body(message, "13800000000"))["text"]["content"]
    assert len(text.encode()) <= 5000
    assert len(json.dumps(as_sent(feishu.body(message, "ou_1"))).encode()) <= 60_000
    assert len(json.dumps(feishu.body(message, "ou_1"), ensure_ascii=False).encode()) <= 20_000
    assert json.loads(payload(message, "x"))["type"] == f"lovebell.{message.kind}"
    for value in json.loads(aliyun.variables({}, message)).values():
        assert 1 <= len(value) <= 35
        assert "\n" not in value


@settings(max_examples=150, deadline=None)
@given(messages)
@example(Message("\ud800", "call", "\ud800", "\ud800", "\ud800", {}))
def test_any_message_makes_a_mail_whose_headers_are_its_own(message: Message) -> None:
    raw = letter(message, "to@a.example", "from@a.example", "爱心门铃").as_bytes()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["Subject"] == one_line(message.subject)
    assert mail["To"] == "to@a.example"
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    text = mail.get_content().replace("\r\n", "\n").rstrip("\n")
    assert text.startswith(cut(clean(message.text), 100_000).rstrip("\n")[:1000].rstrip("\n"))


@given(texts, st.integers(3, 200))
def test_a_cut_text_is_the_beginning_of_the_whole(text: str, most: int) -> None:
    text = clean(text)
    short = cut(text, most)
    assert len(short.encode()) <= most
    assert text.startswith(short.removesuffix("…")) or short == text
    assert short == text or short.endswith("…")


@given(texts, st.integers(1, 200))
def test_one_line_is_one_line(text: str, most: int) -> None:
    line = one_line(text, most)
    assert len(line) <= most
    assert len(line.splitlines()) <= 1
    line.encode("utf-8")


@given(messages, st.integers(200, 3000))
def test_the_link_is_whole_or_not_there(message: Message, most: int) -> None:
    text = composed(message, most)
    assert len(text.encode()) <= most
    link = clean(message.link)
    if link and len(link.encode()) < most // 2:
        assert text.endswith("\n" + link)


async def test_the_most_awkward_texts_arrive_through_real_servers() -> None:
    async with http_service() as web, smtp_service() as post:
        senders = {kind: kit.channel(kind, web.url) for kind in ("wecom", "webhook", "apprise")}
        options = {
            "host": "127.0.0.1", "port": str(post.port), "security": "none",
            "from": "bell@a.example",
        }  # fmt: skip
        senders["mail"] = make_sender("mail", options, kit.secrets())
        for text in AWKWARD:
            web.behaviour = Says(kit.TAKEN["wecom"])
            message = Message(text, "call", text, text, text, {"note": text})
            answers = await asyncio.gather(
                *(one.send(message, "to@a.example") for one in senders.values())
            )
            assert {answer.verdict for answer in answers} == {Verdict.SENT}, text[:20]
        for one in senders.values():
            await one.close()
        assert len(web.asked) == 3 * len(AWKWARD)
        assert len(post.mails) == len(AWKWARD)
