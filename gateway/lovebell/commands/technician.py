"""`lovebell technician`: the tokens by which technicians enrol boards over the network."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any, Final

import click

from lovebell.commands.app import App, json_option, pass_app, print_json, utc
from lovebell.commands.base import FilePath, group
from lovebell.commands.enrol import brokers_of, certificate_of
from lovebell.commands.enrolling import hash_of
from lovebell.domain.enrolment import ROLES, Place, Token
from lovebell.provision import authority, files
from lovebell.store import boards as store
from lovebell.store.errors import BooksError
from lovebell.story import clock_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HOUR_MS: Final = 3_600_000
#: 144 bits of chance.
TOKEN_BYTES: Final = 18
_MOST_BROKERS: Final = 4
_FILE = FilePath()


@group("technician", help="技术员：在线登记板子的令牌。|Technicians: tokens to enrol boards with.")
def technician() -> None:
    """The group."""


@technician.group("token", help="令牌：开、列出、吊销。|Tokens: make, list, revoke.")
def token() -> None:
    """The group."""


@token.command(
    "create",
    help="给技术员开一个令牌，只显示一次。|Make a token for a technician; it is shown only once.",
)
@click.option(
    "--who", required=True, metavar="NAME", help="给谁，必填。|Whose it is; must be given."
)
@click.option(
    "--kind",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    help="能做按钮还是门铃；默认都能。|What may be made; both unless given.",
)
@click.option(
    "--boards",
    type=click.IntRange(1, 1000),
    default=50,
    help="最多几块板子，默认 50。|For how many boards, else 50.",
)
@click.option(
    "--hours",
    type=click.IntRange(1, 720),
    default=24,
    help="几小时内有效，默认 24。|For how many hours, else 24.",
)
@click.option(
    "--renew",
    is_flag=True,
    help="别人做好的板子也能换密码。|It may renew the secrets of boards that others have set up.",
)
@click.option(
    "--broker",
    "hosts",
    multiple=True,
    help="板子连接的服务器，HOST 或 HOST:PORT，不能是 IPv6 地址，可多个；"
    "默认照服务器的证书。|Where boards find the broker, HOST or HOST:PORT, no IPv6 address, up to "
    "four; else what its certificate says.",
)
@click.option(
    "--ca",
    type=_FILE,
    help="所用证书的签发机构；默认 broker_folder 里的。|The authority of its certificate; else "
    "that in broker_folder.",
)
@click.option(
    "--no-tls",
    is_flag=True,
    help="板子不加密连接；只用于试验。|Boards connect without TLS; for trials only.",
)
@json_option
@pass_app
def create(
    app: App,
    who: str,
    roles: Sequence[str],
    boards: int,
    hours: int,
    renew: bool,
    hosts: Sequence[str],
    ca: Path | None,
    no_tls: bool,
    as_json: bool,
) -> None:
    """Make it; only its hash is kept."""
    if not app.settings.web_port:
        raise BooksError("no_web")
    folder = app.settings.broker_folder
    if folder is None:
        raise BooksError("no_rights_kept")
    place = _place(folder, hosts, ca, no_tls=no_tls)
    text = secrets.token_urlsafe(TOKEN_BYTES)
    now = app.now()
    wanted = tuple(role for role in ROLES if role in (roles or ROLES))
    made = Token(0, who, wanted, boards, now + hours * HOUR_MS, place, now, renew)
    with app.store.writing() as connection:
        n = store.make_token(connection, made, hash_of(text))
    if as_json:
        print_json({"n": n, "token": text, "who": who, "until": utc(made.until_ms)})
        return
    until = clock_time(made.until_ms)
    app.say("token_made", who=who, n=n, boards=boards, until=until)
    click.echo(text)


def _place(folder: Path, hosts: Sequence[str], ca: Path | None, *, no_tls: bool) -> Place:
    """Raises BooksError: bad_broker, board_ipv6, tls_or_not, bad_certificate, file,
    no_broker_folder, no_broker_port, plain_where."""
    if no_tls and ca is not None:
        raise BooksError("tls_or_not")
    if not hosts:
        if no_tls:  # which the broker's port for boards has
            raise BooksError("plain_where")
        try:
            found = authority.hosts_of((folder / "server.crt").read_bytes())
            port = files.port_of((folder / "mosquitto.conf").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise BooksError("no_broker_folder", path=str(folder)) from None
        if port is None:
            raise BooksError("no_broker_port", path=str(folder / "mosquitto.conf"))
        # The gateway itself may come by an IPv6 address, boards cannot.
        hosts = [f"{one}:{port}" for one in found if ":" not in one][:_MOST_BROKERS]
        if not hosts:
            raise BooksError("board_ipv6", text=", ".join(found))
    brokers = brokers_of(hosts, is_tls=not no_tls)
    certificate = b"" if no_tls else certificate_of(ca or folder / "ca.crt")
    where = tuple((one.host, one.port, one.tls) for one in brokers)
    return Place(where, base64.b64encode(certificate).decode())


def _document(app: App, one: Token, used: int) -> dict[str, Any]:
    return {
        "n": one.n,
        "who": one.who,
        "roles": list(one.roles),
        "boards": one.boards,
        "used": used,
        "renew": one.may_renew,
        "made": utc(one.made_ms),
        "until": utc(one.until_ms),
        "standing": _standing(app, one),
    }


def _standing(app: App, one: Token) -> str:
    if one.revoked_ms is not None:
        return "revoked"
    return "good" if app.now() < one.until_ms else "expired"


@token.command("list", help="列出令牌，不显示内容。|List the tokens, never what they say.")
@json_option
@pass_app
def list_tokens(app: App, as_json: bool) -> None:
    """List tokens."""
    with app.store.reading() as connection:
        found = store.tokens(connection)
    if as_json:
        print_json([_document(app, one, used) for one, used in found])
    elif not found:
        app.say("no_tokens")
    else:
        headings = ("token_who", "token_roles", "token_boards", "token_until", "token_standing")
        app.table(("n", *headings), (_row(app, one, used) for one, used in found))


def _row(app: App, one: Token, used: int) -> tuple[object, ...]:
    roles = app.text("comma").join(app.text(role) for role in one.roles)
    standing = app.text(f"token_{_standing(app, one)}")
    return one.n, one.who, roles, f"{used}/{one.boards}", clock_time(one.until_ms), standing


@token.command("revoke", help="吊销一个令牌。|Revoke a token.")
@click.argument("n", metavar="N", type=int)
@json_option
@pass_app
def revoke(app: App, n: int, as_json: bool) -> None:
    """Make a token useless."""
    with app.store.writing() as connection:
        gone = store.revoke_token(connection, n, app.now())
    if as_json:
        print_json({"revoked": n, "who": gone.who})
    else:
        app.say("token_is_revoked", n=n, who=gone.who)
