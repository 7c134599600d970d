"""What `setup` does with a gateway that it can reach: options, the token, and what is told.

Owns the asking and the telling. What goes over the line stands in gateway.py.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lovebell_tools import words
from lovebell_tools.board import BoardError
from lovebell_tools.gateway import Gateway
from lovebell_tools.options import FILE, language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lovebell_tools.crew import Done
    from lovebell_tools.ledger import Ledger

_F = TypeVar("_F", bound="Callable[..., Any]")


def gateway_options(function: _F) -> _F:
    """Give a command --gateway, --gateway-ca and --token-file. A token is no option: what is
    typed in a command can be read by every program of the laptop."""
    for option in (
        click.option(
            "--token-file",
            type=FILE,
            help="装着令牌的文件；不给就问，或用环境变量 TECHNICIAN_TOKEN。|A file with the token; "
            "without it you are asked, or TECHNICIAN_TOKEN in the environment answers.",
        ),
        click.option(
            "--gateway-ca",
            type=FILE,
            help="网关证书的签发机构；默认用系统的。|The authority of the gateway's certificate; "
            "else those of this system.",
        ),
        click.option(
            "--gateway",
            help="网关的网址：在线登记，不用身份包。|The gateway's address: enrol over the "
            "network, without a bundle.",
        ),
    ):
        function = option(function)
    return function


def gateway_at(url: str, ca: Path | None, token_file: Path | None) -> Gateway:
    """The gateway, and the token for it. Raises BoardError."""
    Gateway(url, "x", ca)  # a wrong address is told before anybody types a secret
    return Gateway(url, _token(token_file), ca)


def _token(path: Path | None) -> str:
    if path is not None:
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as why:
            said = why.strerror if isinstance(why, OSError) else why
            raise BoardError("no_token_file", path=path, why=said) from None
    told = os.environ.get("TECHNICIAN_TOKEN")
    if told is not None:
        return told.strip()
    said = words.say(language(), "token")
    return str(click.prompt(said, hide_input=True, err=True)).strip()


def tell_gateway(
    gateway: Gateway, ledger: Ledger | None, done: Sequence[Done], heard: Mapping[str, bool]
) -> None:
    """How the setting-up ended, or what of a bundle was given out. What cannot be told changes
    nothing for the boards."""
    spoken = language()
    for made in [one.made for one in done if one.made is not None and ledger is None]:
        try:
            sounded = heard.get(made.device)
            gateway.result(made.mac, made.reservation, made.proof, sounded)
        except BoardError as why:
            said = words.of_error(spoken, why)
            click.echo(words.say(spoken, "not_recorded", device=made.device, why=said), err=True)
    if ledger is None:
        return
    try:
        twice = gateway.given(ledger.given())
    except BoardError as why:
        said = words.of_error(spoken, why)
        click.echo(words.say(spoken, "not_told", why=said), err=True)
        return
    for device, macs in twice.items():
        text = words.say(spoken, "used_twice", device=device, macs=", ".join(map(str, macs)))
        click.echo(text, err=True)
