"""Tells devices how to behave (`settings` of the protocol), and when that changes.

Owns what each device was told. Nothing here waits for the disk, and nothing is lost with it:
whoever comes on line is told again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lovebell.domain import wire

if TYPE_CHECKING:
    from lovebell.domain.habits import Habits
    from lovebell.engine import Bell


class Tutor:
    """One for all devices. `minute` is the minute of the local day."""

    def __init__(self, bell: Bell, habits: Habits) -> None:
        self._bell = bell
        self._habits = habits
        self._told: dict[str, bool] = {}

    def meet(self, device: str, minute: int) -> None:
        """A device has come on line: it knows nothing any more."""
        self._tell(device, minute)

    def part(self, device: str) -> None:
        """A device is gone."""
        self._told.pop(device, None)

    def look(self, minute: int) -> None:
        """The hour may have changed: tell whoever was told otherwise."""
        quiet = self._habits.is_quiet(minute)
        for device in [device for device, told in self._told.items() if told != quiet]:
            self._tell(device, minute)

    def _tell(self, device: str, minute: int) -> None:
        quiet = self._habits.is_quiet(minute)
        fields = {"heartbeat_s": self._habits.heartbeat_s, "quiet": quiet}
        topic, body = wire.topic(device, "settings"), wire.encode(fields)
        # If we are gone when the night is over, the broker must keep nobody quiet.
        expires_s = self._habits.quiet_for_s(minute)
        if self._bell.publish(topic, body, retain=True, expires_s=expires_s):
            self._told[device] = quiet
