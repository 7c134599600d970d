"""`lovebell channel` and `lovebell contact`: by what services messages go, and whom they reach."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import group
from lovebell.domain.model import Channel, Contact
from lovebell.notify.sender import (
    MissingSecretError,
    Secrets,
    check_address,
    kinds,
    make_sender,
)
from lovebell.store import books as books_store
from lovebell.store import channels as store
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from lovebell.notify.sender import Option


@group("channel", help="渠道：消息经过的服务。|Channels: the services by which messages go.")
def channel() -> None:
    """The group."""


_SETTINGS: Any = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="OPTION=VALUE",
    help="一个选项，可写多次；密钥写 env:变量名 或 file:/路径。|An option; may be repeated. A "
    "secret is written env:NAME or file:/path.",
)


def _read(settings: tuple[str, ...]) -> dict[str, str]:
    """`--set a=b` as a mapping. Raises UsageError."""
    options: dict[str, str] = {}
    for text in settings:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise click.UsageError("option_is_value")
        options[name.strip()] = value.strip()
    return options


def _check(app: App, made: Channel) -> None:
    """Raises BadChannelError; a secret that only this machine lacks is a warning."""
    try:
        sender = make_sender(made.kind, made.options, Secrets())
    except MissingSecretError as why:
        click.echo(app.text("secret_missing", why=why.say(app.language)), err=True)
    else:
        asyncio.run(sender.close())


@channel.command("add", help="登记一个渠道。|Enter a channel.")
@click.argument("name", metavar="CHANNEL")
@click.option(
    "--kind",
    required=True,
    help="种类，必填；见 lovebell channel kinds。|Its kind; needed; see lovebell channel kinds.",
)
@_SETTINGS
@json_option
@pass_app
def add(app: App, name: str, kind: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Enter a channel."""
    made = Channel(name, kind, {key: value for key, value in _read(settings).items() if value})
    _check(app, made)
    with app.store.editing() as connection:
        store.add_channel(connection, made)
    _told(app, made, "entered", as_json)


@channel.command("edit", help="更改一个渠道的选项。|Change options of a channel.")
@click.argument("name", metavar="CHANNEL")
@_SETTINGS
@json_option
@pass_app
def edit(app: App, name: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Change options of a channel; an empty value takes one away."""
    if not settings:
        raise BooksError("no_change")
    with app.store.reading() as connection:
        before = store.channel_of(books_store.load_books(connection), name)
    options = {k: v for k, v in (dict(before.options) | _read(settings)).items() if v}
    made = Channel(name, before.kind, options)
    _check(app, made)
    with app.store.editing() as connection:
        store.edit_channel(connection, made)
    _told(app, made, "changed", as_json)


def _told(app: App, made: Channel, what: str, as_json: bool) -> None:
    if as_json:
        print_json(asdict(made))
    else:
        app.say(what, id=made.name, name=made.kind)


@channel.command("list", help="列出所有渠道。|List all channels.")
@json_option
@pass_app
def list_channels(app: App, as_json: bool) -> None:
    """List all channels."""
    with app.store.reading() as connection:
        books = books_store.load_books(connection)
    if as_json:
        print_json([asdict(one) for one in books.channels.values()])
    elif not books.channels:
        app.say("no_channels")
    else:
        rows = ((one.name, one.kind, _options(one)) for one in books.channels.values())
        app.table(("channel", "kind", "settings"), rows)


def _options(one: Channel) -> str:
    return " ".join(f"{name}={value}" for name, value in one.options.items())


@channel.command("remove", help="除名一个渠道。|Take a channel out.")
@click.argument("name", metavar="CHANNEL")
@json_option
@pass_app
def remove(app: App, name: str, as_json: bool) -> None:
    """Take a channel out of the books."""
    with app.store.editing() as connection:
        store.remove_channel(connection, name)
    if as_json:
        print_json({"removed": name})
    else:
        app.say("removed", id=name)


@channel.command(
    "kinds",
    help="有哪些种类的渠道，各有什么选项。|The kinds of channels there are, and their options.",
)
@json_option
@pass_app
def list_kinds(app: App, as_json: bool) -> None:
    """List the kinds."""
    column = 0 if app.language == "zh" else 1
    if as_json:
        print_json([_kind_document(kind.name, kind.options) for kind in kinds()])
        return
    for kind in kinds():
        click.echo(f"{kind.name}{app.text('colon')}{kind.about[column]}")
        click.echo(f"  {app.text('address')}{app.text('colon')}{kind.address[column]}")
        for option in kind.options:
            click.echo(f"  {option.name}{app.text('colon')}{_about(app, option, column)}")


def _kind_document(name: str, options: tuple[Option, ...]) -> dict[str, Any]:
    told = [
        {
            "name": option.name,
            "required": option.is_required,
            "secret": option.is_secret,
            "default": option.default,
        }
        for option in options
    ]
    return {"kind": name, "options": told}


def _about(app: App, option: Option, column: int) -> str:
    more = [
        app.text(name)
        for name, is_so in (("needed", option.is_required), ("a_secret", option.is_secret))
        if is_so
    ]
    if option.default:
        more.append(app.text("unless_given", value=option.default))
    about = option.about[column]
    return app.text("named", name=about, more=app.text("comma").join(more)) if more else about


# -- contacts --------------------------------------------------------------------------------


@group("contact", help="联系方式：响应人经哪个渠道联系。|Contacts: where responders are reached.")
def contact() -> None:
    """The group."""


@contact.command("add", help="登记一个联系方式。|Enter a contact.")
@click.argument("responder_id", metavar="RESPONDER")
@click.argument("channel_name", metavar="CHANNEL")
@click.argument("address", default="", required=False)
@click.option(
    "--language",
    type=click.Choice(["zh", "en"]),
    default="zh",
    help="消息用哪种语言；默认中文。|The language of messages; zh unless given.",
)
@click.option(
    "--rank",
    type=int,
    default=1,
    help="次序，小的先发；默认 1。|Rank: the lowest is sent first; 1 unless given.",
)
@json_option
@pass_app
def add_contact(
    app: App,
    responder_id: str,
    channel_name: str,
    address: str,
    language: str,
    rank: int,
    as_json: bool,
) -> None:
    """Enter a contact."""
    made = Contact(responder_id, channel_name, address.strip(), language, rank)
    with app.store.reading() as connection:
        kind = store.channel_of(books_store.load_books(connection), channel_name).kind
    check_address(kind, made.address)
    with app.store.editing() as connection:
        store.add_contact(connection, made)
    if as_json:
        print_json(asdict(made))
    else:
        app.say("contact_entered", responder=responder_id, channel=channel_name)


@contact.command("list", help="列出联系方式。|List contacts.")
@click.option("--responder", "responder_id", help="只要这位响应人的。|Those of one responder.")
@json_option
@pass_app
def list_contacts(app: App, responder_id: str | None, as_json: bool) -> None:
    """List contacts."""
    with app.store.reading() as connection:
        books = books_store.load_books(connection)
    if responder_id is not None:
        books_store.responder_of(books, responder_id)
    found = [one for one in books.contacts if responder_id in (None, one.responder)]
    if as_json:
        print_json([asdict(one) for one in found])
    elif not found:
        app.say("no_contacts")
    else:
        rows = (
            (
                *(one.responder, books.responders[one.responder].name),
                *(one.channel, one.address, one.language, one.rank),
            )
            for one in found
        )
        app.table(("responder", "name", "channel", "address", "language", "rank"), rows)


@contact.command("remove", help="除去一个联系方式。|Take a contact out.")
@click.argument("responder_id", metavar="RESPONDER")
@click.argument("channel_name", metavar="CHANNEL")
@json_option
@pass_app
def remove_contact(app: App, responder_id: str, channel_name: str, as_json: bool) -> None:
    """Take a contact out of the books."""
    with app.store.editing() as connection:
        store.remove_contact(connection, responder_id, channel_name)
    if as_json:
        print_json({"removed": [responder_id, channel_name]})
    else:
        app.say("contact_removed", responder=responder_id, channel=channel_name)
