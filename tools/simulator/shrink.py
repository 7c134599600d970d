"""Makes the firmware smaller on the board without a change to what it does.

Owns the changes that are made to the modules before they are compiled. On the heap of a board
every module costs a table of its names, every name its letters and a place in that table, and every
constant of a module another:

- modules that are always needed together are joined to one;
- names of our own become short ones, and the same ones again wherever nothing can confuse them
  (names.py);
- integers and short words that never change are written into the code (constants.py);
- comprehensions become loops (loops.py).

What the lines of a traceback were, where.py tells.
"""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar, cast

from simulator.constants import constants
from simulator.names import Firmware, is_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simulator.constants import Values
    from simulator.names import Key, Module

# Joined under the name of the last one, which may use those before it. Not all to one: what loads
# a module leaves holes as small as a name behind it, which the next one fills. And not wifi.py: the
# set-up of the Wi-Fi needs that of the link, and no room for more.
JOINED: Final = {
    "start": ("starts", "start"),
    "wire": ("ticks", "strict", "wire"),
    "board": ("debounce", "contact", "voice", "patterns", "board"),
    "link": ("clock", "dial", "mqtt", "trust", "link"),
    "app": ("console", "journal", "vigil", "health", "pending", "app"),
}
INTO: Final = {part: whole for whole, parts in JOINED.items() for part in parts}
# What somebody who is not compiled with them asks of which module: main.py, and whoever wants to
# know a firmware's version.
ASKED: Final = {
    "run": "start",
    "farewell": "start",
    "begin": "slots",
    "cannot_start": "slots",
    "VERSION": "__init__",
}

_Named = TypeVar("_Named", ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Place(NamedTuple):
    """A line of a module."""

    module: str
    line: int


class Shrunk(NamedTuple):
    """A module made smaller, and where each of its lines, from 1, has come from."""

    source: str
    places: dict[int, Place]


def shrunk(sources: Mapping[str, str]) -> dict[str, Shrunk]:
    """The modules of a package by the names of their files, made smaller.

    Raises ValueError where a private name is used that its module does not own: renamed, it would
    no longer be found.
    """
    texts = {name.removesuffix(".py"): text for name, text in sources.items()}
    firmware = Firmware(texts, [name for name in INTO if name in texts], ASKED)
    short = firmware.shortened()
    values = constants(firmware)
    made: dict[str, list[Module]] = {}
    for part in [*INTO, *texts]:
        if part in texts and firmware.modules[part] not in made.get(INTO.get(part, part), []):
            made.setdefault(INTO.get(part, part), []).append(firmware.modules[part])
    return {
        whole + ".py": _written(parts, _Changes(firmware, short, values))
        for whole, parts in made.items()
    }


def _written(parts: list[Module], changes: _Changes) -> Shrunk:
    source = ""
    places: dict[int, Place] = {}
    for part in parts:
        changed = changes.made_to(part)
        text = ast.unparse(changed) + "\n"
        above = source.count("\n")
        # Written and read again it is the same tree, with other lines.
        pairs = zip(_with_line(changed), _with_line(ast.parse(text)), strict=True)
        places.update({above + new.lineno: Place(part.name, old.lineno) for old, new in pairs})
        source += text
    return Shrunk(source, places)


def _with_line(tree: ast.Module) -> list[ast.stmt | ast.excepthandler]:
    return [node for node in ast.walk(tree) if isinstance(node, (ast.stmt, ast.excepthandler))]


class _Changes(ast.NodeTransformer):
    """What is changed in the modules that become one, one after the other."""

    def __init__(self, firmware: Firmware, short: Mapping[Key, str], values: Values) -> None:
        self._firmware = firmware
        self._short = short
        self._values = values
        self._imported: set[str] = set()  # what stands at the top of those before

    def made_to(self, module: Module) -> ast.Module:
        """The tree of that module, changed; the lines in it are still those of its source."""
        self._module = module
        self._within: ast.AST | None = None  # the class or function that we are in
        tree = ast.fix_missing_locations(copy.deepcopy(module.tree))
        return ast.fix_missing_locations(cast("ast.Module", self.visit(tree)))

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """All parts of it; a body in which nothing is left does nothing."""
        super().generic_visit(node)
        if isinstance(node, ast.stmt | ast.excepthandler) and getattr(node, "body", None) == []:
            node.body = [ast.copy_location(ast.Pass(), node)]  # type: ignore[attr-defined]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        target = node.targets[0]
        is_top = self._within is None and isinstance(target, ast.Name)
        if is_top and (self._module.name, cast("ast.Name", target).id) in self._values:
            return None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.visit_Assign(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        value = self._values.get(self._module.taken.get(node.id, (self._module.name, node.id)))
        if value is not None:
            return ast.copy_location(ast.Constant(value), node)
        if isinstance(self._within, ast.ClassDef) and node.id in self._module.methods:
            key = self._firmware.of_attribute(self._module, node.id)  # one of the class itself
            node.id = self._short[key] if key else node.id
        else:
            node.id = self._word(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        origin = self._firmware.module_of(self._module, node.value)
        key = self._firmware.of_node(self._module, node)
        value = self._values.get((origin.name, node.attr)) if origin else None
        if value is not None:
            return ast.copy_location(ast.Constant(value), node)
        node.attr = self._short[key] if key else node.attr
        if origin is not None and origin.is_joined:
            return ast.copy_location(ast.Name(node.attr, node.ctx), node)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self._word(node.arg)
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self._definition(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self._definition(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._definition(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = node.name and self._word(node.name)
        return self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> ast.AST:
        node.names = [self._word(word) for word in node.names]
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        return self._once(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.AST] | None:
        asked: dict[str, dict[str, None]] = {}
        for alias in node.names:
            for place, words in self._asked(node.module or "", alias):
                asked.setdefault(place, {}).update(dict.fromkeys(words))
        asked.pop("bell." + INTO.get(self._module.name, ""), None)
        made = [
            ast.copy_location(
                ast.ImportFrom(place, [ast.alias(*word.split()) for word in words], 0), node
            )
            for place, words in asked.items()
            if words
        ]
        return [one for one in made if self._once(one)] or None

    def _definition(self, node: _Named) -> ast.AST:
        is_method = isinstance(self._within, ast.ClassDef)
        find = self._firmware.of_attribute if is_method else self._firmware.of_word
        key = find(self._module, node.name)
        node.name = self._short[key] if key else node.name
        outside, self._within = self._within, node
        self.generic_visit(node)
        self._within = outside
        return node

    def _word(self, word: str) -> str:
        key = self._firmware.of_word(self._module, word)
        return self._short[key] if key else word

    def _once(self, node: ast.stmt) -> ast.AST | None:
        """An import, unless it stands at the top already."""
        text = ast.unparse(node)
        if text in self._imported:
            return None
        if self._within is None:
            self._imported.add(text)
        return node

    def _asked(self, package: str, alias: ast.alias) -> Iterator[tuple[str, list[str]]]:
        """What is to be imported from where for what was imported by that name: of a module of
        ours that is joined only what is used of it, and no constant."""
        module, known = self._module, alias.asname or alias.name
        if known in module.taken:
            origin, word = module.taken[known]
            if (origin, word) not in self._values:
                place = "bell" if origin == "__init__" else "bell." + INTO.get(origin, origin)
                yield place, [self._word(known)]
        elif known in module.aliases and alias.name in INTO:
            yield "bell." + INTO[alias.name], list(self._used(known, alias.name))
        else:
            yield package, [alias.name + (f" {known}" if alias.asname else "")]

    def _used(self, known: str, origin: str) -> Iterator[str]:
        """What is used of the joined module that is known by that name."""
        for node in self._module.nodes:
            if is_of(node, known) and (origin, node.attr) not in self._values:
                key = self._firmware.of_node(self._module, node)
                yield self._short[key] if key else node.attr
