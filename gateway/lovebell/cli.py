"""The command `lovebell`: puts the commands together and decides nothing."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click

from lovebell import __version__
from lovebell.commands.app import App, Edge
from lovebell.commands.away import away
from lovebell.commands.backup import backup, restore
from lovebell.commands.base import Root
from lovebell.commands.broker import broker
from lovebell.commands.channels import channel, contact
from lovebell.commands.communities import community
from lovebell.commands.demo import demo
from lovebell.commands.devices import device
from lovebell.commands.drills import test, tests
from lovebell.commands.enrol import enrol
from lovebell.commands.episodes import episode, episodes
from lovebell.commands.events import events
from lovebell.commands.export import export
from lovebell.commands.faults import fault, faults, rollcall
from lovebell.commands.figures import figures
from lovebell.commands.firmware import firmware
from lovebell.commands.groups import groups
from lovebell.commands.health import health
from lovebell.commands.holidays import holiday
from lovebell.commands.homes import home
from lovebell.commands.notify import notify
from lovebell.commands.outcomes import outcome
from lovebell.commands.pairing import pair, pairings, unpair
from lovebell.commands.plans import plan
from lovebell.commands.privacy import erase_home, export_home, retain
from lovebell.commands.recover import recover
from lovebell.commands.responders import responder
from lovebell.commands.rotas import rota
from lovebell.commands.serve import serve
from lovebell.commands.technician import technician


@click.group(
    cls=Root,
    help="爱心门铃：独居老人按铃，邻居家门铃响，直到有人应答。|The love doorbell: a lone elder "
    "presses, a neighbour's chime rings, until a human has answered.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    is_eager=True,
    help="设置文件。|The configuration file.",
)
@click.option(
    "--language",
    type=click.Choice(["zh", "en"]),
    is_eager=True,
    help="说哪种语言。|The language to speak.",
)
@click.version_option(__version__, message="lovebell %(version)s", help="版本。|The version.")
@click.pass_context
def cli(context: click.Context, config: Path | None, language: str | None) -> None:
    """The root."""
    edge = context.obj if isinstance(context.obj, Edge) else Edge()
    context.obj = App(config, language, edge)


for _command in (
    serve,
    broker,
    demo,
    home,
    responder,
    device,
    pair,
    unpair,
    pairings,
    channel,
    contact,
    notify,
    plan,
    community,
    groups,
    rota,
    holiday,
    away,
    episodes,
    episode,
    events,
    figures,
    outcome,
    export,
    retain,
    backup,
    restore,
    faults,
    fault,
    rollcall,
    health,
    firmware,
    tests,
    test,
    technician,
):
    cli.add_command(_command)
device.add_command(enrol)
device.add_command(recover)
home.add_command(export_home)
home.add_command(erase_home)


def main() -> None:
    """The entry point. A terminal that cannot show Chinese gets question marks, not a trace."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli(prog_name="lovebell")
