"""Those who have no chime, or are not at home: the messages of an episode, on a real database.

The services are played by hand here; real ones stand in `tests/notify`.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import pytest
from stories.street import until

from lovebell.clerk import Clerk
from lovebell.domain.messages import REMIND_MS
from lovebell.domain.model import Channel, Community, Contact, Group, Responder
from lovebell.notify.templates import load
from lovebell.store import books, channels, pairs, privacy, roster
from lovebell.tickets import Tickets

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from stories.street import Street

    from lovebell.domain.records import Batch, Outgoing
    from lovebell.notify.sender import Message

PAGE = "https://bell.example"


class Services:
    """What waits at the services, and what they answer."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.came: list[Outgoing] = []
        numbers = itertools.count(1)
        self.tickets = Tickets(
            street.engine,
            street.store.ticket,
            lambda: f"token-{next(numbers)}-" + "x" * 16,
            lambda: street.now,
            PAGE,
        )
        self.clerk = Clerk(street.engine, load(), self.tickets, lambda: street.now)
        street.engine.mail.post = lambda one: self.came.append(one)

    @property
    def seen(self) -> list[str]:
        """What has come since the last look."""
        came, self.came = self.came, []
        return [f"{one.kind} {one.responder} {one.channel}" for one in came]

    def waiting(self, responder: str) -> Outgoing:
        """The message to a responder that has not left."""
        (one,) = [
            one for one in self.street.engine.mail.waiting.values() if one.responder == responder
        ]
        return one

    async def takes(self, responder: str) -> None:
        """The service takes the message to this responder."""
        self.clerk.sent(self.waiting(responder), "OK")
        await self.street.settle()

    async def refuses(self, responder: str) -> None:
        """The service refuses it for good."""
        self.clerk.dropped(self.waiting(responder), "wrong token", refused=True)
        await self.street.settle()

    async def read(self, responder: str) -> Message:
        """What stands in it."""
        one = self.waiting(responder)
        contact = self.clerk.contact(one)
        assert contact is not None
        message = await self.clerk.compose(one, contact)
        await self.street.settle()
        return message


def enter(connection: Connection) -> None:
    """The neighbour has a chat as well as a chime, the daughter only a telephone, the desk both."""
    books.add_responder(connection, Responder("r-daughter", "示例女儿"))
    pairs.pair(connection, "r-daughter", "h-1", 2, 1)
    for name in ("sms", "chat"):
        channels.add_channel(connection, Channel(name, "webhook", {}))
    for contact in (
        Contact("r-neighbour", "chat", "n@example"),
        Contact("r-daughter", "sms", "000", "en"),
        Contact("r-desk", "chat", "desk"),
    ):
        channels.add_contact(connection, contact)


@pytest.fixture
async def services(street: Street) -> Services:
    street.edit(enter)
    await street.engine.reread(street.now)
    return Services(street)


async def to_step_two(street: Street) -> None:
    await street.press()
    await street.forward(45)


async def test_from_the_second_step_on_everybody_called_gets_a_message_as_well(
    street: Street, services: Services
) -> None:
    await street.press()
    assert services.seen == []
    await street.forward(45)
    assert services.seen == ["call r-daughter sms", "call r-neighbour chat"]
    assert street.sounding == {"c-paired", "c-neighbour"}


async def test_whoever_has_no_chime_gets_a_message_from_the_first_step_on(
    street: Street, services: Services
) -> None:
    street.edit(lambda c: pairs.pair(c, "r-daughter", "h-1", 1, 2))
    await street.engine.reread(street.now)
    await street.press()
    assert services.seen == ["call r-daughter sms"]


async def test_a_message_is_on_disk_with_its_episode_and_gone_when_its_fate_is_on_record(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    assert len(street.rows("SELECT * FROM message")) == 2
    await services.takes("r-daughter")
    assert [row.responder for row in street.rows("SELECT * FROM message")] == ["r-neighbour"]
    assert street.record()[-1] == "messaged"


async def test_when_somebody_comes_those_who_were_asked_are_told_and_again_when_it_is_over(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    await services.takes("r-daughter")
    assert len(services.seen) == 2
    await street.answer("c-neighbour")
    assert services.seen == ["coming r-daughter sms"]  # the neighbour knows that he is coming
    message = await services.read("r-daughter")
    assert message.subject == "Somebody is coming: 示例路 1 号 示例奶奶"
    assert "示例大哥 is on the way" in message.text
    assert message.link == ""
    await services.takes("r-daughter")
    await street.command("resolve", street.rows("SELECT id FROM episode")[0][0], outcome="helped")
    assert sorted(services.seen) == ["resolved r-daughter sms", "resolved r-neighbour chat"]


async def test_a_call_that_has_not_left_when_somebody_comes_is_replaced_and_that_is_on_record(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    old = services.waiting("r-daughter")
    await street.answer("c-neighbour")
    assert not services.clerk.is_wanted(old)
    assert services.waiting("r-daughter").kind == "coming"
    assert "message_given_up" in street.record()
    # The old one had left all the same, and its answer comes now.
    services.clerk.sent(old, "OK")
    await street.settle()
    assert services.waiting("r-daughter").kind == "coming"
    assert street.record()[-1] == "messaged"


async def test_a_call_to_whoever_comes_by_chime_is_not_sent_any_more(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    old = services.waiting("r-neighbour")
    await street.answer("c-neighbour")
    assert services.clerk.contact(old) is not None
    assert not services.clerk.is_wanted(old)
    services.clerk.dropped(old, "replaced", refused=False)
    await street.settle()
    assert [one.responder for one in street.engine.mail.waiting.values()] == ["r-daughter"]


async def test_whoever_was_told_that_somebody_comes_is_asked_again_when_nobody_came(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    await services.takes("r-daughter")
    await services.takes("r-neighbour")
    await street.answer("c-paired")
    await services.takes("r-daughter")
    services.came.clear()
    await street.forward(601)
    assert "expired" in street.record()
    assert {"call r-daughter sms", "call r-neighbour chat"} <= set(services.seen)


async def alone(street: Street, *people: str) -> None:
    """The home has only a step for these, and then the desk."""

    def edit(connection: Connection) -> None:
        steps = pairs.read_steps([f"{','.join(people)} 10min", "desk 60s"])
        pairs.set_plan(connection, "h-1", steps)

    street.edit(edit)
    await street.engine.reread(street.now)


async def test_a_step_that_has_only_contacts_counts_as_reaching_somebody(
    street: Street, services: Services
) -> None:
    await alone(street, "r-daughter")
    await street.press()
    assert services.seen == ["call r-daughter sms"]
    assert "nobody" not in street.record()
    await services.takes("r-daughter")
    await street.forward(599)
    assert street.sounding == set()
    await street.forward(1)
    assert street.sounding == {"c-desk"}


async def test_whoever_is_meant_twice_in_a_step_is_asked_once_by_each_of_their_contacts(
    street: Street, services: Services
) -> None:
    street.edit(
        lambda c: channels.add_contact(c, Contact("r-daughter", "chat", "d@example", rank=2)),
        lambda c: roster.set_group(c, Group("g-kin", "家人", ("r-daughter", "r-neighbour"))),
    )
    await alone(street, "r-daughter", "g-kin", "neighbours")
    await street.press()
    assert services.seen == ["call r-daughter sms", "call r-daughter chat"]
    await street.forward(60)
    assert services.seen == []


async def test_a_step_whose_only_message_is_refused_is_passed_at_once(
    street: Street, services: Services
) -> None:
    await alone(street, "r-daughter")
    await street.press()
    await services.refuses("r-daughter")
    assert street.sounding == {"c-desk"}
    record = street.record()
    assert record.index("message_refused") < record.index("passed")


async def test_a_refused_message_passes_no_step_in_which_a_chime_rings(
    street: Street, services: Services
) -> None:
    await alone(street, "r-daughter", "r-paired")
    await street.press()
    await services.refuses("r-daughter")
    assert "passed" not in street.record()
    assert street.sounding == {"c-paired"}


async def test_a_chime_that_does_not_answer_passes_no_step_in_which_a_message_may_arrive(
    street: Street, services: Services
) -> None:
    street.dead.add("c-paired")
    await alone(street, "r-daughter", "r-paired")
    await street.press()
    await street.forward(5)
    assert "missed" in street.record()
    assert "passed" not in street.record()
    await services.refuses("r-daughter")
    assert "passed" in street.record()


async def test_the_last_step_reminds_now_and_then_and_does_not_flood(
    street: Street, services: Services
) -> None:
    await alone(street, "r-daughter")
    await street.press()
    await services.refuses("r-daughter")
    asked = 0
    for _ in range(10):  # ten minutes of a step of a minute
        await street.forward(60)
        asked += services.seen.count("call r-desk chat")
    assert asked == 600_000 // REMIND_MS + 1


async def test_the_last_step_reminds_those_of_the_steps_before_it_as_well(
    street: Street, services: Services
) -> None:
    await alone(street, "r-daughter")
    await street.press()
    await services.takes("r-daughter")
    await street.forward(600)
    assert services.waiting("r-daughter").serial == 2
    await services.takes("r-daughter")
    services.came.clear()
    await street.forward(300)
    assert [one.serial for one in services.came if one.responder == "r-daughter"] == [3]


async def test_whoever_was_asked_hears_that_it_is_over_though_a_reminder_was_refused(
    street: Street, services: Services
) -> None:
    await alone(street, "r-daughter")
    await street.press()
    await services.takes("r-daughter")
    await street.forward(600)
    await services.refuses("r-daughter")
    services.came.clear()
    await street.command("resolve", street.rows("SELECT id FROM episode")[0][0], outcome="helped")
    assert "resolved r-daughter sms" in services.seen


async def test_a_contact_that_is_entered_anew_during_an_episode_is_asked_at_once(
    street: Street, services: Services
) -> None:
    await alone(street, "r-daughter")
    await street.press()
    await services.takes("r-daughter")  # but the number was somebody else's
    street.edit(lambda c: channels.remove_contact(c, "r-daughter", "sms"))
    await street.engine.reread(street.now)
    services.came.clear()
    street.edit(lambda c: channels.add_contact(c, Contact("r-daughter", "sms", "13800000001")))
    await street.engine.reread(street.now)
    await street.settle()
    assert services.seen == ["call r-daughter sms"]
    assert services.waiting("r-daughter").serial == 2


async def test_a_test_press_sends_no_message(street: Street, services: Services) -> None:
    await alone(street, "r-daughter")
    await street.press(kind="test")
    await street.forward(60)
    assert services.seen == []


async def test_what_the_elder_takes_back_is_taken_back_from_those_who_were_asked(
    street: Street, services: Services
) -> None:
    await alone(street, "r-daughter")
    await street.press()
    await services.takes("r-daughter")
    services.came.clear()
    await street.press(kind="cancel")
    assert services.seen == ["resolved r-daughter sms"]


async def test_a_contact_entered_during_an_episode_is_asked_at_once(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    services.came.clear()
    street.edit(lambda c: channels.add_contact(c, Contact("r-paired", "sms", "001")))
    await street.engine.reread(street.now)
    await street.settle()
    assert services.seen == ["call r-paired sms"]
    assert "contacts_changed" in street.record()


async def test_a_message_does_not_wait_for_a_disk_that_takes_no_writing(
    street: Street, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lovebell.writer.RETRY_S", 0)
    await alone(street, "r-daughter")
    tries, save = list[object](), street.store.save

    async def counted(batch: Batch) -> None:
        tries.append(batch)
        await save(batch)

    monkeypatch.setattr(street.store, "save", counted)
    writing = asyncio.create_task(street.engine.writer.write())
    street.store.broken = True
    street.send("b-1", "press", id="p-1", kind="call", age_ms=0)
    await until(lambda: len(tries) > 5)
    assert services.seen == ["call r-daughter sms"]  # once, however often the disk is tried
    services.clerk.dropped(services.waiting("r-daughter"), "wrong token", refused=True)
    assert "c-desk" in street.sounding  # the step was passed
    assert services.seen == ["call r-desk chat"]
    assert street.rows("SELECT * FROM message") == []
    street.store.broken = False
    await until(lambda: not street.engine.writer.trouble)
    assert services.seen == []
    assert [row.responder for row in street.rows("SELECT * FROM message")] == ["r-desk"]
    services.clerk.sent(services.waiting("r-desk"), "OK")
    await until(lambda: not street.engine.mail.waiting)
    assert street.rows("SELECT * FROM message") == []
    record = street.record()
    assert record.index("message_refused") < record.index("passed") < record.index("messaged")
    writing.cancel()


async def test_after_a_power_cut_what_had_not_left_waits_still(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    await services.takes("r-neighbour")
    await street.power_cut()
    await street.power_up()
    again = Services(street)
    assert again.waiting("r-daughter").kind == "call"
    await again.takes("r-daughter")
    assert street.rows("SELECT * FROM message") == []


async def test_of_an_episode_without_people_nothing_is_sent_and_nothing_new_written(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    await street.command("resolve", street.rows("SELECT id FROM episode")[0][0], outcome="helped")
    await street.forward(120)
    left = services.waiting("r-daughter")
    street.edit(lambda c: privacy.anonymise(c, privacy.Scope(home="h-1"), street.now))
    lines = len(street.record())
    assert not services.clerk.is_wanted(left)
    services.clerk.dropped(left, "replaced", refused=False)
    await street.settle()
    assert len(street.record()) == lines
    assert "r-daughter" not in str(street.rows("SELECT * FROM event"))


async def test_a_restart_knows_what_went_by_which_channel_just_before(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    await services.takes("r-daughter")
    sent_at = street.now
    street.now += 30_000
    await services.refuses("r-neighbour")
    await street.power_cut()
    await street.power_up()
    assert street.store.sent_since(sent_at) == [("sms", sent_at), ("chat", sent_at + 30_000)]
    assert street.store.sent_since(sent_at + 1) == [("chat", sent_at + 30_000)]


async def test_a_call_that_is_repeated_has_waited_since_the_first(
    street: Street, services: Services
) -> None:
    await alone(street, "r-daughter")
    await street.press()
    await services.refuses("r-daughter")
    begun = street.now
    await street.forward(600)
    waiting = services.waiting("r-desk")
    assert waiting.created_ms > begun + 300_000
    assert street.engine.mail.unsent(begun + 1) == {"chat": 1}
    await services.takes("r-desk")
    await services.takes("r-daughter")
    assert street.engine.mail.unsent(street.now) == {}


async def test_a_message_says_where_to_go_and_leads_to_a_page_and_no_more(
    street: Street, services: Services
) -> None:
    street.edit(lambda c: books.edit_home(c, "h-1", phone="000-1", notes="heart trouble"))
    await to_step_two(street)
    message = await services.read("r-neighbour")
    assert message.subject == "求助：示例路 1 号 示例奶奶"
    assert "示例大哥" in message.text
    assert message.link.startswith(f"{PAGE}/a/token-")
    told = f"{message}"
    assert "heart" not in told
    assert "000-1" not in told
    assert message == await services.read("r-neighbour")  # the same in every try


async def test_a_message_tells_the_time_as_the_clocks_of_the_home_show_it(
    street: Street, services: Services
) -> None:
    await to_step_two(street)  # the press was at 08:00 UTC
    for zone, told in (("Asia/Shanghai", "16:00"), ("America/St_Johns", "04:30")):

        def edit(connection: Connection, zone: str = zone) -> None:
            name = zone.lower().replace("/", "-").replace("_", "-")
            roster.add_community(connection, Community(name, "示例社区", zone))
            books.edit_home(connection, "h-1", community=name)

        street.edit(edit)
        await street.engine.reread(street.now)
        assert told in (await services.read("r-daughter")).text


# -- the link ------------------------------------------------------------------------------------


async def token_of(services: Services, responder: str) -> str:
    return (await services.read(responder)).link.rpartition("/")[2]


async def test_looking_at_a_link_acknowledges_nothing_and_using_it_does(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    token = await token_of(services, "r-daughter")
    for _ in range(5):  # a chat program's preview, a virus scanner
        seen = services.tickets.look(token)
        assert seen is not None
        assert seen.stage == "open"
    assert street.sounding == {"c-paired", "c-neighbour"}
    await use(street, services, token)
    assert street.sounding == set()
    assert street.lamp() == "coming"
    (line,) = street.rows("SELECT who, detail FROM event WHERE what = 'acknowledged'")
    assert line.who == "r-daughter"
    assert "@link" in line.detail


async def use(street: Street, services: Services, token: str) -> str:
    """Press the button of the page; what it shows then."""
    using = asyncio.ensure_future(services.tickets.use(token))
    async with asyncio.timeout(60):
        while not using.done():
            await asyncio.sleep(0)
            await street.settle()
    visit = using.result()
    return "" if visit is None else visit.stage.value


async def test_while_there_are_no_pages_no_message_leads_to_one(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    services.tickets.pages(False)
    assert (await services.read("r-daughter")).link == ""
    services.tickets.pages(True)
    assert (await services.read("r-neighbour")).link != ""


async def test_a_link_works_once(street: Street, services: Services) -> None:
    await to_step_two(street)
    token = await token_of(services, "r-daughter")
    assert await use(street, services, token) == "yours"
    assert await use(street, services, token) == "yours"
    assert street.record().count("acknowledged") == 1
    await street.forward(601)  # nobody came, it rings again
    assert await use(street, services, token) == "used"
    assert street.record().count("acknowledged") == 1


async def test_a_second_responder_is_told_who_is_coming_and_may_come_too(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    first = await token_of(services, "r-daughter")
    second = await token_of(services, "r-neighbour")
    await use(street, services, first)
    seen = services.tickets.look(second)
    assert seen is not None
    assert (seen.stage, seen.who, seen.may_acknowledge) == ("other", "示例女儿", True)
    assert await use(street, services, second) == "yours"
    assert "also_acknowledged" in street.record()


async def test_a_link_ends_with_its_episode_and_after_a_day(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    token = await token_of(services, "r-daughter")
    street.now += 86_400_000
    assert services.tickets.look(token) is None
    street.now -= 86_400_000
    episode = street.rows("SELECT id FROM episode")[0][0]
    await street.command("resolve", episode, outcome="helped")
    assert await use(street, services, token) == "over"
    seen = services.tickets.look(token)
    assert seen is not None
    assert seen.home == ""  # it is nobody's business any more where it was


async def test_a_link_outlives_a_restart_and_its_words_stand_nowhere_on_disk(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    token = await token_of(services, "r-daughter")
    await street.power_cut()
    await street.power_up()
    again = Services(street)
    assert await use(street, again, token) == "yours"
    for path in street.path.parent.iterdir():
        assert token.encode() not in path.read_bytes()


async def test_whoever_has_been_taken_out_of_the_books_silences_nothing(
    street: Street, services: Services
) -> None:
    await to_step_two(street)
    token = await token_of(services, "r-daughter")

    def edit(connection: Connection) -> None:
        pairs.unpair(connection, "r-daughter", "h-1", street.now)
        books.remove_responder(connection, "r-daughter")

    street.edit(edit)
    await street.engine.reread(street.now)
    assert await use(street, services, token) == ""
    assert street.sounding == {"c-paired", "c-neighbour"}


async def test_a_disk_that_fails_keeps_no_responder_waiting(
    street: Street, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await to_step_two(street)
    token = await token_of(services, "r-daughter")
    monkeypatch.setattr("lovebell.tickets.DISK_S", 0)
    visit = await services.tickets.use(token)
    assert visit is not None
    assert visit.stage == "yours"
    await street.settle()


async def test_who_was_asked_by_message_and_goes_to_another_home_is_not_waited_for(
    street: Street,
) -> None:
    def enter(connection: Connection) -> None:
        books.add_responder(connection, Responder("r-far", "示例远亲"))
        channels.add_channel(connection, Channel("mail-1", "webhook", {}))
        channels.add_contact(connection, Contact("r-far", "mail-1", "far@example.test"))
        books.add_home(connection, books.Home("h-2", "示例爷爷"))
        pairs.pair(connection, "b-lost", "h-2", None, street.now)
        for home in ("h-1", "h-2"):
            pairs.set_plan(connection, home, pairs.read_steps(["r-far 1h", "desk 60s"]))

    street.edit(enter)
    await street.engine.reread(street.now)
    await street.press(press_id="p-1")
    await street.press("b-lost", press_id="p-2")
    assert street.sounding == set()
    await street.command("acknowledge", "b-1.p-1", "r-far")
    assert street.ringing["c-desk"] == {"b-lost.p-2"}
    assert "passed_busy" in street.record("b-lost.p-2")
