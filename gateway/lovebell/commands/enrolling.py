"""The gateway's side of enrolment over the network: identities, books and rights put together.

Puts domain, store and provision together; decides nothing itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from typing import TYPE_CHECKING, Any

from lovebell.domain import enrolment
from lovebell.domain.enrolment import Board, RefusedError, Token, Wish
from lovebell.domain.episode import What
from lovebell.domain.records import DiskError
from lovebell.provision.identities import identities, password_hash
from lovebell.store import boards
from lovebell.store.access import OperatorStore
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sqlalchemy import Connection


class Enrolment:
    """A desk at which technicians' laptops ask. `can_admit` says whether rights are kept at the
    broker, `on_twice` is told of a device that two boards have been given, `publisher` is the
    modulus by which boards know who signs their firmware. `close` it."""

    def __init__(
        self,
        database: Path,
        now: Callable[[], int],
        *,
        can_admit: bool,
        on_twice: Callable[[str], None],
        publisher: str | None = None,
    ) -> None:
        self._database = database
        self._opened: OperatorStore | None = None
        self._now = now
        self._can_admit = can_admit
        self._on_twice = on_twice
        self._publisher = publisher

    async def do(self, verb: str, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What is asked, in one transaction. Raises RefusedError, DiskError."""
        answer, twice = await asyncio.to_thread(self._do, verb, hash_of(token), body)
        for device in twice:
            self._on_twice(device)
        return answer

    def close(self) -> None:
        """Close the database."""
        if self._opened is not None:
            self._opened.close()

    @property
    def _store(self) -> OperatorStore:
        """Opened by the first who asks: a gateway that starts with a full disk rings all the same.
        Raises BooksError."""
        if self._opened is None:
            self._opened = OperatorStore(self._database)
        return self._opened

    def _do(
        self, verb: str, hash_: str, body: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        now = self._now()
        try:
            with self._store.reading() as connection:  # guessing takes nobody's write lock
                enrolment.check_token(boards.token_of(connection, hash_), now)
            with self._store.writing() as connection:
                token = enrolment.check_token(boards.token_of(connection, hash_), now)
                if verb == "given":
                    given = enrolment.read_given(body)
                    twice = boards.note_given(connection, given, token, now)
                    return {"noted": len(given), "twice": twice}, list(twice)
                wish = enrolment.read_wish(verb, body)
                known = boards.board_of(connection, wish.mac)
                if verb == "enrol":
                    return self._enrol(connection, token, wish, known, now), []
                board = enrolment.check_confirm(token, wish, known)
                if verb == "confirm":
                    until = now + enrolment.USED_WITHIN_MS
                    boards.confirm(connection, token, board, until, now)
                else:
                    _record(connection, token, wish, board, now)
                return {"device": board.device}, []
        except BooksError as why:
            raise DiskError(str(why)) from why

    def _enrol(
        self, connection: Connection, token: Token, wish: Wish, known: Board | None, now: int
    ) -> dict[str, Any]:
        if not self._can_admit:
            raise RefusedError("no_rights")
        enrolment.check_enrol(token, wish, known, boards.used(connection, token.n))
        (made,) = identities(wish.role, 1, boards.names(connection), os.urandom)
        device = made.device if known is None or known.role != wish.role else known.device
        was = known.reservation if known is not None else 0
        number = boards.reserve(
            connection,
            token,
            Board(wish.mac, device, wish.role, reservation=was),
            password_hash(made, os.urandom),
            now,
        )
        return {
            "device": device,
            "role": wish.role,
            "secret": made.secret,
            "reservation": number,
            "brokers": [list(one) for one in token.place.brokers],
            "certificate": token.place.certificate,
            "publisher": self._publisher or "",
        }


def _record(connection: Connection, token: Token, wish: Wish, board: Board, now: int) -> None:
    sounded = {True: "sounded", False: "silent"}
    proof = wish.proof
    if proof == "press" and wish.did_sound is not None:
        proof = sounded[wish.did_sound]
    detail = {"mac": board.mac, "proof": proof, "by": token.who}
    boards.note(connection, now, What.SET_UP, board.device, detail)


def hash_of(token: str) -> str:
    """What is kept of a technician's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
