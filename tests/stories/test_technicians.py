"""Faults on their way to technicians, on a real database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lovebell.clerk import MOST_FAULTS, Clerk
from lovebell.domain.bulletin import EVERY_MS, SETTLE_MS, Hours
from lovebell.domain.faults import Fault
from lovebell.domain.model import Channel, Contact, Responder
from lovebell.notify.templates import load
from lovebell.store import books, channels
from lovebell.technicians import Technicians
from lovebell.tickets import Tickets

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from stories.street import Street

    from lovebell.notify.sender import Message

HOURS = Hours(8 * 60, 18 * 60, frozenset(range(1, 8)), frozenset({"broker"}))
NOON, NIGHT = (12 * 60, 1), (2 * 60, 1)


class Works:
    """The technicians' side of the street."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.hour = NOON
        self.people = Technicians(
            street.engine, ("r-tech",), HOURS, street.store.told(), street.steady, lambda: self.hour
        )
        tickets = Tickets(street.engine, street.store.ticket, lambda: "", lambda: street.now)
        self.clerk = Clerk(street.engine, load(), tickets, lambda: street.now)

    async def pass_time(self, ms: int, *extra: tuple[str, str]) -> None:
        """Look now and then for so long."""
        end = self.street.now + ms
        while self.street.now < end:
            opened = dict(self.street.warden.supervisor.open)
            opened |= {key: Fault(*key, 0, 0) for key in extra}
            self.people.tick(opened, self.street.now)
            await self.street.settle()
            self.street.now += 5_000

    @property
    def waiting(self) -> list[Any]:
        return list(self.street.engine.mail.waiting.values())

    async def read(self) -> Message:
        """The one message that waits."""
        (one,) = self.waiting
        contact = self.clerk.contact(one)
        assert contact is not None
        return await self.clerk.compose(one, contact)

    async def taken(self) -> None:
        (one,) = self.waiting
        self.clerk.sent(one, "OK")
        await self.street.settle()


def enter(connection: Connection) -> None:
    books.add_responder(connection, Responder("r-tech", "示例师傅"))
    channels.add_channel(connection, Channel("chat", "webhook", {}))
    channels.add_contact(connection, Contact("r-tech", "chat", "", "en"))
    channels.add_contact(connection, Contact("r-paired", "chat"))


@pytest.fixture
async def works(street: Street) -> Works:
    street.edit(enter)
    await street.engine.reread(street.now)
    return Works(street)


async def test_a_dead_button_is_told_to_the_technician_and_to_no_volunteer(works: Works) -> None:
    await works.pass_time(SETTLE_MS + 10_000, ("b-1", "offline"))
    message = await works.read()
    assert works.waiting[0].responder == "r-tech"
    assert message.kind == "fault"
    assert message.text == "New: b-1 (示例路 1 号 示例奶奶) off line"
    assert message.link == ""
    await works.taken()
    assert works.street.record()[-1] == "messaged"
    await works.pass_time(SETTLE_MS + EVERY_MS + 10_000)
    assert (await works.read()).text == "Over: b-1 (示例路 1 号 示例奶奶) off line"


async def test_at_night_nobody_is_told_of_a_device_but_of_a_broker_that_is_gone(
    works: Works,
) -> None:
    works.hour = NIGHT
    await works.pass_time(SETTLE_MS * 5, ("b-1", "offline"))
    assert works.waiting == []
    await works.pass_time(5_000, ("b-1", "offline"), ("@gateway", "broker"))
    assert (await works.read()).text == "New: no connection to the broker"


async def test_what_was_told_before_a_power_cut_is_not_told_again_and_its_end_is(
    works: Works,
) -> None:
    await works.pass_time(SETTLE_MS + 10_000, ("b-1", "offline"))
    await works.taken()
    street = works.street
    await street.power_cut()
    await street.power_up()
    again = Works(street)
    await again.pass_time(SETTLE_MS * 3, ("b-1", "offline"))
    assert again.waiting == []
    await again.pass_time(SETTLE_MS * 3)
    assert "Over: b-1" in (await again.read()).text


async def test_a_thousand_faults_behind_a_blocked_channel_are_one_message(works: Works) -> None:
    dead = [(f"b-{n}", "offline") for n in range(1_000)]
    await works.pass_time(SETTLE_MS + 10_000, *dead[:500])
    await works.pass_time(EVERY_MS + SETTLE_MS + 10_000, *dead)
    message = await works.read()
    assert message.subject == "Devices: 1000 new faults, 0 over"
    assert message.text.count("off line") == MOST_FAULTS
    assert len(works.street.rows("SELECT * FROM fault_told")) == 1_000


async def test_a_technician_without_a_contact_is_told_when_there_is_one(
    street: Street, caplog: pytest.LogCaptureFixture
) -> None:
    works = Works(street)
    await works.pass_time(SETTLE_MS * 2, ("b-1", "offline"))
    assert works.waiting == []
    assert [record.message for record in caplog.records].count(
        "a technician without a contact"
    ) == 1
    street.edit(enter)
    await street.engine.reread(street.now)
    await works.pass_time(SETTLE_MS * 2, ("b-1", "offline"))
    assert "b-1" in (await works.read()).text
