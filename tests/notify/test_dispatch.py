"""The dispatcher with real senders and real local services that fail, hang, lie and limit."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from notify.kit import ENVIRONMENT, assert_no_secret
from notify.servers import CUT, HANG, HttpService, Says, http_service, smtp_service

from lovebell.domain.model import Channel, Contact
from lovebell.domain.pacing import OLDEST_MS
from lovebell.domain.records import Outgoing
from lovebell.notify.dispatch import Dispatcher
from lovebell.notify.secrets import Secrets
from lovebell.notify.sender import Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TURNS = 200  # of the loop: several times as many as a word and its answer take


@dataclass
class Office:
    """The gateway, as far as a dispatcher sees it: books, and a list of fates."""

    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])
    unwanted: set[str] = field(default_factory=set[str])
    fates: list[str] = field(default_factory=list[str])
    news: asyncio.Event = field(default_factory=asyncio.Event)
    is_broken: bool = False
    has_no_books: bool = False

    def channel(self, name: str) -> Channel | None:
        if self.has_no_books:
            raise RuntimeError("a mistake of ours")
        return self.channels.get(name)

    def contact(self, outgoing: Outgoing) -> Contact | None:
        known = outgoing.responder != "r-gone"
        return Contact("r-1", outgoing.channel, "r@example.org") if known else None

    def is_wanted(self, outgoing: Outgoing) -> bool:
        return outgoing.key not in self.unwanted

    async def compose(self, outgoing: Outgoing, contact: Contact) -> Message:
        if self.is_broken:
            raise RuntimeError("a mistake of ours")
        key = f"{outgoing.key}/{outgoing.serial}"
        return Message(key, outgoing.kind, "subject", "text", "", {"n": outgoing.serial})

    def sent(self, outgoing: Outgoing, said: str) -> None:
        self._end(f"{outgoing.key} sent")

    def dropped(self, outgoing: Outgoing, why: str, *, refused: bool) -> None:
        if outgoing.key.startswith("leap-"):
            return
        self._end(f"{outgoing.key} {'refused' if refused else why}")

    def _end(self, fate: str) -> None:
        self.fates.append(fate)
        self.news.set()


class Desk:
    """A dispatcher at work. Its clock leaps when it is told to."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.leap_ms = 0
        self.dispatcher = Dispatcher(office, Secrets(ENVIRONMENT), self.steady, lambda: 0.0)

    def steady(self) -> int:
        return round(asyncio.get_running_loop().time() * 1000) + self.leap_ms

    def put(self, key: str, channel: str, kind: str = "call", serial: int = 1) -> Outgoing:
        outgoing = Outgoing(key, "e-1", kind, "r-1", channel, serial, {}, 0)
        self.dispatcher.take(outgoing)
        return outgoing

    async def leap(self, ms: int) -> None:
        """Time goes by; a message that is too old already makes every lane look."""
        await self.quiet()
        self.leap_ms += ms
        for name in list(self.office.channels):
            kick = Outgoing(f"leap-{name}", "", "call", "r-1", name, self.leap_ms, {}, 0)
            self.dispatcher.take(kick, OLDEST_MS["call"])
        await self.quiet()

    async def quiet(self) -> None:
        """Let everything happen that needs no time: a word to a local server and back."""
        now = asyncio.get_running_loop().time
        turns, quiet_since = 0, now()
        while now() - quiet_since < 0.05 or turns < TURNS:  # on a busy PC the time alone is none
            turns += 1
            await asyncio.sleep(0)

    async def until(self, *fates: str) -> None:
        """Wait until these fates are known."""
        async with asyncio.timeout(60):
            while not set(fates) <= set(self.office.fates):
                self.office.news.clear()
                await self.office.news.wait()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk(Office())
    running = asyncio.create_task(made.dispatcher.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def service() -> AsyncIterator[HttpService]:
    async with http_service() as made:
        yield made


def webhook(service: HttpService, **more: str) -> Channel:
    options = {"url": f"{service.url}/hook", "secret": "env:T_HOOK"} | more
    return Channel("hook", "webhook", options)


def ding(service: HttpService) -> Channel:
    options = {"url": f"{service.url}/robot/send", "token": "env:T_TOKEN"}
    return Channel("ding", "dingtalk", options)


def kinds(service: HttpService) -> list[str]:
    return [json.loads(asked.body)["type"].rpartition(".")[2] for asked in service.asked]


async def test_a_message_goes_out_and_its_fate_is_told(desk: Desk, service: HttpService) -> None:
    desk.office.channels["hook"] = webhook(service)
    desk.put("a", "hook")
    await desk.until("a sent")
    assert kinds(service) == ["call"]


@pytest.mark.parametrize("turns", range(12))
async def test_it_ends_when_told_to_also_in_the_turn_in_which_a_message_comes(
    turns: int, service: HttpService, caplog: pytest.LogCaptureFixture
) -> None:
    """Or the gateway would never end, and never start anew."""
    desk = Desk(Office(is_broken=True))
    desk.office.channels["hook"] = webhook(service)
    running = asyncio.create_task(desk.dispatcher.run())
    desk.put("a", "hook")
    async with asyncio.timeout(60):
        while "message not sent yet" not in caplog.text:
            await asyncio.sleep(0)
    await desk.quiet()  # it waits until it is time to try again
    desk.put("b", "hook")
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=60)
    assert done


async def test_a_channel_that_hangs_delays_no_other(desk: Desk, service: HttpService) -> None:
    async with http_service() as bad:
        bad.behaviour = HANG
        desk.office.channels["bad"] = replace(webhook(bad), name="bad")
        desk.office.channels["hook"] = webhook(service)
        for n in range(20):
            desk.put(f"bad-{n}", "bad")
        desk.put("good", "hook")
        await desk.until("good sent")
        assert desk.office.fates == ["good sent"]


async def asked(service: HttpService, times: int) -> None:
    """Wait until the service was asked so often."""
    async with asyncio.timeout(60):
        while len(service.asked) < times:
            await asyncio.sleep(0)


async def test_a_message_that_hangs_does_not_hold_up_the_next_of_its_channel(
    desk: Desk, service: HttpService
) -> None:
    desk.office.channels["hook"] = webhook(service)
    service.behaviour = HANG
    desk.put("a", "hook")
    await asked(service, 1)
    service.behaviour = Says()
    desk.put("b", "hook")
    await desk.until("b sent")
    assert desk.office.fates == ["b sent"]
    service.free()
    await desk.until("a sent")


@pytest.mark.parametrize(
    "trouble", [Says(status=503), CUT, Says(status=429, headers={"Retry-After": "30"})]
)
async def test_what_is_not_taken_now_is_sent_again_under_the_same_key(
    desk: Desk, service: HttpService, trouble: Says | str
) -> None:
    service.behaviour = trouble
    desk.office.channels["hook"] = webhook(service)
    desk.put("a", "hook")
    await asked(service, 1)
    service.behaviour = Says()
    await desk.leap(30_000)
    await desk.until("a sent")
    first, again = service.asked[:2]
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body


async def test_an_error_in_a_body_that_says_200_is_no_success(
    desk: Desk, service: HttpService
) -> None:
    service.behaviour = Says('{"errcode": 300001, "errmsg": "token is not exist"}')
    desk.office.channels["ding"] = ding(service)
    desk.put("a", "ding")
    await desk.until("a refused")


async def test_the_limit_of_a_service_is_kept_and_nothing_is_lost(
    desk: Desk, service: HttpService
) -> None:
    service.behaviour = Says('{"errcode": 0}')
    desk.office.channels["ding"] = ding(service)
    for n in range(45):
        desk.put(f"m-{n}", "ding", "fault" if n < 40 else "call")
    await desk.until(*(f"m-{n} sent" for n in range(40, 45)))
    for expected in (20, 40, 45):
        async with asyncio.timeout(60):
            while len(desk.office.fates) < expected:
                await asyncio.sleep(0)
        assert len(service.asked) == expected
        await desk.leap(60_000)
    assert len(set(desk.office.fates)) == 45


async def test_a_service_that_blocks_for_too_many_is_left_alone_for_as_long_as_it_says(
    desk: Desk, service: HttpService
) -> None:
    service.behaviour = Says('{"errcode": 130101, "errmsg": "send too fast"}')
    desk.office.channels["ding"] = ding(service)
    desk.put("a", "ding")
    await asked(service, 1)
    await desk.quiet()
    service.behaviour = Says('{"errcode": 0}')
    desk.put("b", "ding")
    await desk.leap(30_000)
    assert desk.office.fates == []
    await desk.leap(600_000)
    await desk.until("a sent", "b sent")


async def test_what_is_too_old_is_given_up_and_what_is_younger_is_not(
    desk: Desk, service: HttpService
) -> None:
    service.behaviour = Says(status=503)
    desk.office.channels["hook"] = webhook(service)
    desk.put("a", "hook")
    desk.put("news", "hook", "resolved")
    await asked(service, 2)
    await desk.leap(OLDEST_MS["call"])
    await desk.until("a too_old")
    service.behaviour = Says()
    await desk.leap(60_000)
    await desk.until("news sent")


async def test_what_is_left_of_a_run_before_is_as_old_as_it_is(
    desk: Desk, service: HttpService
) -> None:
    desk.office.channels["hook"] = webhook(service)
    old = Outgoing("old", "e-1", "call", "r-1", "hook", 1, {}, 0)
    desk.dispatcher.take(old, OLDEST_MS["call"])
    desk.put("new", "hook")
    await desk.until("old too_old", "new sent")


async def test_calls_overtake_faults(desk: Desk, service: HttpService) -> None:
    desk.office.channels["hook"] = webhook(service)
    for n in range(8):
        desk.put(f"f-{n}", "hook", "fault")
    desk.put("c", "hook")
    await desk.until("c sent", *(f"f-{n} sent" for n in range(8)))
    assert kinds(service)[0] == "call"


async def test_what_is_no_longer_so_and_whom_nobody_knows_is_not_sent(
    desk: Desk, service: HttpService
) -> None:
    desk.office.channels["hook"] = webhook(service)
    desk.office.unwanted.add("a")
    desk.put("a", "hook")
    desk.dispatcher.take(Outgoing("b", "", "fault", "r-gone", "hook", 1, {}, 0))
    desk.put("c", "none")
    await desk.until("a replaced", "b no_contact", "c refused")
    assert service.asked == []


async def test_what_was_not_sent_takes_nothing_of_the_limit(
    desk: Desk, service: HttpService
) -> None:
    service.behaviour = Says('{"errcode": 0}')
    desk.office.channels["ding"] = ding(service)
    stale = [f"stale-{n}" for n in range(30)]
    desk.office.unwanted.update(stale)
    for key in stale:
        desk.put(key, "ding")
    desk.put("a", "ding")
    await desk.until("a sent")
    assert len(service.asked) == 1


async def test_a_channel_whose_secret_is_missing_refuses_and_tells_no_secret(
    desk: Desk, service: HttpService, caplog: pytest.LogCaptureFixture
) -> None:
    desk.office.channels["hook"] = webhook(service, secret="env:NOT_THERE")
    desk.put("a", "hook")
    await desk.until("a refused")
    (refused,) = [record.__dict__ for record in caplog.records]
    assert "NOT_THERE" in refused["why"]
    assert_no_secret(str(refused))


async def test_a_channel_that_was_mended_is_used_as_it_is_now(
    desk: Desk, service: HttpService
) -> None:
    async with http_service() as wrong:
        wrong.behaviour = Says(status=503)
        desk.office.channels["hook"] = webhook(wrong)
        desk.put("a", "hook")
        await asked(wrong, 1)
        desk.office.channels["hook"] = webhook(service)
        await desk.leap(60_000)
        await desk.until("a sent")
        assert len(wrong.asked) == 1


async def test_a_mistake_of_ours_kills_no_lane_and_loses_no_message(
    desk: Desk, service: HttpService
) -> None:
    desk.office.channels["hook"] = webhook(service)
    desk.office.is_broken = True
    desk.put("a", "hook")
    await desk.quiet()
    desk.office.is_broken = False
    await desk.leap(60_000)
    await desk.until("a sent")


async def test_a_lane_that_stumbles_gets_up_again_and_no_other_falls(
    desk: Desk, service: HttpService
) -> None:
    desk.office.channels["hook"] = webhook(service)
    desk.office.has_no_books = True
    desk.put("a", "hook")
    await desk.quiet()
    desk.office.has_no_books = False
    await desk.leap(0)
    await desk.until("a sent")


async def test_what_a_channel_sent_before_a_restart_counts_for_its_limit(
    desk: Desk, service: HttpService
) -> None:
    service.behaviour = Says('{"errcode": 0}')
    desk.office.channels["ding"] = ding(service)
    for _ in range(20):
        desk.dispatcher.remember("ding", 30_000)
    desk.put("a", "ding")
    await desk.quiet()
    assert service.asked == []
    await desk.leap(30_000)
    await desk.until("a sent")


async def test_mail_goes_out_by_a_real_mail_server_when_it_is_back(
    desk: Desk,
) -> None:
    async with smtp_service() as server:
        options = {
            "host": "127.0.0.1",
            "port": str(server.port),
            "security": "none",
            "from": "bell@example.org",
        }
        desk.office.channels["mail"] = Channel("mail", "mail", options)
        server.says["RCPT"] = "451 later"
        desk.put("a", "mail")
        await desk.quiet()
        server.says.clear()
        await desk.leap(60_000)
        await desk.until("a sent")
        (mail,) = server.mails
    assert mail.rcpt_tos == ["r@example.org"]
