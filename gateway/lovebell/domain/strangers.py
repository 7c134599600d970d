"""Strangers: names under which something is said, and which nobody has entered in the books.

Owns how many of them are remembered, and how long: where the broker's access lists allow any name,
whoever makes names up must not fill memory and disk. Times are milliseconds that only go forward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

#: More boards than are ever on the air before somebody has entered them; 500 take 1 MB.
MOST: Final = 500
#: So long a place stays taken that nothing was heard from. Each place is worth a fault with its
#: lines in the record, so there are at most so many a day of these.
LONG_MS: Final = 86_400_000


class Strangers:
    """Who is remembered. Whoever comes when all places are taken is not, whatever they say."""

    def __init__(self) -> None:
        self._heard: dict[str, int] = {}  # whoever has been silent longest comes first

    def __contains__(self, name: str) -> bool:
        """Whether this one is remembered."""
        return name in self._heard

    def meet(self, name: str, steady: int) -> bool:
        """This one has said something: whether it is remembered."""
        if self._heard.pop(name, None) is None and len(self._heard) >= MOST:
            return False
        self._heard[name] = steady
        return True

    def part(self, known: Iterable[str], entered: Collection[str], steady: int) -> list[str]:
        """Those among the `known` ones, latest first, that are strangers and have no place any
        more, or never had one: all that was written down of them can go.

        Whoever was known before we began has a place as if it had spoken just now, if there is one.
        """
        gone: set[str] = set()
        for name, heard in list(self._heard.items()):
            if name in entered:
                del self._heard[name]
            elif steady - heard >= LONG_MS:
                del self._heard[name]
                gone.add(name)
        strangers = [name for name in known if name not in entered and name not in self._heard]
        return [name for name in strangers if name in gone or not self.meet(name, steady)]
