"""Which devices stand for one another: of one circle never two are updated at a time.

A circle is a home, with its buttons and the chimes of those who stand by it; or a post, the desk or
a grid, whose chimes would otherwise fall silent together. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lovebell.domain.model import Link, ResponderKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lovebell.domain.episode import Episode
    from lovebell.domain.model import Books, Responder


def circles(books: Books) -> dict[str, frozenset[str]]:
    """By device the circles that it is in: ids of homes, and posts, which begin with "@"."""
    of_person: dict[str, set[str]] = {
        person.id: {_post(person)} for person in books.responders.values()
    }
    for pair in books.pairings:
        if pair.link is Link.RESPONDER_HOME and pair.subject in of_person:
            of_person[pair.subject].add(pair.object)
    found: dict[str, frozenset[str]] = dict.fromkeys(books.devices, frozenset())
    for pair in books.pairings:
        if pair.link is Link.BUTTON_HOME:
            found[pair.subject] = frozenset({pair.object})
        elif pair.link is Link.CHIME_RESPONDER:
            found[pair.subject] = frozenset(of_person.get(pair.object, ()))
    return found


def _post(person: Responder) -> str:
    match person.kind:
        case ResponderKind.DESK:
            return "@desk"
        case ResponderKind.GRID:
            return f"@grid:{person.grid}"
        case _:
            return f"@{person.id}"


def disturbed(episodes: Iterable[Episode], of: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The devices to be left alone because of calls for help: all that an open episode may still
    ring, and all of its home's circle."""
    homes: set[str] = set()
    found: set[str] = set()
    for episode in episodes:
        if episode.is_open:
            homes.add(episode.home)
            found.add(episode.button)
            found.update(
                chime for step in episode.plan for one in step.targets for chime in one.chimes
            )
    if homes:
        found.update(device for device, its in of.items() if its & homes)
    return frozenset(found)
