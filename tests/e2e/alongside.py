"""What a test does beside a whole gateway: wait until something has happened, and type commands."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.crowd import Crowd

    from simulator.gateway import GatewayProcess


async def until(happened: Callable[[], object], crowd: Crowd | None = None) -> None:
    """Wait for it, for two minutes; meanwhile the crowd repeats what has no receipt."""
    async with asyncio.timeout(120):
        while not happened():
            if crowd is not None:
                crowd.repeat()
            await asyncio.sleep(0.02)


def lovebell(gateway: GatewayProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `lovebell` says with these arguments, on the gateway's database."""
    return subprocess.run(
        [sys.executable, "-m", "lovebell", "--language", "en", *arguments],
        env=os.environ | {"LOVEBELL_DATABASE": str(gateway.database)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
