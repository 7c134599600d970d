"""`lovebell notify test`: a message by the real way, and what each service answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from lovebell.clerk import fields_of
from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import group
from lovebell.commands.messaging import templates_of
from lovebell.domain.episode import What
from lovebell.domain.records import Line, Outgoing
from lovebell.notify.sender import (
    Answer,
    BadChannelError,
    Message,
    Secrets,
    Verdict,
    check_address,
    make_sender,
)
from lovebell.store import books as books_store
from lovebell.store import channels as store

if TYPE_CHECKING:
    from lovebell.domain.model import Books, Contact
    from lovebell.notify.templates import Templates


@group("notify", help="消息：试发。|Messages: a trial.")
def notify() -> None:
    """The group."""


@notify.command(
    "test",
    help="给一位响应人发测试消息，说出每个服务的答复；有一个没发成，退出码就是 1。"
    "|Send a test to a responder and say what each service answered; exit code 1 if any did not "
    "take it.",
)
@click.argument("responder_id", metavar="RESPONDER")
@click.option("--channel", "channel_name", help="只试这个渠道。|Try this channel only.")
@json_option
@pass_app
def test(app: App, responder_id: str, channel_name: str | None, as_json: bool) -> None:
    """Try the contacts of a responder."""
    templates = templates_of(app.settings)
    with app.store.reading() as connection:
        books = books_store.load_books(connection)
    books_store.responder_of(books, responder_id)
    if channel_name is not None:
        store.channel_of(books, channel_name)
    contacts = [
        one
        for one in books.contacts
        if one.responder == responder_id and channel_name in (None, one.channel)
    ]
    if not contacts:
        raise click.UsageError("nothing_to_try")
    answers = asyncio.run(_try(app, books, contacts, templates))
    with app.store.writing() as connection:
        lines = (_line(app.now(), *pair) for pair in zip(contacts, answers, strict=True))
        store.write_down(connection, lines)
    if as_json:
        print_json([_document(*pair) for pair in zip(contacts, answers, strict=True)])
    else:
        for one, answer in zip(contacts, answers, strict=True):
            app.say(f"tried_{answer.verdict}", channel=one.channel, said=answer.said or "-")
    if any(answer.verdict is not Verdict.SENT for answer in answers):
        click.get_current_context().exit(1)


def _document(contact: Contact, answer: Answer) -> dict[str, Any]:
    return {"channel": contact.channel, "verdict": answer.verdict, "said": answer.said}


def _line(now: int, contact: Contact, answer: Answer) -> Line:
    """A trial is tried once; what is not taken is given up."""
    what, reason = {
        Verdict.SENT: (What.MESSAGED, "said"),
        Verdict.REFUSED: (What.MESSAGE_REFUSED, "said"),
        Verdict.LATER: (What.MESSAGE_GIVEN_UP, "why"),
    }[answer.verdict]
    detail = {"channel": contact.channel, "message": "test", reason: answer.said}
    return Line(now, "", what.value, contact.responder, detail)


async def _try(
    app: App, books: Books, contacts: list[Contact], templates: Templates
) -> list[Answer]:
    return [await _send(app, books, contact, templates) for contact in contacts]


async def _send(app: App, books: Books, contact: Contact, templates: Templates) -> Answer:
    """Once, as the gateway would."""
    channel = books.channels[contact.channel]
    try:
        check_address(channel.kind, contact.address)
        sender = make_sender(channel.kind, channel.options, Secrets())
    except BadChannelError as why:
        return Answer(Verdict.REFUSED, why.say(app.language))
    now = app.now()
    key = f"test/{contact.responder}/{contact.channel}/{now}"
    outgoing = Outgoing(key, "", "test", contact.responder, contact.channel, 1, {}, now)
    person = books.responders[contact.responder].name
    fields = fields_of(outgoing, person, contact.language, str)
    subject, text = templates.fill("test", contact.language, fields)
    message = Message(key, "test", subject, text, "", fields | {"language": contact.language})
    try:
        return await sender.send(message, contact.address)
    finally:
        await sender.close()
