"""How many may be connected to the web server at once, and for how long without a question.

Each connection is one of the gateway's open files, of which systemd gives it 1,024
(DefaultLimitNOFILE, systemd-system.conf(5)). Whoever opened more, and said nothing or half a
question, would leave none for the broker: a gateway that lost it could not connect again, and no
bell would ring. Owns who is let go of.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.web_protocol import RequestHandler

#: A page is answered within milliseconds, so that many stand for a whole town that answers.
ROOM: Final = 200
#: A question is one packet; so long may it take on the way.
PATIENCE_S: Final = 15.0


async def bind(server: web.Server, host: str, port: int, room: int = ROOM) -> asyncio.Server:
    """Listen there. Whoever has been connected longest makes room for who comes, and not the
    other way round: honest askers are gone within milliseconds. Raises OSError, ValueError."""

    def come() -> RequestHandler:
        here = [one for one in server.connections if one.transport is not None]
        for one in here[: max(0, len(here) + 1 - room)]:
            one.force_close()
        return server()

    loop = asyncio.get_running_loop()
    return await loop.create_server(come, host, port, backlog=128, reuse_address=True)
