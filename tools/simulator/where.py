"""Says where in the firmware a board's traceback was: `python -m simulator.where < console.txt`.

Owns the way back from what shrink.py has made of the firmware. Run it in a checkout of the version
that the board has; it reads the console of a board and writes it with the lines of the source.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.interpreter import find_firmware
from simulator.names import Firmware
from simulator.shrink import ASKED, INTO, shrunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LINE = re.compile(r'File "bell\.(\w+)", line (\d+), in [^\s]+')
#: What was raised stands below the lines of a traceback.
_RAISED = re.compile(r'(^ +File "[^\n]*\n)(\w+)(?=[:\s]|\Z)', re.MULTILINE)


def told(console: str, sources: Mapping[str, str]) -> str:
    """`console` with the files, lines and functions of `sources`, which are by the names of their
    files. What is none of them stays as it is."""
    made = shrunk(sources)

    def of_source(found: re.Match[str]) -> str:
        whole = made.get(found[1] + ".py")
        place = whole and whole.places.get(int(found[2]))
        if not place:
            return found[0]
        function = _around(ast.parse(sources[place.module + ".py"]), place.line)
        return f'File "bell/{place.module}.py", line {place.line}, in {function}'

    names = _exceptions(sources)
    named = _RAISED.sub(lambda found: found[1] + names.get(found[2], found[2]), console)
    return _LINE.sub(of_source, named)


def _exceptions(sources: Mapping[str, str]) -> dict[str, str]:
    """What the exceptions of the firmware are called in its source, by their names on a board. The
    same short name may be that of several, in modules that never meet: then all are told."""
    texts = {name.removesuffix(".py"): text for name, text in sources.items()}
    firmware = Firmware(texts, [name for name in INTO if name in texts], ASKED)
    short = firmware.shortened()
    found: dict[str, set[str]] = {}
    for module in firmware.modules.values():
        raised = {name for node in ast.walk(module.tree) for name in _raised(node)}
        for word in raised & module.tops:
            key = firmware.of_word(module, word)
            if key is not None and key in short:
                found.setdefault(short[key], set()).add(word)
    return {word: " or ".join(sorted(names)) for word, names in found.items()}


def _raised(node: ast.AST) -> Iterator[str]:
    """The class that is made here, if it is one with a base: in the firmware those are
    exceptions."""
    if isinstance(node, ast.ClassDef) and node.bases:
        yield node.name


def _around(tree: ast.Module, line: int) -> str:
    name = "<module>"
    for node in ast.walk(tree):  # from the outside to the inside
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = node.name if node.lineno <= line <= (node.end_lineno or 0) else name
    return name


def main() -> None:
    """Translate what comes in."""
    paths = Path(find_firmware() / "bell").glob("*.py")
    sources = {path.name: path.read_text("utf-8") for path in paths}
    # A serial line has its noise, most of all while the power comes.
    sys.stdout.write(told(sys.stdin.buffer.read().decode(errors="replace"), sources))


if __name__ == "__main__":
    main()
