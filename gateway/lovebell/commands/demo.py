"""`lovebell demo`: a small community on this PC, to play with or to watch."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import click

from lovebell.commands.app import App, pass_app
from lovebell.commands.base import ToldError, command


@command("demo")
@click.option(
    "--story",
    is_flag=True,
    help="无人值守地演一个故事，成真才以 0 退出。|Play one story unattended; exit 0 only if it "
    "came true.",
)
@click.option(
    "--data",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="数据留在这个新文件夹里；不写则用完即删。|Keep the data in this new folder; without it "
    "nothing is kept.",
)
@pass_app
def demo(app: App, story: bool, directory: Path | None) -> None:
    """真的服务器、网关和固件，一个按钮三个门铃。|A button and three chimes, all parts real."""
    try:
        from lovebell.demo import stage
        from lovebell.demo.story import StoryError
        from simulator.mosquitto import BrokerMissingError
    except ModuleNotFoundError as why:
        raise ToldError(
            f"the demo needs the simulator: pip install 'lovebell[simulator]' ({why})", 1
        ) from why
    if directory is not None and directory.exists() and any(directory.iterdir()):
        raise ToldError(app.text("demo_folder", path=str(directory)), 2)
    play = stage.play_story if story else stage.play
    try:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(play(directory and directory.resolve(), app.language))
    except (StoryError, BrokerMissingError) as why:
        raise ToldError(str(why), 1) from None
