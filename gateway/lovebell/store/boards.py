"""Technicians' tokens, and which board is which device.

Owns these two tables and what enrolment over the network writes: books, credentials and record in
one transaction. What is allowed is `domain.enrolment`'s to say. Of a token only the hash is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from lovebell.domain.enrolment import Board, Place, Token, may_give
from lovebell.domain.episode import What
from lovebell.domain.model import Device, DeviceKind
from lovebell.store import credentials, schema
from lovebell.store.books import add_device, check_text
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

_TOKEN = schema.technician_token
_BOARD = schema.board

# -- tokens ----------------------------------------------------------------------------------


def make_token(connection: Connection, token: Token, hash_: str) -> int:
    """Enter a token, whose own `n` does not count; its number. Raises BooksError (bad_text)."""
    check_text("who", token.who, least=1, most=64)
    row = {
        "hash": hash_,
        "who": token.who,
        "roles": list(token.roles),
        "boards": token.boards,
        "may_renew": token.may_renew,
        "place": [[list(one) for one in token.place.brokers], token.place.certificate],
        "made_ms": token.made_ms,
        "until_ms": token.until_ms,
    }
    (n,) = connection.execute(insert(_TOKEN).values(row)).inserted_primary_key or (0,)
    detail = {"n": n, "boards": token.boards}
    note(connection, token.made_ms, What.TOKEN_MADE, token.who, detail)
    return int(n)


def token_of(connection: Connection, hash_: str) -> Token | None:
    """The token with this hash, whether it is still good or not."""
    row = connection.execute(select(_TOKEN).where(_TOKEN.c.hash == hash_)).one_or_none()
    return None if row is None else _token(row)


def tokens(connection: Connection) -> list[tuple[Token, int]]:
    """All tokens with the number of boards that each has set up, latest first."""
    rows = connection.execute(select(_TOKEN).order_by(_TOKEN.c.n.desc()))
    return [(_token(row), used(connection, row.n)) for row in rows]


def revoke_token(connection: Connection, n: int, now: int) -> Token:
    """Make a token useless; what was set up with it stays. Raises BooksError (unknown_token)."""
    row = connection.execute(select(_TOKEN).where(_TOKEN.c.n == n)).one_or_none()
    if row is None or row.revoked_ms is not None:
        raise BooksError("unknown_token", n=n)
    connection.execute(update(_TOKEN).where(_TOKEN.c.n == n).values(revoked_ms=now))
    note(connection, now, What.TOKEN_REVOKED, row.who, {"n": n})
    return _token(row)


def revoke_all_tokens(connection: Connection, now: int) -> list[int]:
    """Make every token useless that is still good; their numbers."""
    good = _TOKEN.c.revoked_ms.is_(None) & (_TOKEN.c.until_ms > now)
    numbers = list(connection.execute(select(_TOKEN.c.n).where(good)).scalars())
    for n in numbers:
        revoke_token(connection, n, now)
    return numbers


def used(connection: Connection, n: int) -> int:
    """How many boards a token has set up, or has begun to, whatever became of them since."""
    return connection.execute(select(_TOKEN.c.used).where(_TOKEN.c.n == n)).scalar_one()


# -- boards ----------------------------------------------------------------------------------


def board_of(connection: Connection, mac: str) -> Board | None:
    """What this board was last made into."""
    row = connection.execute(select(_BOARD).where(_BOARD.c.mac == mac)).one_or_none()
    return None if row is None else _board(row)


def boards(connection: Connection) -> dict[str, list[str]]:
    """By device, the addresses of the boards that were made into it."""
    found: dict[str, list[str]] = {}
    for row in connection.execute(select(_BOARD).order_by(_BOARD.c.mac)):
        found.setdefault(row.device, []).append(row.mac)
    return found


def of_device(connection: Connection, device: str) -> list[str]:
    """The addresses of the boards that were made into this device: one, if all is well."""
    wanted = select(_BOARD.c.mac).where(_BOARD.c.device == device).order_by(_BOARD.c.mac)
    return list(connection.execute(wanted).scalars())


def kept(connection: Connection, device: str, now: int) -> tuple[str, Token] | None:
    """For which board a name is kept that is in no books yet, and whose token can still confirm it.

    A reservation that no token can confirm any more is given up, and the board forgotten: set up
    later it would else become whatever has this name by then.
    """
    waiting = (_BOARD.c.device == device) & _BOARD.c.made_ms.is_(None)
    its = select(_BOARD.c.mac, _TOKEN).join(_TOKEN, _TOKEN.c.n == _BOARD.c.token).where(waiting)
    good = _TOKEN.c.revoked_ms.is_(None) & (_TOKEN.c.until_ms > now)
    row = connection.execute(its.where(good)).first()
    if row is not None:
        return row.mac, _token(row)
    connection.execute(delete(_BOARD).where(waiting))
    return None


def reserve(connection: Connection, token: Token, board: Board, hash_: str, now: int) -> int:
    """Keep a name and the hash of a new secret for a board; nothing is in force yet. The number
    of the reservation, by which it is confirmed."""
    known = select(_BOARD.c.made_ms, _BOARD.c.token).where(_BOARD.c.mac == board.mac)
    made, by = connection.execute(known).one_or_none() or (None, None)
    if by != token.n:
        one_more = update(_TOKEN).where(_TOKEN.c.n == token.n).values(used=_TOKEN.c.used + 1)
        connection.execute(one_more)
    row = {
        "mac": board.mac,
        "device": board.device,
        "role": board.role,
        "token": token.n,
        "reservation": board.reservation + 1,
        "hash": hash_,
        "at_ms": now,
        "made_ms": made,
        "told": None,
    }
    connection.execute(insert_or(_BOARD).values(row).on_conflict_do_update(["mac"], set_=row))
    return board.reservation + 1


def confirm(connection: Connection, token: Token, board: Board, until_ms: int, now: int) -> None:
    """Put the reserved secret in force: the device is in the books, and its old secret is void.
    Done already, nothing happens."""
    hash_ = connection.execute(select(_BOARD.c.hash).where(_BOARD.c.mac == board.mac)).scalar()
    if hash_ is None:
        return
    device = schema.device.c.id
    is_new = connection.execute(select(device).where(device == board.device)).first() is None
    if is_new:
        add_device(connection, Device(board.device, DeviceKind(board.role), ""))
    credentials.replace(connection, board.device, hash_, until_ms)
    done = {"hash": None, "made_ms": now}
    connection.execute(update(_BOARD).where(_BOARD.c.mac == board.mac).values(done))
    detail = {"mac": board.mac, "by": token.who}
    note(connection, now, What.ENROLLED if is_new else What.RENEWED, board.device, detail)


def note_result(connection: Connection, token: Token, board: Board, proof: str, now: int) -> None:
    """How the setting-up of a board ended; told again after an answer that was lost, it is not
    recorded again."""
    same = (_BOARD.c.mac == board.mac) & _BOARD.c.told.is_distinct_from(proof)
    if connection.execute(update(_BOARD).where(same).values(told=proof)).rowcount:
        detail = {"mac": board.mac, "proof": proof, "by": token.who}
        note(connection, now, What.SET_UP, board.device, detail)


def note_given(
    connection: Connection, given: Mapping[str, str], token: Token, now: int
) -> dict[str, list[str]]:
    """Remember which boards identities of a bundle were given to; the devices that more than one
    board has been given, with the addresses. What was known already is not recorded again, what
    the token may not change stays, and a device that was revoked is nobody's."""
    named = sorted(set(given.values()))
    device, secret = schema.device.c, schema.credential.c
    good = select(device.id, device.kind).where(device.id == secret.device, device.id.in_(named))
    roles = {row.id: row.kind for row in connection.execute(good)}
    its = select(_BOARD).where(_BOARD.c.mac.in_(given))
    had = {row.mac: _board(row) for row in connection.execute(its)}
    for mac, name in given.items():
        known = had.get(mac)
        is_told = known is not None and known.device == name
        if name not in roles or is_told or not may_give(token, known):
            continue
        row = {"mac": mac, "device": name, "role": roles[name], "at_ms": now, "token": None}
        row |= {"hash": None, "made_ms": now, "told": None}
        connection.execute(insert_or(_BOARD).values(row).on_conflict_do_update(["mac"], set_=row))
        note(connection, now, What.GIVEN, name, {"mac": mac, "by": token.who})
    made = {name: of_device(connection, name) for name in named}
    return {name: macs for name, macs in made.items() if len(macs) > 1}


def forget(connection: Connection, device: str) -> None:
    """No board is this device any more: one that asks again becomes another."""
    connection.execute(delete(_BOARD).where(_BOARD.c.device == device))


def note(
    connection: Connection, at_ms: int, what: What, who: str, detail: Mapping[str, str | int]
) -> None:
    """A line of the record."""
    note_all(connection, at_ms, what, [who], detail)


def note_all(
    connection: Connection,
    at_ms: int,
    what: What,
    whom: Iterable[str],
    detail: Mapping[str, str | int],
) -> None:
    """The same line of the record of each of them."""
    line = {"at_ms": at_ms, "what": what.value, "detail": dict(detail)}
    connection.execute(insert(schema.event), [{**line, "who": who} for who in whom])


def _token(row: Any) -> Token:
    brokers, certificate = row.place
    place = Place(tuple((host, port, tls) for host, port, tls in brokers), certificate)
    return Token(
        *(row.n, row.who, tuple(row.roles), row.boards, row.until_ms, place),
        *(row.made_ms, row.may_renew, row.revoked_ms),
    )


def _board(row: Any) -> Board:
    return Board(
        *(row.mac, row.device, row.role, row.token or 0, row.reservation),
        is_waiting=row.hash is not None,
        was_made=row.made_ms is not None,
    )
