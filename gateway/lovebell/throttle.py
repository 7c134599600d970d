"""The throttle: what of a device that says far too much still counts.

Owns that choice. A press that would ring always counts, and so does an answer to a call that
rings; what a chime has been asked for is never too much. The rest of a flood is written nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lovebell.domain import calls, wire
from lovebell.domain.episode import Kind, State
from lovebell.domain.flood import Gate
from lovebell.domain.strangers import Strangers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lovebell.domain.episode import Episode
    from lovebell.domain.records import Seen
    from lovebell.domain.wire import Fields, Message
    from lovebell.engine import Engine

#: Names that nobody has entered count as one: whoever makes them up must not fill memory.
STRANGERS = "?"
#: So many of its presses and answers are known again. One that waits longest is its last call,
#: what cancels that, and a test.
LATELY: Final = 4


class Throttle:
    """`steady` gives milliseconds that only go forward; `is_served` says whether a device is
    getting new firmware just now."""

    def __init__(
        self,
        engine: Engine,
        steady: Callable[[], int],
        is_served: Callable[[str], bool] = lambda device: False,
    ) -> None:
        self._engine = engine
        self._steady = steady
        self._is_served = is_served
        self._gate = Gate()
        self._strangers = Strangers()
        self._said: dict[str, tuple[str, ...]] = {}

    def flooding(self) -> set[str]:
        """The devices in the books that are too loud just now."""
        self._gate.look(self._steady())
        return set(self._gate.flooding) - {STRANGERS}

    def remembers(self, device: str) -> bool:
        """Whether what this one says may leave a trace: it is in the books, or one of not too many
        that are not."""
        return device in self._engine.directory.books.devices or device in self._strangers

    def forgotten(self, known: Mapping[str, Seen]) -> list[str]:
        """Of those that are known the strangers that have not been heard for long, or are too
        many."""
        entered = self._engine.directory.books.devices
        # Only these are put in order: a ring would wait while all the devices of a town are.
        strangers = (name for name in known if name not in entered)
        latest = sorted(strangers, key=lambda name: known[name].at_ms, reverse=True)
        return self._strangers.part(latest, entered, self._steady())

    def is_too_much(self, message: Message) -> bool:
        """Whether a message is one of a flood, and nothing would come of it but rows on disk."""
        device, leaf, fields = message.device, message.leaf, message.fields
        if leaf in ("ringing", "hushed") and self._is_awaited(device, fields):
            return False
        if leaf == "fetch" and self._is_served(device):
            return False
        known = device if device in self._engine.directory.books.devices else STRANGERS
        is_nobody = known is STRANGERS and not self._strangers.meet(device, self._steady())
        if is_nobody and leaf in ("state", "heartbeat"):
            return True
        is_again = leaf in ("press", "acknowledge") and self._is_again(known, fields["id"])
        if not self._gate.is_flood(known, self._steady(), is_again=is_again):
            return False
        if leaf == "press":
            call = self._engine.shelf.open_of(device, Kind.CALL)
            is_call = fields["kind"] == "call"
            return not is_call or (call is not None and call.state is State.RINGING)
        return leaf != "acknowledge" or not self._rings(fields["episode"])

    def _is_again(self, device: str, name: str) -> bool:
        """Whether it said this lately."""
        said = self._said.get(device, ())
        if name in said:
            return True
        self._said[device] = (*said, name)[-LATELY:]
        return False

    def _is_awaited(self, chime: str, fields: Fields) -> bool:
        episode = self._engine.shelf.episodes.get(fields["episode"])
        call = None if episode is None else calls.call_of(episode, chime)
        return call is not None and call.again_ms is not None

    def _rings(self, name: str) -> bool:
        shelf = self._engine.shelf
        episode: Episode | None = shelf.episodes.get(name)
        if episode is None:  # a later press of a call
            episode = shelf.open_of(wire.split_episode(name)[0], Kind.CALL)
        return episode is not None and episode.state is State.RINGING
