"""The gateway's connection to the broker: a session that is held for ever.

Owns connecting, reconnecting, and the order of acknowledgements. Knows nothing of what messages
mean. `packets` knows the bytes, `link` one connection.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Final

from lovebell.broker import packets
from lovebell.broker.link import Address, Link, Parcel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Address", "Broker"]

log = logging.getLogger("lovebell.broker")

RETRY_S: Final = (0.2, 0.5, 1, 2, 5)  # a gateway is one client, not a fleet: no long back-off
SHORT_S: Final = 2.0  # after a connection that lasts no longer the next try is not so soon
_MIDS: Final = 65_536  # MQTT numbers the messages under way with 16 bits


class Broker:
    """A persistent session with the broker, held for ever.

    `on_message(topic, payload, token)` is called on the loop for every message, in the order of
    arrival. The broker is told that a QoS 1 message has been dealt with only by `settle(token)`;
    otherwise it sends the message again after a reconnect. `on_up()` is called on every connect.

    What was under way on a connection that was lost is the engine's to send again, which knows
    whether it still holds.
    """

    def __init__(
        self,
        address: Address,
        subscriptions: Mapping[str, int],
        on_message: Callable[[str, bytes, int], None],
        on_up: Callable[[], None],
    ) -> None:
        self._address = address
        self._subscriptions = list(subscriptions.items())
        self._on_message = on_message
        self._on_up = on_up
        self._link: Link | None = None
        self._links = 0

    @property
    def is_up(self) -> bool:
        """Whether there is a session just now."""
        return self._link is not None

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        urgent: bool = False,
        then: Callable[[], None] | None = None,
        expires_s: int | None = None,
    ) -> bool:
        """Send at QoS 1; False, and nothing is sent, when there is no session just now.

        What is urgent goes before everything else that waits. `then` is called when the broker
        has it, and never if it refuses it or the connection is lost before. After `expires_s`
        seconds, if given, the broker forgets what it keeps of it: so ends what was true so long.
        """
        return self._link is not None and self._link.publish(
            Parcel(topic, payload, retain, then, expires_s), urgent=urgent
        )

    def whisper(self, topic: str, payload: bytes) -> bool:
        """Send at QoS 0, behind everything else; False, and nothing is sent, when something else
        waits or there is no session just now."""
        return self._link is not None and self._link.whisper(topic, payload)

    def settle(self, token: int) -> None:
        """Tell the broker that the message of this token needs no repeating; 0 tells nothing.

        The token of an earlier connection tells nothing either: there the message comes again.
        """
        links, mid = divmod(token, _MIDS)
        if mid and self._link is not None and links == self._links:
            self._link.puback(mid)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        tries = 0
        while True:
            self._links += 1
            link = Link(self._address, self._opened, self._arrived)
            try:
                if await link.open():
                    lasted_s = await link.stay()
                    extra = {"broker": str(self._address), "why": link.why}
                    is_short = lasted_s <= SHORT_S
                    tries = tries if is_short else 0
                    # Mosquitto 2.0.11 says nothing to whom it throws out for another one.
                    is_silent = is_short and link.why == "closed"
                    if is_silent or link.why == packets.reason(packets.TAKEN_OVER):
                        extra["hint"] = f"is another client named {self._address.client_id}?"
                    log.warning("broker lost", extra=extra)
            finally:
                self._link = None
                link.close()
            pause = RETRY_S[min(tries, len(RETRY_S) - 1)]
            tries += 1
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311

    def _opened(self, link: Link) -> None:
        # At once, not when `run` is woken: what waited for us follows on the heels of CONNACK.
        self._link = link
        # Every time: a broker that lost its memory has lost our subscriptions too.
        link.subscribe(self._subscriptions)
        log.info("broker connected", extra={"broker": str(self._address)})
        self._on_up()

    def _arrived(self, topic: str, payload: bytes, mid: int) -> None:
        token = self._links * _MIDS + mid if mid else 0
        try:
            self._on_message(topic, payload, token)
        except Exception:
            # Whatever it is, the next message is someone else's call for help. It would fail
            # again; a press among them is repeated by its button until it has a receipt.
            log.exception("message not handled", extra={"topic": repr(topic[:200])})
            self.settle(token)
