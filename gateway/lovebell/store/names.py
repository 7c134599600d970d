"""Which names there are: an id names one thing only, whatever kind of thing it is.

Asked of the tables by their keys, and not of all the books: to read those takes a third of a second
where there are 10,000 homes, and whoever enters something holds the write lock meanwhile, behind
which the receipts of presses wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import literal, select, union_all

from lovebell.domain.model import NAME
from lovebell.domain.plan import WORDS
from lovebell.store import schema
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

#: Whose ids these are, as `pair` and the sentences call it; a device is called by its kind.
_NOUNS: Final = {
    "home": schema.home,
    "responder": schema.responder,
    "group": schema.group,
    "rota": schema.rota,
    "community": schema.community,
}
#: Where names stand that no new device may have.
_TAKEN: Final = (
    *(table.c.id for table in _NOUNS.values()),
    schema.device.c.id,
    schema.board.c.device,
)


def check_new(connection: Connection, thing: str, *, is_device: bool = False) -> None:
    """An id names one thing only, so that `pair` and the record cannot mistake it. One that is kept
    for a board is its device's, and who enters a device has asked `boards.kept` for whom.

    Raises BooksError (bad_id, reserved_id, taken_id).
    """
    if not NAME.match(thing):
        raise BooksError("bad_id", id=thing)
    if thing in WORDS:
        raise BooksError("reserved_id", id=thing)
    noun = noun_in(connection, thing)
    if not noun and not is_device:
        kept = select(schema.board.c.role).where(schema.board.c.device == thing)
        noun = connection.execute(kept).scalars().first() or ""
    if noun:
        raise BooksError("taken_id", id=thing, noun=noun)


def noun_in(connection: Connection, thing: str) -> str:
    """What an id is the id of, "" for nothing; as `books.noun_of`, without reading the books."""
    device = schema.device.c
    asked = [select(literal(noun)).where(table.c.id == thing) for noun, table in _NOUNS.items()]
    asked.append(select(device.kind).where(device.id == thing))
    return connection.execute(union_all(*asked)).scalars().first() or ""


def taken(connection: Connection) -> set[str]:
    """The names that no new device may have: those in the books, and those kept for a board."""
    return set(connection.execute(union_all(*map(select, _TAKEN))).scalars())


def are_free(connection: Connection, names: Iterable[str]) -> bool:
    """Whether none of these names has been taken meanwhile: a thousand are asked for at once, since
    the write lock is held."""
    wanted = list(names)
    found = (select(column).where(column.in_(wanted)).limit(1) for column in _TAKEN)
    return not any(connection.execute(query).first() for query in found)
