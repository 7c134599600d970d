"""The command `lovebell-tech`: puts the commands together and decides nothing."""

from __future__ import annotations

import io
import sys

import click

from lovebell_tools.bilingual import LANGUAGES, Group
from lovebell_tools.looking import boards, doctor, identify, logs, reset, verify
from lovebell_tools.producing import label, setup


@click.group(
    cls=Group,
    help="爱心门铃：技术员的工具，把板子做成按钮与门铃。|The love doorbell: a technician's tools, "
    "which make boards into buttons and chimes.",
)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    is_eager=True,
    help="说哪种语言。|The language to speak.",
)
def cli(language: str | None) -> None:
    """The root; the language is found again by language_of."""
    del language


for _command in (doctor, boards, setup, verify, logs, identify, reset, label):
    cli.add_command(_command)


def main() -> None:
    """The entry point. A terminal that cannot show Chinese gets question marks, not a trace."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli(prog_name="lovebell-tech")
