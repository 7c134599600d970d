"""Makes the firmware smaller on the board without a change to what it does or to its lines.

Owns the changes that are made to a module before it is compiled. On the heap of a board every
name that occurs costs its letters and a place in a table, and every constant of a module another:
- private names become short ones, the same in all modules: `self._pause_ms` is `self._b` there;
- so do the parameters that nobody names when calling;
- integers that only their own module uses are written into the code.
A traceback still tells file and line.
"""

from __future__ import annotations

import ast
import builtins
import io
import tokenize
from itertools import product
from string import ascii_lowercase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def shrunk(modules: Mapping[str, str]) -> dict[str, str]:
    """The sources of a package's modules by name, made smaller.

    Raises ValueError where a private name is used that its module does not own: renamed, it would
    no longer be found.
    """
    trees = {name: ast.parse(source) for name, source in modules.items()}
    shared = {used for tree in trees.values() for used in _used_elsewhere(tree)}
    named = {word for tree in trees.values() for word in _named_in_calls(tree)}
    made: dict[str, str] = {}
    for name, source in modules.items():
        constants = _constants(trees[name], shared)
        private = _private(name, trees[name]) | constants
        taken = {token.string for token in _tokens(source) if token.type == tokenize.NAME}
        short = (letters for letters in _short() if letters not in taken)
        everywhere = dict(zip(sorted(private), short, strict=False))
        parameters = sorted(_parameters(trees[name]) - named - private)
        places = _places(trees[name], source, dict(zip(parameters, short, strict=False)))
        made[name] = _renamed(source, everywhere, places, constants)
    return made


def _used_elsewhere(tree: ast.Module) -> Iterator[str]:
    """Names that this module takes from others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _named_in_calls(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg is not None:
            yield node.arg


def _parameters(tree: ast.Module) -> set[str]:
    """Names that are parameters in this module, and nothing else but local variables."""
    parameters: set[str] = set()
    others = {"self"}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            parameters.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            others.add(node.name)
        elif isinstance(node, ast.alias):
            others.add(node.asname or node.name)
        elif isinstance(node, ast.ExceptHandler):
            others.add(node.name or "")
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            others.update(node.names)
    for node in tree.body:  # what is stored at the top is a name that other modules may know
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            others.update(each.id for each in ast.walk(node) if isinstance(each, ast.Name))
    return {word for word in parameters - others if len(word) > 1 and not hasattr(builtins, word)}


def _places(tree: ast.Module, source: str, short: Mapping[str, str]) -> dict[tuple[int, int], str]:
    """Where the short names of parameters go, by row and column as tokenize counts them."""
    lines = source.encode().split(b"\n")
    places: dict[tuple[int, int], str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, (ast.arg, ast.Name)):
            continue
        word = node.arg if isinstance(node, ast.arg) else node.id
        if word in short:
            column = len(lines[node.lineno - 1][: node.col_offset].decode())
            places[node.lineno, column] = short[word]
    return places


def _constants(tree: ast.Module, shared: set[str]) -> set[str]:
    """Names of integers at the top of the module that nobody else knows and nothing changes."""
    stored = [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            is_ours = name not in shared and stored.count(name) == 1
            if is_ours and node.lineno == node.end_lineno and _is_integer(node.value):
                found.add(name)
    return found


def _is_integer(value: ast.expr) -> bool:
    allowed = (ast.Constant, ast.BinOp, ast.operator)
    return all(
        isinstance(node, allowed)
        and not (isinstance(node, ast.Constant) and type(node.value) is not int)
        and not isinstance(node, ast.Div)
        for node in ast.walk(value)
    )


def _private(name: str, tree: ast.Module) -> set[str]:
    owned: set[str] = set()
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            owned.add(node.name)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            word = node.id if isinstance(node, ast.Name) else node.attr
            used.add(word)
            if isinstance(node.ctx, ast.Store):
                owned.add(word)
    private = {word for word in owned | used if _is_private(word)}
    if foreign := private - owned:
        raise ValueError(f"{name} uses private names that are not its own: {sorted(foreign)}")
    return private


def _is_private(word: str) -> bool:
    return word.startswith("_") and not word.startswith("__") and len(word) > 1


def _short() -> Iterator[str]:
    for length in (1, 2):
        for letters in product(ascii_lowercase, repeat=length):
            yield "_" + "".join(letters)


def _renamed(
    source: str,
    short: Mapping[str, str],
    places: Mapping[tuple[int, int], str],
    constants: set[str],
) -> str:
    lines = source.splitlines(keepends=True)
    # From the end, so that the places before stay where they are.
    for token in reversed(list(_tokens(source))):
        new = places.get(token.start) or short.get(token.string)
        if token.type == tokenize.NAME and new is not None:
            row, column = token.start[0] - 1, token.start[1]
            line = lines[row]
            lines[row] = line[:column] + new + line[token.end[1] :]
            if column == 0 and token.string in constants:
                lines[row] = _as_constant(lines[row])
    return "".join(lines)


def _as_constant(line: str) -> str:
    left, _, right = line.partition(" = ")
    value, hash_, comment = right.rstrip("\n").partition("#")
    return f"{left} = const({value.strip()})  {hash_}{comment}\n"


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(source).readline)
