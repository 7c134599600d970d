"""A gateway's web server in a test, an operator beside it, and a technician's bench."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from provision.conftest import installation
from technician.conftest import bench, broker, compiled, firmware
from town import Town

from lovebell.commands.enrolling import Enrolment
from lovebell.provision.files import Plan
from lovebell.provision.install import make
from lovebell.web.enrolment import routes
from lovebell.web.server import application

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

__all__ = ("bench", "broker", "compiled", "firmware", "installation")

MAC, OTHER_MAC = "24:6f:28:00:00:01", "24:6f:28:00:00:02"


class Site:
    """The gateway's web server, and the operator beside it."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.now = 0
        self.twice: list[str] = []
        self.server: TestServer
        self.headers: dict[str, str] = {}

    def token(self, *more: str) -> str:
        """An operator makes one."""
        made = self.town.read("technician", "token", "create", "--who", "示例技术员", *more)
        return made["token"]

    async def ask(self, verb: str, token: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """What a laptop asks."""
        headers = {"Authorization": f"Bearer {token}", **self.headers}
        url = self.server.make_url(f"/technician/v1/{verb}")
        async with (
            aiohttp.ClientSession() as laptop,
            laptop.post(url, json=body, headers=headers) as answer,
        ):
            return answer.status, await answer.json()

    async def enrol(self, token: str, mac: str = MAC, role: str = "button") -> dict[str, Any]:
        """An identity, which must be given."""
        status, answer = await self.ask("enrol", token, mac=mac, role=role)
        assert status == 200, answer
        return answer

    async def confirm(self, token: str, made: dict[str, Any], mac: str = MAC) -> None:
        """The secret is on the board."""
        status, answer = await self.ask("confirm", token, mac=mac, reservation=made["reservation"])
        assert (status, answer) == (200, {"device": made["device"]})

    async def refused(self, verb: str, token: str, **body: Any) -> str:
        """The code of a refusal, which says in both languages what to do; nothing has changed."""
        before = self.state()
        status, answer = await self.ask(verb, token, **body)
        assert status >= 400, answer
        assert re.search(r"[\u4e00-\u9fff]", answer["zh"])
        assert answer["en"].isascii() or "示例" in answer["en"]
        assert "{" not in answer["zh"] + answer["en"]
        assert self.state() == before
        return answer["error"]

    def state(self) -> list[Any]:
        """All that enrolment writes."""
        street = self.town.street
        tables = ("board", "credential", "device", "event")
        return [street.rows(f"SELECT * FROM {table}") for table in tables]  # noqa: S608

    def hashes(self) -> dict[str, str]:
        """What the broker knows devices by."""
        return dict(map(tuple, self.town.street.rows("SELECT device, hash FROM credential")))


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    folder = tmp_path / "broker"
    made = Town(tmp_path / "lovebell.db")
    make(Plan(folder, 10, broker_user="root", gateway_user="root"), ["bell.example"], "lovebell",
         made.street.now, lambda n: b"x" * n)  # fmt: skip
    monkeypatch.setenv("LOVEBELL_BROKER_FOLDER", str(folder))
    monkeypatch.setenv("LOVEBELL_WEB_PORT", "8080")
    yield made
    made.close()


@pytest.fixture
async def site(town: Town) -> AsyncIterator[Site]:
    made = Site(town)
    desk = Enrolment(town.path, lambda: town.street.now, can_admit=True, on_twice=made.twice.append)

    class NoDoor:
        def look(self, token: str) -> None: ...
        async def use(self, token: str) -> None: ...

    made.server = TestServer(
        application(NoDoor(), lambda: made.now, routes(desk, lambda: made.now, "")),
        host="127.0.0.1",
    )
    await made.server.start_server()
    yield made
    await made.server.close()
    desk.close()
