"""The auditor: the gateway looks at itself.

Owns looking and saying so: to whoever asks, to the log when it changes, and as faults of the
gateway's own. Mends nothing.
"""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

from lovebell.domain.faults import GATEWAY, Word
from lovebell.domain.health import LATE_MS, MESSAGE_STUCK_MS, STUCK_MS, Finding, Look, findings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lovebell.engine import Engine
    from lovebell.warden import Warden

log = logging.getLogger("lovebell.auditor")

#: What is found and is a fault too. The broker's is the warden's to say.
_FAULTS = (Word.DISK, Word.OVERDUE, Word.OUTBOX, Word.MESSAGES)


class Auditor:
    """`folder` is where the database lies, `is_up` whether there is a broker."""

    def __init__(
        self, engine: Engine, warden: Warden, is_up: Callable[[], bool], folder: Path
    ) -> None:
        self._engine = engine
        self._warden = warden
        self._is_up = is_up
        self._folder = folder
        self._told: list[str] = []

    def look(self, now: int) -> list[Finding]:
        """What is wrong just now."""
        return findings(
            Look(
                unreached=self._engine.shelf.unreached(),
                broker=self._is_up(),
                rights=(GATEWAY, Word.RIGHTS) not in self._warden.supervisor.open,
                disk=self._engine.writer.trouble,
                free_mb=self._free_mb(),
                overdue=self._engine.shelf.overdue(now - LATE_MS),
                outbox=self._engine.post.unsent(now - STUCK_MS),
                messages=self._engine.mail.unsent(now - MESSAGE_STUCK_MS),
            )
        )

    def audit(self, now: int) -> list[Finding]:
        """Look, open and close the gateway's own faults, and log what has changed."""
        found = self.look(now)
        codes = [finding.code for finding in found]
        for word in _FAULTS:
            self._warden.mark(word, word in codes, now)
        for finding in found:
            if finding.code not in self._told:
                log.error("not well", extra={"code": finding.code, **finding.needs})
        if self._told and not found:
            log.info("well again")
        self._told = codes
        return found

    def _free_mb(self) -> int | None:
        try:
            return shutil.disk_usage(self._folder).free // 1_000_000
        except OSError:  # the disk itself will say more
            return None
