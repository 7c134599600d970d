"""The gateway finds out what is wrong with itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lovebell.auditor import Auditor
from lovebell.domain.faults import Word
from lovebell.domain.health import MESSAGE_STUCK_MS, findings
from lovebell.domain.records import Batch, DamagedError, DiskError, Outgoing
from lovebell.store.access import OperatorStore
from lovebell.store.watch import look
from lovebell.writer import Work

if TYPE_CHECKING:
    from stories.street import Street


@pytest.fixture
def auditor(street: Street) -> Auditor:
    air, folder = street.air, street.path.parent
    return Auditor(street.engine, street.warden, lambda: air.is_up, folder, lambda: "FILE")


def audit(street: Street, auditor: Auditor) -> list[str]:
    found = [finding.code for finding in auditor.audit(street.now)]
    street.warden.tick(street.now)
    return found


def own_faults(street: Street) -> list[str]:
    return [row[0] for row in street.rows("SELECT word FROM fault WHERE closed_ms IS NULL")]


async def test_a_gateway_that_works_finds_nothing(street: Street, auditor: Auditor) -> None:
    await street.press()
    await street.forward(3600)
    assert audit(street, auditor) == []


async def test_a_disk_that_takes_no_writing_is_cried_out_and_on_record_when_it_is_well(
    street: Street, auditor: Auditor, caplog: pytest.LogCaptureFixture
) -> None:
    street.engine.writer.failure = DiskError("database or disk is full")
    assert audit(street, auditor) == ["disk"]
    assert audit(street, auditor) == ["disk"]
    assert [record.getMessage() for record in caplog.records] == ["not well"]
    await street.settle()
    assert own_faults(street) == ["disk"]
    assert audit(street, auditor) == []
    await street.settle()
    assert own_faults(street) == []


async def test_a_database_that_cannot_be_read_is_told_as_such_and_is_the_disks_fault(
    street: Street, auditor: Auditor
) -> None:
    street.engine.unread = DamagedError("database disk image is malformed")
    assert audit(street, auditor) == ["damaged"]
    assert auditor.disk == "damaged database disk image is malformed"
    assert audit(street, auditor) == ["damaged"]
    await street.settle()
    assert own_faults(street) == ["disk"]
    street.engine.unread = None
    assert audit(street, auditor) == []
    assert auditor.disk == ""


async def test_a_call_that_has_gone_through_its_plan_and_reaches_nobody_is_cried_out(
    street: Street, auditor: Auditor
) -> None:
    street.dead = {"c-paired", "c-neighbour", "c-desk"}
    await street.press()
    assert audit(street, auditor) == []  # nobody knows it yet
    await street.forward(30)
    assert audit(street, auditor) == ["unreached"]
    street.dead.clear()
    await street.forward(20)
    assert audit(street, auditor) == []


async def test_rights_that_the_broker_does_not_take_are_a_fault_and_found_by_an_operator(
    street: Street, auditor: Auditor
) -> None:
    street.warden.mark(Word.RIGHTS, True, street.now)
    assert audit(street, auditor) == ["rights"]
    await street.settle()
    assert own_faults(street) == ["rights"]
    store = OperatorStore(street.path)
    with store.reading() as connection:
        seen = look(connection, street.now, runs=True, free_mb=5000)
    store.close()
    assert [finding.code for finding in findings(seen)] == ["rights"]
    street.warden.mark(Word.RIGHTS, False, street.now)
    assert audit(street, auditor) == []
    await street.settle()
    assert own_faults(street) == []


async def test_a_deadline_that_nobody_keeps_is_a_fault(street: Street, auditor: Auditor) -> None:
    await street.press()
    street.now += 60_000  # the task that keeps deadlines hangs
    assert audit(street, auditor) == ["overdue"]
    await street.settle()
    assert own_faults(street) == ["overdue"]
    await street.forward(1)
    assert audit(street, auditor) == []


async def test_a_letter_that_does_not_leave_is_a_fault_only_while_there_is_a_broker(
    street: Street, auditor: Auditor
) -> None:
    street.air.is_up = False
    await street.press()
    await street.forward(61)
    assert audit(street, auditor) == ["unreached", "broker"]
    street.air.is_up = True
    assert audit(street, auditor) == ["unreached", "outbox"]
    await street.broker_back()
    assert audit(street, auditor) == []


async def test_a_message_that_does_not_leave_is_found_by_channel_and_by_an_operator(
    street: Street, auditor: Auditor
) -> None:
    old = Outgoing("k", "", "fault", "r-1", "sms", 1, {"opened": [], "closed": []}, street.now)
    street.engine.queue(Work(street.now, batch=Batch(messages={"k": old})))
    await street.settle()
    street.now += MESSAGE_STUCK_MS
    assert audit(street, auditor) == []
    street.now += 1
    assert audit(street, auditor) == ["messages"]
    (finding,) = auditor.look(street.now)
    assert finding.needs == {"n": 1, "channels": "sms"}
    await street.settle()
    assert own_faults(street) == ["messages"]
    store = OperatorStore(street.path)
    with store.reading() as connection:
        seen = look(connection, street.now, runs=True, free_mb=1_000)
    store.close()
    assert findings(seen) == [finding]
    street.engine.queue(Work(street.now, batch=Batch(settled=[old])))
    await street.settle()
    assert audit(street, auditor) == []
