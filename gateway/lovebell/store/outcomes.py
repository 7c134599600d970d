"""The words in which an episode may end, as a community chooses them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from lovebell.domain.episode import CANCELLED, TEST_FAILED, TEST_PASSED
from lovebell.store import schema
from lovebell.store.books import check_text
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_WORD: Final = re.compile(r"[\w-]{1,32}\Z")
#: Outcomes that the gateway gives by itself; a human may not.
GATEWAYS_OWN: Final = frozenset({CANCELLED, TEST_PASSED, TEST_FAILED})


@dataclass(frozen=True, slots=True)
class OutcomeWord:
    """A word for the record, and what it says in Chinese and in English."""

    word: str
    zh: str
    en: str


def outcomes(connection: Connection) -> dict[str, OutcomeWord]:
    """Every outcome that may be chosen, in the order in which they were entered."""
    rows = connection.execute(select(schema.outcome).order_by(schema.outcome.c.n))
    return {row.word: OutcomeWord(row.word, row.zh, row.en) for row in rows}


def check_outcome(connection: Connection, word: str) -> None:
    """Raises BooksError (bad_outcome) for a word that may not be chosen."""
    known = outcomes(connection)
    if word not in known:
        raise BooksError("bad_outcome", word=word, known=", ".join(known) or "-")


def add_outcome(connection: Connection, new: OutcomeWord) -> None:
    """Enter an outcome. Raises BooksError (outcome_word, taken_outcome, bad_text)."""
    if not _WORD.match(new.word) or new.word in GATEWAYS_OWN:
        raise BooksError("outcome_word", word=new.word)
    if new.word in outcomes(connection):
        raise BooksError("taken_outcome", word=new.word)
    check_text("zh", new.zh, least=1, most=60)
    check_text("en", new.en, least=1, most=60)
    row = {"word": new.word, "zh": new.zh, "en": new.en}
    connection.execute(insert(schema.outcome), row)


def remove_outcome(connection: Connection, word: str) -> None:
    """Take an outcome out of the list; episodes that ended so keep it.

    Raises BooksError (unknown_outcome).
    """
    found = connection.execute(delete(schema.outcome).where(schema.outcome.c.word == word))
    if not found.rowcount:
        raise BooksError("unknown_outcome", word=word)
