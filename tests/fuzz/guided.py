"""One decoder, led by what its code does: `python -m fuzz.guided packets FOLDER …`, with the
options of libFuzzer. Needs atheris."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(
    include=["lovebell.broker.packets", "lovebell.domain.wire", "bell"]
):
    from fuzz.doors import DOORS


def main() -> None:
    """Until the time is up or something is found."""
    door = DOORS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, door)
    atheris.Fuzz()


main()
