"""Stretches of time: when somebody is there.

`Spans` are pairs of UTC milliseconds, from one to just before the other, in order and apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

Spans = tuple[tuple[int, int], ...]

#: Later than anything; still an integer that JSON keeps.
FOREVER: Final = 2**53
ALWAYS: Final[Spans] = ((0, FOREVER),)


def joined(spans: Iterable[tuple[int, int]]) -> Spans:
    """These stretches in order; those that meet or overlap become one, empty ones none."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return tuple(found)


def without(spans: Spans, others: Spans) -> Spans:
    """What is left of `spans` where none of the `others` is."""
    left: list[tuple[int, int]] = []
    for begin, end in spans:
        for other_begin, other_end in others:
            if other_end <= begin or end <= other_begin:
                continue
            if begin < other_begin:
                left.append((begin, other_begin))
            begin = other_end
            if begin >= end:
                break
        if begin < end:
            left.append((begin, end))
    return tuple(left)


def within(spans: Spans, begin: int, end: int) -> Spans:
    """The part of `spans` that lies from `begin` to just before `end`."""
    return joined((max(a, begin), min(b, end)) for a, b in spans)


def holds(spans: Spans, at: int) -> bool:
    """Whether the moment lies in one of them."""
    return any(begin <= at < end for begin, end in spans)


def next_begin(spans: Spans, after: int) -> int | None:
    """When the first of them begins that begins later than this; None when none does."""
    return next((begin for begin, _ in spans if begin > after), None)
