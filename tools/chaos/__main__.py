"""`python -m chaos`: everything goes wrong, and a checker looks whether a press was lost.

Reads the options; does nothing itself.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

import click

from chaos import report
from chaos.host import CompilerMissingError
from chaos.run import Limit, run
from simulator import ending
from simulator.gateway import GatewayError
from simulator.mosquitto import BrokerMissingError
from simulator.numbers import Hours, Whole

# On the repository's own disk: /tmp is often memory, where keeping a press costs nothing.
FOLDER = Path(__file__).parents[2] / "build" / "chaos"
KNOWN = (BrokerMissingError, CompilerMissingError, GatewayError)


@click.command()
@click.option(
    "--seed",
    type=Whole(0),
    envvar="SEED",
    show_envvar=True,
    help="Play the faults of that run again.",
)
@click.option(
    "--hours",
    type=Hours(),
    envvar="CHAOS_HOURS",
    show_envvar=True,
    default=1 / 6,
    show_default="ten minutes",
    help="For how long phases begin.",
)
@click.option(
    "--kills",
    type=Whole(1),
    envvar="KILLS",
    show_envvar=True,
    help="Nothing but kill -9 of gateway and broker, and power cuts of boards: so many.",
)
def main(seed: int | None, hours: float, kills: int | None) -> None:
    """Break everything, again and again, and look whether a press was lost."""
    if seed is None:
        seed = random.SystemRandom().randrange(1, 10**6)
    click.echo(f"SEED={seed}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{seed}-", dir=FOLDER))
    try:
        limit = Limit(hours * 3600, kills or 0)
        found = ending.run(run(folder, seed, limit, click.echo))
    except KNOWN as why:
        raise click.ClickException(str(why)) from why
    except SystemExit:
        shutil.rmtree(folder)
        raise
    for line in report.lines(found):
        click.echo(line)
    if found.verdict.violations:
        report.keep(found, folder)
        raise click.ClickException(
            f"{len(found.verdict.violations)} violations. SEED={seed}"
            f"{f' KILLS={kills}' if kills else ''} make chaos plays it again; "
            f"the database, the logs and a "
            f"chronicle are in {folder}"
        )
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
