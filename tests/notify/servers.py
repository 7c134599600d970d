"""Services for the tests of messages: real local servers that behave, or misbehave, as told."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp.web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

HANG = "hang"
CUT = "cut"
HUGE = "huge"
DRIP = "drip"
ECHO = "echo"


@dataclass
class Says:
    """An HTTP answer."""

    body: str | bytes = "{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class HttpService:
    """Answers every POST as `behaviour` says: with an answer, with what a function makes of the
    request, or by hanging, cutting the connection, never ending, dripping, or telling all it was
    told."""

    def __init__(self) -> None:
        self.behaviour: Says | str | Callable[[Asked], Says] = Says()
        self.asked: list[Asked] = []
        self.port = 0
        self._free = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        asked = Asked(request.raw_path, dict(request.headers), await request.read())
        self.asked.append(asked)
        behaviour = self.behaviour
        if behaviour == HANG:
            await self._free.wait()
        if behaviour == CUT:
            return await self._cut(request)
        if behaviour == HUGE:
            return await self._endless(request, b"a" * 65_536, 0)
        if behaviour == DRIP:
            return await self._endless(request, b"a", 0.1)
        if behaviour == ECHO:
            told = f"{asked.path} {asked.headers} {asked.body.decode()}"
            return aiohttp.web.json_response({"errcode": 7, "code": 7, "errmsg": told, "msg": told})
        said = behaviour(asked) if callable(behaviour) else behaviour
        said = said if isinstance(said, Says) else Says()
        body = said.body.encode() if isinstance(said.body, str) else said.body
        return aiohttp.web.Response(body=body, status=said.status, headers=said.headers)

    async def _cut(self, request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        response = aiohttp.web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"errcode":0')
        assert request.transport is not None
        request.transport.abort()
        return response

    async def _endless(
        self, request: aiohttp.web.Request, piece: bytes, pause_s: float
    ) -> aiohttp.web.StreamResponse:
        response = aiohttp.web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while not self._free.is_set():
                await response.write(piece)
                await asyncio.sleep(pause_s)
        return response

    def free(self) -> None:
        """Let go of whoever hangs."""
        self._free.set()


@contextlib.asynccontextmanager
async def http_service(tls: Any = None) -> AsyncIterator[HttpService]:
    """A service that runs as long as the block."""
    service = HttpService()
    app = aiohttp.web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{path:.*}", service.handle)
    runner = aiohttp.web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    service.port = runner.addresses[0][1]
    try:
        yield service
    finally:
        service.free()
        await runner.cleanup()


class SmtpService:
    """Takes mail, and says to each command what `says` holds for it."""

    def __init__(self) -> None:
        self.says: dict[str, str] = {}
        self.mails: list[Envelope] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.port = 0

    async def handle_MAIL(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # fmt: skip  # noqa: E501
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.says.get("MAIL", "250 OK")

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:  # fmt: skip  # noqa: E501
        envelope.rcpt_tos.append(address)
        return self.says.get("RCPT", "250 OK")

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.mails.append(envelope)
        return self.says.get("DATA", "250 taken")

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:  # fmt: skip  # noqa: E501
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        said = self.says.get("AUTH", "")
        return AuthResult(success=not said, handled=False, message=said or None)


@contextlib.asynccontextmanager
async def smtp_service(
    tls: Any = None, *, wants_login: bool = False, is_wrapped: bool = False
) -> AsyncIterator[SmtpService]:
    """A mail server that runs as long as the block; with `tls` it offers STARTTLS, or speaks
    nothing but TLS."""
    service = SmtpService()

    def connected() -> SMTP:
        return SMTP(
            service,
            hostname="mail.example",
            tls_context=None if is_wrapped else tls,
            require_starttls=tls is not None and not is_wrapped,
            authenticator=service.authenticate,
            auth_required=wants_login,
            auth_require_tls=False,
        )

    loop = asyncio.get_running_loop()
    wrapped = tls if is_wrapped else None
    server = await loop.create_server(connected, "127.0.0.1", 0, ssl=wrapped)
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        server.close()


@contextlib.asynccontextmanager
async def raw_service(*, first: bytes = b"", hangs: bool = False) -> AsyncIterator[int]:
    """The port of a server that says `first` to whoever connects, and hangs or hangs up."""
    free = asyncio.Event()

    async def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        if hangs:
            await free.wait()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        free.set()
        server.close()


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nobody answers, held so that nobody else takes it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, signed by itself."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    what = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    whom = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", *what.split(" "), *whom, "-keyout", key, "-out", cert]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return cert, key
