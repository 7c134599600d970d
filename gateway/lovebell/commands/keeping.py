"""Keeps the rights at the broker as the books have them, while the gateway runs.

Puts store and provision together. A change is in force when the broker takes the secret of an
account that was made with it; until then it is told again.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Final

from lovebell.provision import install
from lovebell.provision.probe import Place, Probe, ProbeError
from lovebell.provision.rights import PROBE
from lovebell.store import credentials
from lovebell.store.access import OperatorStore
from lovebell.store.books import load_books, revision_of
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lovebell.clock import Clock
    from lovebell.config import Settings

log = logging.getLogger("lovebell.keeping")

LOOK_S: Final = 0.5
#: Bundles expire without anybody's doing.
ANEW_MS: Final = 3_600_000
#: As many looks as a broker may take to read its files before it is told once more.
PATIENCE: Final = 10


class Keeper:
    """The rights at one broker. Call `look` again and again; it blocks for some milliseconds."""

    def __init__(self, settings: Settings, folder: Path, clock: Clock) -> None:
        password = settings.read_password()
        self._secret = "" if password is None else password.get_secret_value()
        self._database = settings.database
        self._opened: OperatorStore | None = None
        self._place = Place(settings.broker_host, settings.broker_port, settings.broker_ca)
        self._folder = folder
        self._clock = clock
        self._written: tuple[int, int] = (-1, 0)  # revision, when
        self._tried = ""  # what the broker takes once the last rights are in force
        self._looks = 0
        self._in_vain = 0

    @property
    def is_late(self) -> bool:
        """Whether the broker has been told more than once and does not take it: boards that were
        enrolled are not let in, and those that were revoked are."""
        return self._in_vain > 1

    @property
    def is_in_force(self) -> bool:
        """Whether the broker has read what was written last."""
        return not self._tried

    def look(self) -> None:
        """Write what has changed, have it read, and see whether it was.

        Raises BooksError, OSError.
        """
        now = self._clock.now()
        with self._store.reading() as connection:
            revision = revision_of(connection)
            was, at = self._written
            if revision != was or now - at >= ANEW_MS or self._looks >= PATIENCE:
                books = load_books(connection)
                devices = credentials.valid(connection, now)
                made = install.write_rights(self._folder, books, devices, self._secret, os.urandom)
                self._written, self._looks, self._tried = (revision, now), 0, made[PROBE]
                install.tell(self._folder)
        if self._tried:
            self._see(revision)

    def _see(self, revision: int) -> None:
        try:
            with Probe(self._place, PROBE, self._tried):
                self._tried = ""
                self._looks = self._in_vain = 0
                log.info("rights in force", extra={"revision": revision})
        except ProbeError as why:
            self._looks += 1
            if self._looks == PATIENCE:
                self._in_vain += 1
                if self._in_vain & (self._in_vain - 1) == 0:  # ever more seldom
                    log.error("broker has not taken the rights", extra={"why": str(why)})
        except OSError:
            pass  # the broker is not there: when it starts, it reads what is written

    def close(self) -> None:
        """Close the database."""
        if self._opened is not None:
            self._opened.close()

    @property
    def _store(self) -> OperatorStore:
        """Opened at the first look: a gateway that starts with a full disk rings all the same.
        Raises BooksError."""
        if self._opened is None:
            self._opened = OperatorStore(self._database)
        return self._opened


async def keep(
    settings: Settings, folder: Path, clock: Clock, tell: Callable[[bool], None]
) -> None:
    """Look after the rights for ever, and `tell` after each look whether they are late. A look
    that fails is said once, and another one follows."""
    keeper = Keeper(settings, folder, clock)
    said = ""
    try:
        while True:
            trouble = ""
            try:
                await asyncio.to_thread(keeper.look)
            except (BooksError, OSError) as why:
                trouble = str(why)
                if trouble != said:
                    log.error("rights not kept", extra={"why": trouble})
            said = trouble
            tell(keeper.is_late or bool(trouble))
            await asyncio.sleep(LOOK_S)
    finally:
        keeper.close()
