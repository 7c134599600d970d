"""Around every sender, the house's and plugged-in ones: what its contract promises comes true."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lovebell.notify.secrets import Secret, blotted
from lovebell.notify.text import one_line

if TYPE_CHECKING:
    from lovebell.notify.sender import Answer, Limit, Message, Sender

log = logging.getLogger("lovebell.notify")

MOST_S: Final = 120.0  # senders have shorter limits of their own; a plug-in may have none
CLOSE_S: Final = 3.0  # a gateway that is told to stop has ten seconds for all


class Guarded:
    """A sender that does not hang and raises nothing."""

    def __init__(self, kind: str, sender: Sender, later: Answer) -> None:
        self._kind = kind
        self._sender = sender
        self._later = later

    @property
    def limit(self) -> Limit | None:
        """What the service allows."""
        return self._sender.limit

    async def send(self, message: Message, address: str) -> Answer:
        """Send once; whatever is raised is LATER, and so is an answer that is none. Only its type
        is told: its text may hold a secret. What was said is brought onto one short line, without
        the link of the message: whoever has that may answer, and some services repeat what they
        were told.
        """
        try:
            async with asyncio.timeout(MOST_S):
                answer = await self._sender.send(message, address)
            return self._plain(answer, message.link)
        except BaseException as why:  # a plug-in may raise anything, even what would end us
            if _is_ours(why):
                raise
            said = type(why).__name__
            log.error("sender failed", extra={"kind": self._kind, "why": said})
            return replace(self._later, said=said)

    def _plain(self, answer: Answer, link: str) -> Answer:
        """What was answered, in our own types. Raises ValueError, TypeError, AttributeError."""
        wait_ms = answer.retry_after_ms
        return replace(
            self._later,
            verdict=type(self._later.verdict)(answer.verdict),
            said=one_line(blotted(answer.said, (Secret(link), Secret(link.rpartition("/")[2])))),
            retry_after_ms=None if wait_ms is None else round(wait_ms),
        )

    async def close(self) -> None:
        """Give back connections."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._sender.close()
        except BaseException as why:  # nothing is sent any more
            if _is_ours(why):
                raise
            log.error("sender not closed", extra={"kind": self._kind, "why": type(why).__name__})


def _is_ours(why: BaseException) -> bool:
    """Whether we are cancelled ourselves. A plug-in that lets out the cancellation of a task of
    its own is only one more that failed: its message would count as under way for ever.
    """
    task = asyncio.current_task()
    return isinstance(why, asyncio.CancelledError) and task is not None and task.cancelling() > 0
