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
from lovebell.domain.records import DiskError
from lovebell.provision.identities import identities, password_hash
from lovebell.store import boards, names
from lovebell.store.access import OperatorStore
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


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

    async def check(self, token: str) -> None:
        """Whether whoever comes with this may ask at all. Raises RefusedError, DiskError."""
        await asyncio.to_thread(self._check, hash_of(token))

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

    def _check(self, hash_: str) -> None:
        try:
            with self._store.reading() as connection:  # guessing takes nobody's write lock
                enrolment.check_token(boards.token_of(connection, hash_), self._now())
        except BooksError as why:
            raise DiskError(str(why)) from why

    def _do(
        self, verb: str, hash_: str, body: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        now = self._now()
        try:
            if verb == "given":
                return self._note_given(hash_, enrolment.read_given(body), now)
            wish = enrolment.read_wish(verb, body)
            if verb == "enrol":
                return self._enrol(hash_, wish, now), []
            with self._store.writing() as connection:
                token = enrolment.check_token(boards.token_of(connection, hash_), now)
                known = boards.board_of(connection, wish.mac)
                board = enrolment.check_confirm(token, wish, known)
                if verb == "confirm":
                    until = now + enrolment.USED_WITHIN_MS
                    boards.confirm(connection, token, board, until, now)
                else:
                    boards.note_result(connection, token, board, _proof(wish), now)
                return {"device": board.device}, []
        except BooksError as why:
            raise DiskError(str(why)) from why

    def _note_given(
        self, hash_: str, given: Mapping[str, str], now: int
    ) -> tuple[dict[str, Any], list[str]]:
        with self._store.writing() as connection:
            token = enrolment.check_token(boards.token_of(connection, hash_), now)
            twice = boards.note_given(connection, given, token, now)
        return {"noted": len(given), "twice": twice}, list(twice)

    def _enrol(self, hash_: str, wish: Wish, now: int) -> dict[str, Any]:
        """A name is looked for, and its secret hashed, before the write lock is taken: receipts
        wait behind that."""
        if not self._can_admit:
            raise RefusedError("no_rights")
        while True:
            with self._store.reading() as connection:
                taken = names.taken(connection)
            (made,) = identities(wish.role, 1, taken, os.urandom)
            hashed = password_hash(made, os.urandom)
            with self._store.writing() as connection:
                token = enrolment.check_token(boards.token_of(connection, hash_), now)
                known = boards.board_of(connection, wish.mac)
                enrolment.check_enrol(token, wish, known, boards.used(connection, token.n))
                if known is not None and known.role == wish.role:
                    board = Board(wish.mac, known.device, wish.role, reservation=known.reservation)
                elif names.are_free(connection, [made.device]):
                    was = 0 if known is None else known.reservation
                    board = Board(wish.mac, made.device, wish.role, reservation=was)
                else:
                    continue  # somebody was quicker
                number = boards.reserve(connection, token, board, hashed, now)
            return self._identity(token, board, made.secret, number)

    def _identity(self, token: Token, board: Board, secret: str, number: int) -> dict[str, Any]:
        return {
            "device": board.device,
            "role": board.role,
            "secret": secret,
            "reservation": number,
            "brokers": [list(one) for one in token.place.brokers],
            "certificate": token.place.certificate,
            "publisher": self._publisher or "",
        }


def _proof(wish: Wish) -> str:
    """How far the setting-up was seen, in one word of the record."""
    if wish.proof == "press" and wish.did_sound is not None:
        return "sounded" if wish.did_sound else "silent"
    return wish.proof


def hash_of(token: str) -> str:
    """What is kept of a technician's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
