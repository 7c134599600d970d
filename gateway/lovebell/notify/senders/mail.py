"""E-mail by SMTP, to a submission server.

The connection is encrypted and its certificate verified, unless the server is on this machine.
Replies as RFC 5321 (4.2.1) has them: 4xx may pass, 5xx does not. Auto-Submitted is RFC 3834,
which keeps holiday answers away. Every retry carries the same Message-ID, by which a mailbox
knows a second copy.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as CRLF
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

import aiosmtplib

from lovebell.notify.errors import wrong
from lovebell.notify.network import cause_of
from lovebell.notify.options import CA, tls_of
from lovebell.notify.secrets import blotted
from lovebell.notify.sender import Answer, Kind, Limit, Message, Option, Verdict
from lovebell.notify.text import clean, cut, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lovebell.notify.secrets import Secret

MOST_BYTES: Final = 100_000
URGENT: Final = "call"
GOODBYE_S: Final = 1.0
PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
HERE: Final = ("127.0.0.1", "localhost", "::1")
#: An address without the forms that nobody has and parsers disagree about.
ADDRESS: Final = (
    r"(?=.{3,254}\Z)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
)
_ADDRESS_RULE: Final = ("一个电子邮箱", "an e-mail address")


class Mail:
    """Sends through one server, a connection a message."""

    limit: Limit | None = None

    def __init__(
        self, options: Mapping[str, str], password: Secret | None, tls: ssl.SSLContext
    ) -> None:
        self._options = options
        self._password = password
        self._tls = tls
        self._timeout_s = int(options["timeout_s"])

    async def send(self, message: Message, address: str) -> Answer:
        """Hand the message over. What the server says comes back, whatever it is."""
        mail = letter(message, address, self._options["from"], self._options["name"])
        client = self._client()
        try:
            async with asyncio.timeout(self._timeout_s):
                await client.connect()
                _, said = await client.send_message(
                    mail, sender=self._options["from"], recipients=[address]
                )
            answer = Answer(Verdict.SENT, f"250 {said}")
            await _say_goodbye(client)
        except (aiosmtplib.SMTPException, OSError, ValueError) as why:
            answer = _judged(why, self._timeout_s)
        finally:
            client.close()
        secrets = () if self._password is None else (self._password,)
        return Answer(answer.verdict, blotted(answer.said, secrets))

    async def close(self) -> None:
        """Nothing is left open."""

    def _client(self) -> aiosmtplib.SMTP:
        options = self._options
        security = options["security"]
        name = socket.gethostname()
        return aiosmtplib.SMTP(
            hostname=options["host"],
            port=int(options["port"]) if "port" in options else PORTS[security],
            username=options.get("user"),
            password=None if self._password is None else self._password.reveal(),
            local_hostname=name if "." in name else "[127.0.0.1]",
            timeout=self._timeout_s,
            use_tls=security == "tls",
            start_tls=security == "starttls",
            tls_context=None if security == "none" else self._tls,
        )


def letter(message: Message, address: str, sender: str, name: str) -> EmailMessage:
    """The message as a mail. No text can add a header: the subject is brought onto one line, and
    the addresses have been checked."""
    mail = EmailMessage(policy=CRLF)
    box, _, domain = sender.partition("@")
    mail["From"] = Address(one_line(name), box, domain)
    mail["To"] = Address("", *address.split("@", 1))
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = formatdate(usegmt=True)
    digest = hashlib.sha256(message.key.encode("utf-8", "replace")).hexdigest()
    mail["Message-ID"] = f"<{digest[:40]}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Id"] = f"<lovebell.{domain}>"
    if message.kind == URGENT:
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    parts = [cut(clean(message.text), MOST_BYTES), clean(message.link)]
    mail.set_content("\n\n".join(part for part in parts if part), cte="base64")
    return mail


async def _say_goodbye(client: aiosmtplib.SMTP) -> None:
    """It changes nothing about the mail, which the server has."""
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        async with asyncio.timeout(GOODBYE_S):
            await client.quit()


def _judged(error: Exception, timeout_s: int) -> Answer:
    """What a failure means: only a reply from 500 on is for good, and a server that cannot do
    what was asked of it."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        verdict = Verdict.REFUSED if 500 <= error.code < 600 else Verdict.LATER
        return Answer(verdict, f"{error.code} {error.message}")
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Answer(Verdict.REFUSED, f"SMTPNotSupported {error}")
    said = cause_of(error, timeout_s) or f"{type(error).__name__} {error}"
    return Answer(Verdict.LATER, said)


def _check(options: Mapping[str, str]) -> None:
    if options["security"] == "none" and options["host"] not in HERE:
        zh = "starttls 或 tls；只有本机的服务器可以不加密"
        en = "starttls or tls; only a server on this machine may go without"
        raise wrong("bad_option", name="security", value="none", rule_zh=zh, rule=en)


def _make(options: Mapping[str, str], secrets: Mapping[str, Secret]) -> Mail:
    password = secrets.get("password")
    if ("user" in options) != (password is not None):
        raise wrong("option_needed", kind="mail", name="user" if password else "password")
    return Mail(options, password, tls_of(options) or ssl.create_default_context())


KIND: Final = Kind(
    name="mail",
    about=("电子邮件（SMTP）", "e-mail (SMTP)"),
    address=_ADDRESS_RULE,
    options=(
        Option(
            "host",
            ("发信服务器", "the submission server"),
            is_required=True,
            value_is=r"[A-Za-z0-9.:-]+",
            rule=("主机名或地址", "a host name or an address"),
        ),
        Option(
            "from",
            ("发信人的邮箱", "the sender's address"),
            is_required=True,
            value_is=ADDRESS,
            rule=_ADDRESS_RULE,
        ),
        Option("name", ("发信人的名字", "the sender's name"), default="爱心门铃"),
        Option(
            "security",
            ("加密方式", "how the connection is encrypted"),
            default="starttls",
            value_is="|".join(PORTS),
            rule=("starttls、tls 或 none", "starttls, tls or none"),
        ),
        Option(
            "port",
            ("端口；不写则依次为 587、465、25", "the port; else 587, 465 or 25, by the encryption"),
            value_is=r"[1-9][0-9]{0,4}",
            rule=("1 到 65535 的整数", "a whole number from 1 to 65535"),
        ),
        Option("user", ("用户名", "the user name")),
        Option("password", ("密码或授权码", "the password"), is_secret=True),
        CA,
        Option(
            "timeout_s",
            ("一封信最多用几秒", "seconds that a mail may take"),
            default="30",
            value_is=r"[1-9]|[1-5][0-9]|60",
            rule=("1 到 60 的整数", "a whole number from 1 to 60"),
        ),
    ),
    make=_make,
    address_is=ADDRESS,
    check=_check,
)
