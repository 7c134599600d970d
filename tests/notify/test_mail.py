"""E-mail through real SMTP servers."""

from __future__ import annotations

import asyncio
import dataclasses
import email
import email.policy
import ssl
from typing import TYPE_CHECKING, Any

import pytest
from notify import kit
from notify.servers import certificate, closed_port, raw_service, smtp_service

from lovebell.notify.sender import (
    Answer,
    BadChannelError,
    Message,
    Sender,
    Verdict,
    check_address,
    make_sender,
)

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

TO = "volunteer@home.example"


def channel(at: int, **more: str) -> Sender:
    options = {
        "host": "127.0.0.1",
        "port": str(at),
        "from": "bell@community.example",
        "security": "none",
        "timeout_s": "5",
    }
    return make_sender("mail", options | more, kit.secrets())


async def send(port: int, message: Message = kit.MESSAGE, **more: str) -> Answer:
    return await channel(port, **more).send(message, TO)


async def received(message: Message) -> EmailMessage:
    """The mail as it came out at the other end."""
    async with smtp_service() as server:
        assert (await send(server.port, message)).verdict is Verdict.SENT
        (envelope,) = server.mails
        assert envelope.rcpt_tos == [TO]
        assert envelope.mail_from == "bell@community.example"
        content: Any = envelope.content
    return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]


async def test_a_mail_arrives_with_its_subject_text_and_link() -> None:
    mail = await received(kit.MESSAGE)
    assert mail["Subject"] == kit.MESSAGE.subject
    assert mail["From"] == "爱心门铃 <bell@community.example>"
    assert mail["To"] == TO
    text = f"{kit.MESSAGE.text}\n\n{kit.MESSAGE.link}"
    assert mail.get_content().splitlines() == text.splitlines()
    assert mail.get_content_type() == "text/plain"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<lovebell.community.example>"
    assert mail["X-Priority"] == "1"


async def test_only_a_call_is_urgent() -> None:
    mail = await received(dataclasses.replace(kit.MESSAGE, kind="fault"))
    assert mail["X-Priority"] is None


async def test_a_retry_is_the_same_mail_and_another_message_another() -> None:
    first, again = await received(kit.MESSAGE), await received(kit.MESSAGE)
    other = await received(dataclasses.replace(kit.MESSAGE, key="b-02/1-1"))
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]


@pytest.mark.parametrize("evil", ["\r\nBcc: evil@e.example\r\n", "\nBcc: evil@e.example\n\nbody", "\rBcc: x"])  # fmt: skip  # noqa: E501
async def test_no_text_adds_a_header_or_an_address(evil: str) -> None:
    message = Message(f"k{evil}", f"call{evil}", f"求助{evil}", f"text{evil}", f"l{evil}", {})
    mail = await received(message)
    assert mail["Bcc"] is None
    assert set(mail.keys()) <= {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Id", "Importance",
        "X-Priority", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip


@pytest.mark.parametrize("where", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("reply", "verdict"), [
    ("421 too busy", Verdict.LATER), ("450 mailbox busy", Verdict.LATER),
    ("451 greylisted", Verdict.LATER), ("452 full", Verdict.LATER),
    ("550 no such user", Verdict.REFUSED), ("554 spam", Verdict.REFUSED),
])  # fmt: skip
async def test_4xx_is_later_and_5xx_is_refused(where: str, reply: str, verdict: Verdict) -> None:
    async with smtp_service() as server:
        server.says[where] = reply
        answer = await send(server.port)
    assert answer == Answer(verdict, reply)


async def test_a_server_that_hangs_is_tried_again_later() -> None:
    async with (
        raw_service(hangs=True) as silent,
        raw_service(first=b"220 hi\r\n", hangs=True) as dumb,
    ):
        answers = await asyncio.gather(send(silent, timeout_s="1"), send(dumb, timeout_s="1"))
    assert answers == [Answer(Verdict.LATER, "timeout 1 s")] * 2


@pytest.mark.parametrize("first", [b"", b"220", b"220 hi\r\n", b"HTTP/1.1 400 Bad\r\n\r\n", b"\xff\x00\r\n" * 99, b"421 closing\r\n"])  # fmt: skip  # noqa: E501
async def test_a_server_that_hangs_up_or_talks_rubbish_is_tried_again_later(first: bytes) -> None:
    async with raw_service(first=first) as port:
        assert (await send(port)).verdict is Verdict.LATER


async def test_a_server_that_says_no_at_the_door_refuses() -> None:
    async with raw_service(first=b"554 go away\r\n") as port:
        assert (await send(port)).verdict is Verdict.REFUSED


async def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    with closed_port() as port:
        assert await send(port) == Answer(Verdict.LATER, "network ECONNREFUSED")


def context(folder: Path) -> tuple[ssl.SSLContext, str]:
    cert, key = certificate(folder)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    return tls, str(cert)


async def test_the_password_travels_by_tls_only_and_to_the_right_server(tmp_path: Path) -> None:
    tls, ca = context(tmp_path)
    login = {"user": "bell", "password": "env:T_PASSWORD", "security": "starttls"}
    async with smtp_service(tls, wants_login=True) as server:
        stranger = await send(server.port, **login)
        assert stranger.verdict is Verdict.LATER
        assert stranger.said.startswith("TLS CERTIFICATE_VERIFY_FAILED")
        assert server.logins == []
        assert (await send(server.port, **login, ca=ca)).verdict is Verdict.SENT
        assert server.logins == [(b"bell", kit.ENVIRONMENT["T_PASSWORD"].encode())]


async def test_a_server_that_speaks_tls_from_the_first_byte_is_verified_too(tmp_path: Path) -> None:
    tls, ca = context(tmp_path)
    login = {"user": "bell", "password": "env:T_PASSWORD", "security": "tls"}
    async with smtp_service(tls, wants_login=True, is_wrapped=True) as server:
        stranger = await send(server.port, **login)
        assert stranger.verdict is Verdict.LATER
        assert stranger.said.startswith("TLS CERTIFICATE_VERIFY_FAILED")
        assert server.logins == []
        assert (await send(server.port, **login, ca=ca)).verdict is Verdict.SENT
        assert len(server.logins) == len(server.mails) == 1


async def test_a_server_without_starttls_gets_neither_password_nor_mail(tmp_path: Path) -> None:
    _, ca = context(tmp_path)
    login = {"user": "bell", "password": "env:T_PASSWORD", "security": "starttls"}
    async with smtp_service() as server:
        answer = await send(server.port, **login, ca=ca)
        assert answer.verdict is Verdict.LATER
        assert "STARTTLS" in answer.said
        assert server.logins == []
        assert server.mails == []


async def test_no_password_is_told_or_logged_when_the_login_fails() -> None:
    secret = kit.ENVIRONMENT["T_PASSWORD"]
    async with smtp_service(wants_login=True) as server:
        server.says["AUTH"] = f"535 5.7.8 wrong password {secret}"
        with kit.Ears():
            sender = channel(server.port, user="bell", password="env:T_PASSWORD")
            answer = await sender.send(kit.MESSAGE, TO)
    assert answer.verdict is Verdict.REFUSED
    assert answer.said == "535 5.7.8 wrong password ***"
    kit.assert_no_secret(repr(sender) + repr(vars(sender)))


@pytest.mark.parametrize(("wrong", "name"), [
    ({"host": "mail.example", "security": "none"}, "security"), ({"security": "ssl3"}, "security"),
    ({"host": "a b"}, "host"), ({"from": "bell"}, "from"), ({"port": "0"}, "port"),
    ({"port": "x"}, "port"), ({"timeout_s": "61"}, "timeout_s"), ({"user": "bell"}, "password"),
    ({"password": "env:T_PASSWORD"}, "user"), ({"password": "hunter2"}, "password"),
])  # fmt: skip
def test_a_wrong_option_is_named(wrong: dict[str, str], name: str) -> None:
    with pytest.raises(BadChannelError) as told:
        channel(25, **wrong)
    assert name in told.value.say("zh")
    assert name in told.value.say("en")
    assert "hunter2" not in told.value.say("en")


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "a b@c.example", "a@c.example\n", "<a@c.example>", "a,b@c.example", "a@[127.0.0.1]", "爷爷@c.example"])  # fmt: skip  # noqa: E501
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadChannelError, match="address"):
        check_address("mail", address)
