"""The courier: tells devices which firmware they are to run, and brings it to them piece by piece.

Owns what is still to be told and who has asked for what. Pieces go only when nothing else waits,
at no more than a fixed pace, and out of memory: a press is never behind one. Decides nothing.
"""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Final, Protocol

from lovebell.domain import wire
from lovebell.domain.firmware import PIECE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lovebell.domain.wire import Fields

#: So many pieces a second in all, in turns of so many.
PER_S: Final = 200
IN_A_TURN: Final = 10
TURN_S: Final = IN_A_TURN / PER_S
#: So many offers at once; the rest at the next look.
OFFERS: Final = 50


class Air(Protocol):
    """The broker, as the courier needs it (`broker`)."""

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        urgent: bool = False,
        then: Callable[[], None] | None = None,
    ) -> bool: ...
    def whisper(self, topic: str, payload: bytes) -> bool: ...


class Courier:
    """Nothing is offered and nobody is served until it is told so."""

    def __init__(self, air: Air) -> None:
        self._air = air
        self._version = ""
        self._image = b""
        self._audience: Collection[str] = ()
        self._asked: dict[str, int] = {}
        self._has_asked = asyncio.Event()
        self._to_tell: dict[str, Fields] = {}

    # -- offers ----------------------------------------------------------------------------

    def tell(self, device: str, offer: Fields) -> None:
        """From now on the device is offered this; with no fields nothing."""
        self._to_tell[device] = offer

    def say(self) -> None:
        """Publish what the broker does not have yet. Call it now and then."""
        for device, offer in list(self._to_tell.items())[:OFFERS]:
            # In the order in which they came, but nobody who is not heard holds up the others.
            del self._to_tell[device]
            self._to_tell[device] = offer
            self._publish(device, offer)

    def _publish(self, device: str, offer: Fields) -> None:
        def told() -> None:
            if self._to_tell.get(device) is offer:
                del self._to_tell[device]

        topic = wire.topic(device, "firmware")
        self._air.publish(topic, wire.encode(offer), retain=True, then=told)

    # -- pieces ----------------------------------------------------------------------------

    def carry(self, version: str, image: bytes, audience: Collection[str]) -> None:
        """From now on serve these devices with pieces of this image, and nobody else."""
        self._version, self._image, self._audience = version, image, audience

    def serves(self, device: str) -> bool:
        """Whether a device is one of those who are served."""
        return device in self._audience

    def ask(self, device: str, fields: Fields) -> bool:
        """A device wants a piece; whether it will get it, unless it asks for another first."""
        at: int = fields["at"]
        if not self.serves(device) or fields["version"] != self._version:
            return False
        if at >= len(self._image):
            return False
        self._asked[device] = at
        self._has_asked.set()
        return True

    async def run(self) -> None:
        """Bring pieces until cancelled."""
        time = asyncio.get_running_loop().time
        paid = 0.0  # until when the pace allows what has been brought
        while True:
            await self._has_asked.wait()
            self._has_asked.clear()
            brought = self.bring()
            paid = max(paid, time() - TURN_S) + brought / PER_S
            if self._asked:  # too many, or something else waits
                self._has_asked.set()
                await asyncio.sleep(TURN_S)
            elif paid > time():
                await asyncio.sleep(paid - time())

    def bring(self) -> int:
        """Bring the next few pieces, as far as nothing else waits; how many."""
        brought = 0
        for device in list(self._asked)[:IN_A_TURN]:
            at = self._asked[device]
            if self.serves(device) and at < len(self._image):
                if not self._bring(device, at):
                    break
                brought += 1
            del self._asked[device]
        return brought

    def _bring(self, device: str, at: int) -> bool:
        piece = base64.b64encode(self._image[at : at + PIECE_BYTES]).decode()
        fields = {"version": self._version, "at": at, "data": piece}
        return self._air.whisper(wire.topic(device, "piece"), wire.encode(fields))
