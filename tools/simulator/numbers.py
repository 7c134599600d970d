"""Numbers that are given to the tools of this repository, and what is said of wrong ones.

Owns the sentence, in English and in Chinese, for click's options and for argparse's.
"""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # generic only in later releases of click


def whole(text: str, least: int, most: int | None = None) -> int:
    """The whole number that `text` is. Raises ValueError, with what to give."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 20
    if is_number and least <= int(text) and (most is None or int(text) <= most):
        return int(text)
    if most is None:
        wanted = f"a whole number from {least} on. 请给一个不小于 {least} 的整数。"
    else:
        wanted = f"a whole number from {least} to {most}. 请给一个 {least} 到 {most} 的整数。"
    raise ValueError(f"{text!r}: give {wanted}")


def argument(least: int) -> Callable[[str], int]:
    """What argparse reads a whole number with, from `least` on. It raises ArgumentTypeError."""

    def read(text: str) -> int:
        try:
            return whole(text, least)
        except ValueError as why:
            raise argparse.ArgumentTypeError(str(why)) from None

    return read


class Whole(_ParamType):
    """A whole number of an option, from `least` to `most` or on."""

    name = "number"

    def __init__(self, least: int, most: int | None = None) -> None:
        self._least = least
        self._most = most

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """The number. Raises BadParameter."""
        try:
            return whole(str(value), self._least, self._most)
        except ValueError as why:
            self.fail(str(why), param, ctx)


class Hours(_ParamType):
    """For so long; a run of nan or of endless hours would never end."""

    name = "hours"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number. Raises BadParameter."""
        try:
            hours = float(value)
        except ValueError:
            hours = math.nan
        if not math.isfinite(hours) or hours <= 0:
            self.fail(
                f"{value!r}: give a number of hours above 0, such as 0.5. "
                f"请给一个大于 0 的小时数，如 0.5。",
                param,
                ctx,
            )
        return hours
