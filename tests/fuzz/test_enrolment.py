"""Rubbish for the door by which technicians' laptops come in."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestServer
from fuzz.kit import dose, filled, mangled, written
from fuzz.test_network import Door, tell
from hypothesis import example, given
from hypothesis import strategies as st
from town import Town

from lovebell.commands.enrolling import Enrolment
from lovebell.provision.files import Plan
from lovebell.provision.install import make
from lovebell.web.enrolment import VERBS, routes
from lovebell.web.server import application

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = {"mac": "24:6f:28:00:00:01", "role": "button", "reservation": "x", "result": "passed"}
BODIES = written(filled(BODY)) | mangled([json.dumps(BODY).encode(), b"[]"])
#: What stands after the token and before the body, honest and not.
HEADERS = [
    "",
    "X-Forwarded-Proto: https",
    "Content-Type: x; charset=示例",
    "Content-Encoding: gzip",
]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    place = tmp_path_factory.mktemp("town")
    made = Town(place / "lovebell.db")
    made.furnish()
    plan = Plan(place / "broker", 10, broker_user="root", gateway_user="root")
    make(plan, ["bell.example"], "lovebell", made.street.now, lambda n: b"x" * n)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOVEBELL_BROKER_FOLDER", str(place / "broker"))
        patch.setenv("LOVEBELL_WEB_PORT", "8080")
        yield made
    made.close()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


def request(verb: str, token: bytes, header: str, body: bytes) -> bytes:
    head = f"POST /technician/v1/{verb} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    more = f"{header}\r\n" if header else ""
    size = f"Content-Length: {len(body)}\r\n\r\n"
    authorization = b"Authorization: Bearer " + token + b"\r\n"
    return head.encode() + authorization + more.encode() + size.encode() + body


@dose(60)
@given(
    st.sampled_from(VERBS),
    st.booleans(),
    mangled([b"abcdefghijklmnop"]),
    st.sampled_from(HEADERS),
    BODIES,
)
@example("enrol", False, b"\xff\xfe", "", b"{}")
def test_a_laptop_that_sends_rubbish_is_refused_and_never_answered_with_a_fault_of_ours(
    town: Town,
    runner: asyncio.Runner,
    verb: str,
    has_token: bool,
    token: bytes,
    header: str,
    body: bytes,
) -> None:
    async def story() -> None:
        if has_token:
            made = town.read("technician", "token", "create", "--who", "示例技术员")
            known = made["token"].encode()
        desk = Enrolment(town.path, lambda: town.street.now, can_admit=True, on_twice=print)
        server = TestServer(
            application(Door(), lambda: 0, routes(desk, lambda: 0, "")), host="127.0.0.1"
        )
        await server.start_server(access_log=None)
        try:
            raw = request(verb, known if has_token else token, header, body)
            (answer,) = await tell(server.port or 0, raw)
            assert answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4", b"HTTP/1.0 4")), answer
        finally:
            await server.close()
            desk.close()

    runner.run(story())
