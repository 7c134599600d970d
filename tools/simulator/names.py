"""Which names the firmware may call otherwise on a board, and what they are called there.

Owns the reading of the modules: what each name in them stands for (`Module.key_of…`), which names
must not become the same one, and the choice of short ones. A key is what one new name is for:

- ("", name): an attribute, a method, or what a module shows to the others;
- (module, name): the same with an underscore before it, which is its module's alone;
- (module, "=", name): a parameter;
- (module, "top", name): what stands at the top of a module that is joined with others.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from functools import partial
from itertools import combinations, product
from string import ascii_letters, ascii_lowercase
from typing import TYPE_CHECKING, Final, TypeGuard

from simulator.loops import unrolled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

Key = tuple[str, ...]

_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# What firmware of ours has a name for and Python or MicroPython too, with another meaning: such a
# name stays, since nobody knows of which of the two an attribute is. tests/tools/test_build.py
# looks for more of them.
FOREIGN: Final = frozenset(
    (
        *("accept", "add", "clear", "close", "connect", "connected", "date", "decode", "digest"),
        *("encode", "end", "head", "join", "left", "load", "loads", "name", "now", "open", "press"),
        *("publish", "read", "release", "reset_cause", "run", "sample", "send", "sleep", "split"),
        *("ssid", "step", "stop", "subscribe", "tell", "ticks_add", "ticks_diff", "told", "unpack"),
        *("wait", "write"),
    )
)

_PYTHON: Final = {*dir(builtins), "const", "self"}


class Module:
    """One module of the firmware, read. `tops` are the names at its top; `aliases` and `taken` what
    it takes from other modules of ours: name -> module, and name -> (module, name there)."""

    def __init__(self, name: str, source: str, is_joined: bool, others: Collection[str]) -> None:
        self.name = name
        self.source = source
        self.is_joined = is_joined
        self.tree = unrolled(ast.parse(source))
        self.nodes = list(_walk(self.tree))
        self.words = set(re.findall(r"\b[A-Za-z_]\w*", source))
        self.aliases: dict[str, str] = {}
        self.taken: dict[str, tuple[str, str]] = {}
        self.foreign: set[str] = set()  # names of what it imports from elsewhere
        for node in self.nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._imports(node, others)
        self.tops = {word for node in self.tree.body for word in _tops(node)} - self.foreign
        self.parameters = {node.arg for node in self.nodes if isinstance(node, ast.arg)}
        self.methods = set(self._methods())

    def _imports(self, node: ast.Import | ast.ImportFrom, others: Collection[str]) -> None:
        package = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            known = alias.asname or alias.name
            if package == "bell" and alias.name in others:
                self.aliases[known] = alias.name
            elif package.split(".")[0] == "bell":
                self.taken[known] = (package.partition(".")[2] or "__init__", alias.name)
            else:
                self.foreign.add(known)

    def _methods(self) -> Iterator[str]:
        """The names of the attributes that are made in here."""
        for node in self.nodes:
            if isinstance(node, ast.ClassDef):
                yield from (word for each in node.body for word in _tops(each))
            elif is_of(node, "self") and isinstance(node.ctx, ast.Store):
                yield node.attr

    def top(self, word: str) -> Key:
        """The key of what stands at the top of this module by that name."""
        return (self.name, "top", word) if self.is_joined else self.attribute(word)

    def attribute(self, word: str) -> Key:
        """The key of an attribute that is used in this module."""
        return (self.name, word) if is_private(word) else ("", word)


class Firmware:
    """All modules together; `joined` are those that become one with others. `asked` says for names
    that somebody else asks for, and so must stay, of which module."""

    def __init__(
        self, sources: Mapping[str, str], joined: Collection[str], asked: Mapping[str, str]
    ) -> None:
        self.modules = {
            name: Module(name, source, name in joined, sources) for name, source in sources.items()
        }
        self._asked = asked
        self._kept = set(_PYTHON)
        said: set[str] = set()
        for module in self.modules.values():
            for node in module.nodes:
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    said.add(node.value)  # somebody may ask for it with getattr()
                elif isinstance(node, ast.keyword) and node.arg is not None:
                    self._kept.add(node.arg)
        self._ours = self._owned()
        self._said = said

    def _owned(self) -> set[str]:
        owned: set[str] = set()
        for module in self.modules.values():
            owned |= module.methods | (set() if module.is_joined else module.tops)
        return owned

    def of_word(self, module: Module, word: str) -> Key | None:
        """What a name in that module stands for; None if it is not ours to change."""
        if word in module.aliases:
            return None
        if word in module.taken:
            origin = self.modules.get(module.taken[word][0])
            return None if origin is None else self._free(origin.top(module.taken[word][1]))
        if word in module.tops:
            return self._free(module.top(word))
        return self._free((module.name, "=", word)) if word in module.parameters else None

    def of_node(self, module: Module, node: ast.Attribute) -> Key | None:
        """The same for an attribute, which may be one of a module."""
        origin = self.module_of(module, node.value)
        if origin is not None and origin.is_joined:
            return self._free(origin.top(node.attr))
        if is_private(node.attr) and node.attr not in module.methods | module.tops:
            raise ValueError(
                f"{module.name} uses private names that are not its own: [{node.attr!r}]"
            )
        return self.of_attribute(module, node.attr)

    def of_attribute(self, module: Module, word: str) -> Key | None:
        """The same for the name of an attribute or a method."""
        return self._free(module.attribute(word)) if word in self._ours else None

    def module_of(self, module: Module, node: ast.AST) -> Module | None:
        """The module of ours that this name stands for."""
        known = isinstance(node, ast.Name) and module.aliases.get(node.id)
        return self.modules.get(known) if known else None

    def _free(self, key: Key) -> Key | None:
        word = key[-1]
        is_dunder = word.startswith("__")
        is_attribute = len(key) == 2  # of nobody knows what
        is_foreign = is_attribute and (word in self._said | FOREIGN | self._asked.keys())
        is_asked = key[0] == self._asked.get(word)
        return None if word in self._kept or is_dunder or is_foreign or is_asked else key

    def shortened(self) -> dict[Key, str]:
        """A short name for each key, the same for as many as can do with it."""
        apart: dict[Key, set[Key]] = {}
        tops: set[Key] = set()
        for module in self.modules.values():
            attributes, variables = self._in(module)
            tops |= {key for key in variables if key[1] == "top"}
            if module.is_joined:  # what it imports stands at the top of all of them
                tops |= {key for key in map(partial(self.of_word, module), module.taken) if key}
            _keep_apart(apart, attributes)
            _keep_apart(apart, variables)
        _keep_apart(apart, tops)
        used = {word for module in self.modules.values() for word in module.words}
        free = [word for word in _short() if word not in used | self._kept]
        chosen: dict[Key, str] = {}
        for key in sorted(apart, key=lambda key: (-len(apart[key]), key)):
            near = {chosen[other] for other in apart[key] if other in chosen}
            chosen[key] = next(word for word in free if word not in near)
        return chosen

    def _in(self, module: Module) -> tuple[set[Key], set[Key]]:
        """The attributes and the other names in that module."""
        attributes = {self.of_attribute(module, word) for word in module.methods}
        variables = {self.of_word(module, word) for word in module.tops}
        for node in module.nodes:
            if isinstance(node, ast.Attribute):
                key = self.of_node(module, node)
                (variables if key and key[1] == "top" else attributes).add(key)
            elif isinstance(node, ast.arg):
                variables.add(self.of_word(module, node.arg))
            elif isinstance(node, ast.Name):
                variables.add(self.of_word(module, node.id))
            if isinstance(node, ast.ClassDef):  # in its body both are looked for
                names = [each for one in node.body for each in _evaluated(one)]
                attributes |= {self.of_word(module, name.id) for name in names}
        return {key for key in attributes if key}, {key for key in variables if key}


def is_private(word: str) -> bool:
    """Whether a name is its module's own."""
    return word.startswith("_") and not word.startswith("__") and len(word) > 1


def is_of(node: ast.AST, word: str) -> TypeGuard[ast.Attribute]:
    """Whether it is an attribute of what goes by that name."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id == word
    return False


def _keep_apart(apart: dict[Key, set[Key]], keys: set[Key]) -> None:
    for key in keys:
        apart.setdefault(key, set())
    for one, other in combinations(keys, 2):
        apart[one].add(other)
        apart[other].add(one)


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but annotations, which are nothing on a board."""
    yield tree
    for child in _children(tree):
        yield from _walk(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node but for annotations."""
    unwanted = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    return (child for child in ast.iter_child_nodes(node) if child not in unwanted)


def _tops(node: ast.stmt) -> Iterable[str]:
    if isinstance(node, _DEFINITIONS):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [
            each.id for one in node.targets for each in ast.walk(one) if isinstance(each, ast.Name)
        ]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    if isinstance(node, (ast.If, ast.Try, ast.For, ast.While, ast.With)):
        return [
            word
            for each in ast.iter_child_nodes(node)
            if isinstance(each, ast.stmt)
            for word in _tops(each)
        ]
    return []


def _evaluated(node: ast.stmt) -> Iterator[ast.Name]:
    """The names that are looked for while the body of a class is carried out."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        parts: list[ast.AST] = [*node.decorator_list, *node.args.defaults]
    else:
        parts = [node]
    for part in parts:
        yield from (each for each in ast.walk(part) if isinstance(each, ast.Name))


def _short() -> Iterator[str]:
    yield from (word for word in ascii_letters)
    for pair in product(ascii_lowercase, ascii_letters):
        word = "".join(pair)
        if not keyword.iskeyword(word):
            yield word
