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
from lovebell.domain.records import DamagedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lovebell.engine import Engine
    from lovebell.warden import Warden

log = logging.getLogger("lovebell.auditor")

#: What is found and is a fault too. The broker's is the warden's to say.
_FAULTS = (Word.DISK, Word.OVERDUE, Word.OUTBOX, Word.MESSAGES)


class Auditor:
    """`folder` is where the database lies, `backup` says where its last backup does, `is_up`
    whether there is a broker.
    """

    def __init__(
        self,
        engine: Engine,
        warden: Warden,
        is_up: Callable[[], bool],
        folder: Path,
        backup: Callable[[], str],
    ) -> None:
        self._engine = engine
        self._warden = warden
        self._is_up = is_up
        self._folder = folder
        self._backup = backup
        self._told: list[str] = []
        self._disk = ""

    def look(self, now: int) -> list[Finding]:
        """What is wrong just now."""
        failure = self._engine.writer.failure or self._engine.unread
        trouble, is_damaged = str(failure or ""), isinstance(failure, DamagedError)
        return findings(
            Look(
                unreached=self._engine.shelf.unreached(),
                broker=self._is_up(),
                rights=(GATEWAY, Word.RIGHTS) not in self._warden.supervisor.open,
                disk="" if is_damaged else trouble,
                damaged=trouble if is_damaged else "",
                backup=self._backup() if is_damaged else "",
                free_mb=self._free_mb(),
                overdue=self._engine.shelf.overdue(now - LATE_MS),
                outbox=self._engine.post.unsent(now - STUCK_MS),
                messages=self._engine.mail.unsent(now - MESSAGE_STUCK_MS),
            )
        )

    @property
    def disk(self) -> str:
        """What was found of the disk the last time, as `lovebell health` wants it: "damaged" or
        "disk" and, after a blank, why; "" for nothing.
        """
        return self._disk

    def audit(self, now: int) -> list[Finding]:
        """Look, open and close the gateway's own faults, and log what has changed."""
        found = self.look(now)
        codes = [finding.code for finding in found]
        words = {"disk" if code == "damaged" else code for code in codes}
        for word in _FAULTS:
            self._warden.mark(word, word in words, now)
        for finding in found:
            if finding.code not in self._told:
                log.error("not well", extra={"code": finding.code, **finding.needs})
        if self._told and not found:
            log.info("well again")
        self._told = codes
        of_disk = [one for one in found if one.code in ("damaged", "disk")]
        self._disk = f"{of_disk[0].code} {of_disk[0].needs['why']}" if of_disk else ""
        return found

    def _free_mb(self) -> int | None:
        try:
            return shutil.disk_usage(self._folder).free // 1_000_000
        except OSError:  # the disk itself will say more
            return None
