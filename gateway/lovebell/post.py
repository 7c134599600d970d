"""What the devices are told: rings, hushes, receipts, and letters, which are kept until the
broker has them.

Owns the payloads and the letters in memory. Decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lovebell.domain import wire
from lovebell.domain.records import Letter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lovebell.domain.episode import Episode, Hush, Ring, Tell


class Bell(Protocol):
    """The broker, as the gateway needs it (`broker`)."""

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        urgent: bool = False,
        then: Callable[[], None] | None = None,
        expires_s: int | None = None,
    ) -> bool: ...
    def settle(self, token: int) -> None: ...


class Post:
    """`sent(letter)` is called when the broker has a letter, which may then leave the disk."""

    def __init__(self, bell: Bell, sent: Callable[[Letter], None]) -> None:
        self._bell = bell
        self._sent = sent
        self._letters: dict[str, Letter] = {}
        self._latest: dict[str, Letter] = {}
        self._newer: set[str] = set()

    def take_up(self, letters: Iterable[Letter], latest: Iterable[Letter]) -> None:
        """What the last run left to be sent, and what a forgetful broker must be told again."""
        self._letters = {letter.key: letter for letter in letters}
        self._latest = {letter.key: letter for letter in latest}

    def known(self, current: Iterable[Letter]) -> list[Letter]:
        """All that a forgetful broker must be told again: the latest letter of each key, `current`
        in the place of older ones, and before all what is still to be sent."""
        self._newer.clear()
        said = {letter.key: letter for letter in current}
        return list((self._latest | said | self._letters).values())

    def unsent(self, before_ms: int) -> int:
        """How many letters written before this time are still to be sent."""
        return sum(1 for letter in self._letters.values() if letter.created_ms < before_ms)

    def ring(self, episode: Episode, ring: Ring) -> None:
        """Tell a chime to ring; waits for nobody."""
        fields = {
            "episode": episode.id,
            "kind": str(episode.kind),
            "button": episode.button,
            "home": episode.label,
            "step": ring.step,
            "for_ms": min(ring.for_ms, 86_400_000),
        }
        self._bell.publish(wire.topic(ring.chime, "ring"), wire.encode(fields), urgent=True)

    def hush(self, episode: Episode, hush: Hush) -> None:
        """Tell a chime to stop."""
        fields = {"episode": episode.id, "why": hush.why}
        if hush.who:
            fields["who"] = wire.fit(hush.who, 64)
        self._bell.publish(wire.topic(hush.chime, "hush"), wire.encode(fields))

    def receipt(self, device: str, event_id: str, episode: str) -> None:
        """Tell a device that its press or acknowledgement is on disk."""
        fields = {"id": event_id, "episode": episode} if episode else {"id": event_id}
        self._bell.publish(wire.topic(device, "receipt"), wire.encode(fields))

    def put(self, letter: Letter, now: int) -> None:
        """Send a letter that is on disk now, in the place of an earlier one of its key."""
        self._letters[letter.key] = self._latest[letter.key] = letter
        self._newer.add(letter.key)
        self._tell(letter, now)

    def tell_again(self, letter: Letter, now: int) -> None:
        """Send what `known` gave, unless something newer has gone since then."""
        if letter.key not in self._newer:
            self._tell(letter, now)

    def _tell(self, letter: Letter, now: int) -> None:
        """Send a letter; when the broker has it, it leaves the outbox. What is left of the time for
        which it holds goes with it, since it may have waited for a broker or for the disk: button
        and broker forget it by themselves then, though we be gone."""

        def sent() -> None:
            if self._letters.get(letter.key) is letter:
                del self._letters[letter.key]
                self._sent(letter)

        topic = wire.topic(letter.target, letter.kind)
        body, expires_s = letter.body.encode(), None
        if letter.for_ms is not None:
            left_ms = min(letter.created_ms + letter.for_ms - now, letter.for_ms)
            left_ms = max(left_ms, 1_000)  # less cannot be said
            body, expires_s = wire.lasting(letter.body, left_ms), left_ms // 1000
        self._bell.publish(topic, body, retain=True, then=sent, expires_s=expires_s)


def letter_of(episode: Episode, tell: Tell, now: int) -> Letter:
    """What the button is told of its episode, for the outbox.

    That somebody comes holds only as long as the acknowledgement does.
    """
    fields: dict[str, str | int] = {"episode": episode.id, "state": tell.state}
    if tell.who:
        fields["who"] = wire.fit(tell.who, 64)
    for_ms = None
    if tell.state == "coming" and episode.until_ms is not None:
        for_ms = fields["for_ms"] = min(max(episode.until_ms - now, 1_000), 86_400_000)
    body = wire.encode(fields).decode()
    return Letter(f"episode:{episode.button}", "episode", episode.button, body, now, for_ms)
