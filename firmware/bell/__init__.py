"""The firmware of the love doorbell: one package for the button and the chime."""

import sys

VERSION = "0.1.0"


def release(name: str) -> None:
    """Let go of a module of ours that has done its work: on a board its place is needed."""
    sys.modules.pop("bell." + name, None)
    package = sys.modules["bell"]
    if hasattr(package, name):
        delattr(package, name)
