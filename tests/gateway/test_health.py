"""Whether the gateway is well: to an operator, over HTTP, and to somebody outside."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from lovebell import pulse
from lovebell.domain.health import Look, findings
from simulator.mosquitto import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from town import Town


# -- an operator -----------------------------------------------------------------------------


def test_a_gateway_that_runs_is_well(town: Town) -> None:
    town.power_up()
    result = town.type("health")
    assert (result.exit_code, result.output) == (0, "The gateway is well.\n")
    assert town.read("health") == {"ok": True, "findings": []}


def test_without_a_gateway_it_says_how_to_start_it_and_ends_with_1(town: Town) -> None:
    result = town.type("health")
    assert result.exit_code == 1
    assert "not running; start it" in result.output


def test_what_the_gateway_has_met_on_its_disk_is_told_beside_it(town: Town) -> None:
    town.power_up()
    town.street.store.tell("damaged database disk image is malformed")
    told = json.loads(town.type("health", "--json").stdout)
    assert [one["code"] for one in told["findings"]] == ["damaged"]
    assert "`lovebell restore FILE`" in town.type("health").stdout
    town.street.store.tell("disk database or disk is full")
    assert "database or disk is full" in town.type("health").stdout
    town.street.store.tell("")
    assert town.read("health")["ok"]
    town.street.store.tell("damaged database disk image is malformed")
    town.power_cut()  # what a gateway said that has ended is of no account
    assert "malformed" not in town.type("health").stdout


def test_a_deadline_that_nobody_keeps_is_found_beside_a_gateway_that_hangs(town: Town) -> None:
    town.power_up()
    town.press()
    town.street.now += 60_000  # and the gateway does nothing
    result = town.type("health", "--json")
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)["findings"]
    assert finding["code"] == "overdue"
    assert "1 episodes are past their deadline" in finding["sentence"]
    town.forward(1)
    assert town.read("health")["ok"]


def test_a_broker_that_is_gone_is_named_and_its_waiting_messages_are_not(town: Town) -> None:
    town.power_up()
    town.street.air.is_up = False
    town.press()
    town.look()
    town.forward(100)
    town.look()
    nobody, broker = town.type("health").output.splitlines()
    assert nobody.startswith("1 calls have gone through their plan and reach nobody")
    assert broker.startswith("The gateway has no connection to the broker")
    town.street.air.is_up = True
    town.look()
    assert "messages have waited for more than a minute" in town.type("health").output


def test_a_command_that_a_gateway_leaves_unanswered_is_found(town: Town) -> None:
    town.power_up()
    town.press()
    town.gateway_is_up = False  # it runs, and hears nobody
    assert town.type("episode", "resolve", "1", "--outcome", "helped").exit_code == 1
    town.street.now += 6_000
    town.gateway_is_up = True
    assert "1 commands have had no answer" in town.type("health").output


@pytest.mark.parametrize(
    ("look", "codes"),
    [
        (Look(), []),
        (Look(disk="full", free_mb=3), ["disk", "full"]),
        (Look(free_mb=200), []),
        (Look(runs=False, broker=False, outbox=2, commands=2, overdue=2), ["down", "overdue"]),
        (Look(broker=False, outbox=9), ["broker"]),
    ],
)
def test_what_follows_from_what_was_seen(look: Look, codes: list[str]) -> None:
    assert [finding.code for finding in findings(look)] == codes


# -- over HTTP -------------------------------------------------------------------------------


@asynccontextmanager
async def endpoint(document: dict[str, Any]) -> AsyncIterator[int]:
    port = free_port()
    task = asyncio.ensure_future(pulse.serve(port, lambda: document))
    while True:
        try:
            _, writer = await asyncio.open_connection(pulse.HOST, port)
        except OSError:
            await asyncio.sleep(0)
        else:
            writer.close()
            break
    yield port
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def ask(port: int, request: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(pulse.HOST, port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    if not answer:
        return 0, b""
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


async def test_it_answers_200_when_all_is_well_and_503_when_not() -> None:
    for is_ok, status in ((True, 200), (False, 503)):
        document = {"ok": is_ok, "findings": []}
        async with endpoint(document) as port:
            answer = await ask(port, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (answer[0], json.loads(answer[1])) == (status, document)
            assert await ask(port, b"HEAD /health HTTP/1.1\r\n\r\n") == (status, b"")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"POST /health HTTP/1.1\r\n\r\n", 405),
        (b"hello\r\n\r\n", 400),
        (b"GET /health?x=1 HTTP/1.0\r\n\r\n", 200),
        (b"x" * 70_000, 0),
    ],
)
async def test_what_it_does_not_know_it_refuses_and_goes_on(request_: bytes, status: int) -> None:
    async with endpoint({"ok": True}) as port:
        try:
            assert (await ask(port, request_))[0] == status
        except ConnectionError:
            assert status == 0
        assert (await ask(port, b"GET /health HTTP/1.1\r\n\r\n"))[0] == 200


async def test_a_port_that_is_taken_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with endpoint({"ok": True}) as port:
        second = asyncio.ensure_future(pulse.serve(port, dict))
        while "no health endpoint" not in caplog.text:
            await asyncio.sleep(0)
        assert not second.done()
        second.cancel()


# -- to somebody outside ---------------------------------------------------------------------


class Outside(HTTPServer):
    """Counts the calls, and answers as told."""

    calls = 0
    status = 200


class _Handler(BaseHTTPRequestHandler):
    server: Outside

    def do_GET(self) -> None:
        self.server.calls += 1
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing."""


@pytest.fixture
def outside() -> Iterator[Outside]:
    made = Outside((pulse.HOST, 0), _Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


async def test_a_watchdog_is_called_and_failures_are_told_ever_more_seldom(
    outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    dog = pulse.Watchdog(f"http://{pulse.HOST}:{outside.server_port}/secret-token")
    assert await dog.call()
    outside.status = 500
    for _ in range(9):
        assert not await dog.call()
    outside.status = 204
    assert await dog.call()
    assert outside.calls == 11
    told = [record.getMessage() for record in caplog.records]
    assert told == ["watchdog not reached"] * 4 + ["watchdog reached again"]
    assert "secret-token" not in caplog.text


async def test_a_watchdog_that_is_not_there_stops_nothing() -> None:
    assert not await pulse.Watchdog(f"http://{pulse.HOST}:{free_port()}/").call()
