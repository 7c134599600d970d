"""Comprehensions of the firmware written as loops.

Owns the decision which. On a board a comprehension is a function of its own: its code, the object
that stands for it, and a call. As a loop it does the same in the same order, where it is the first
thing that its statement works out; elsewhere it stays.
"""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_Comprehension = ast.ListComp | ast.GeneratorExp | ast.DictComp
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_NESTED = (
    *(ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp),
    *(ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr),
)

_OWN = (*_NESTED, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def unrolled(tree: ast.Module) -> ast.Module:
    """`tree`, changed in place. New statements have the line of what they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, _Function):
            numbers = iter(range(1_000))
            for body in list(_bodies(node)):
                body[:] = [each for one in body for each in _statements(one, numbers)]
    return ast.fix_missing_locations(tree)


def _bodies(function: _Function) -> Iterator[list[ast.stmt]]:
    """Every list of statements in a function, but for those of functions and classes in it."""
    waiting: list[ast.AST] = [function]
    while waiting:
        node = waiting.pop()
        for name in ("body", "orelse", "finalbody"):
            if isinstance(found := getattr(node, name, None), list):
                yield found
        waiting.extend(each for each in ast.iter_child_nodes(node) if not isinstance(each, _OWN))


def _statements(statement: ast.stmt, numbers: Iterator[int]) -> list[ast.stmt]:
    """The statement, behind the loop that works out its first comprehension."""
    field = "iter" if isinstance(statement, ast.For) else "value"
    field = "test" if isinstance(statement, ast.If) else field
    whole = getattr(statement, field, None)
    is_one = isinstance(statement, _STATEMENTS) or (
        isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name)
    )
    if not is_one or not isinstance(whole, ast.expr):
        return [statement]
    found = _first(whole)
    if found is None or not _is_plain(found):
        return [statement]
    made = f"_made{next(numbers)}"
    loop = _loop(found, made, numbers)
    setattr(statement, field, _Replaced(found, made).visit(whole))
    return [*(ast.copy_location(one, found) for one in loop), statement]


# What works out its expression once, before all else that it does. So does `a += …`, but for a look
# at `a`, which no comprehension stores.
_STATEMENTS = (ast.Assign, ast.Return, ast.Expr, ast.For, ast.If)


def _first(node: ast.expr) -> ast.expr | None:
    """The comprehension, or the call that does nothing but take one, that is worked out first."""
    if isinstance(node, (ast.ListComp, ast.DictComp)) or _is_question(node):
        return node
    if isinstance(node, ast.Call):
        if not _is_inert(node.func):
            return _first(node.func)
        if not node.args:
            return None
        is_whole = _takes_all(node.func) and isinstance(node.args[0], ast.GeneratorExp)
        return node.args[0] if is_whole else _first(node.args[0])
    if isinstance(node, (ast.BoolOp, ast.Tuple)):
        parts = node.values if isinstance(node, ast.BoolOp) else node.elts
        return _first(parts[0]) if parts else None
    for kind, field in _BEGINS.items():
        if isinstance(node, kind):
            return _first(getattr(node, field))
    return None


# Which part of an expression is worked out before the others.
_BEGINS: dict[type[ast.expr], str] = {
    ast.Attribute: "value",
    ast.BinOp: "left",
    ast.Compare: "left",
    ast.IfExp: "test",
    ast.Subscript: "value",
    ast.UnaryOp: "operand",
}


def _is_inert(node: ast.expr) -> bool:
    """Whether it is the same before and after a comprehension: a name, which is of a function, a
    module or a variable here that no comprehension stores, or a method of one."""
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, (ast.Name, ast.Constant))
    return isinstance(node, ast.Name)


def _takes_all(function: ast.expr) -> bool:
    """Whether it makes a list of what it is given before it does anything: tuple, or " ".join."""
    if isinstance(function, ast.Attribute):
        return function.attr == "join" and isinstance(function.value, ast.Constant)
    return isinstance(function, ast.Name) and function.id == "tuple"


def _is_question(node: ast.expr) -> bool:
    """Whether it is any(…) or all(…)."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return False
    is_asked = node.func.id in ("any", "all") and len(node.args) == 1
    return is_asked and isinstance(node.args[0], ast.GeneratorExp)


def _is_plain(found: ast.expr) -> bool:
    """Whether one loop does what it does."""
    inner = _comprehension(found)
    parts = [part for each in ast.iter_child_nodes(inner) for part in ast.walk(each)]
    is_simple = len(inner.generators) == 1 and not inner.generators[0].is_async
    if isinstance(inner, ast.DictComp):  # as a loop the value would be worked out before the key
        is_simple = is_simple and isinstance(inner.key, ast.Name)
    return is_simple and not any(isinstance(part, _NESTED) for part in parts)


def _comprehension(found: ast.expr) -> _Comprehension:
    inner = found.args[0] if isinstance(found, ast.Call) else found
    if not isinstance(inner, _Comprehension):
        raise TypeError(ast.unparse(found))
    return inner


def _loop(found: ast.expr, made: str, numbers: Iterator[int]) -> list[ast.stmt]:
    """The statements after which `made` is what it gives."""
    inner = copy.deepcopy(_comprehension(found))
    generator = inner.generators[0]
    # What the loop is over is worked out outside, where the names mean what they did.
    own = {node.id for node in ast.walk(generator.target) if isinstance(node, ast.Name)}
    renamed = _Renamed({word: f"_each{next(numbers)}" for word in sorted(own)})
    for part in (generator.target, *generator.ifs):
        renamed.visit(part)
    begin, body = _work(found, inner, renamed, made)
    for condition in reversed(generator.ifs):
        inside: list[ast.stmt] = [ast.If(condition, body, [])]
        body = inside
    loop: list[ast.stmt] = [ast.Assign([ast.Name(made, ast.Store())], begin)]
    return [*loop, ast.For(generator.target, generator.iter, body, [])]


def _work(
    found: ast.expr, inner: _Comprehension, renamed: _Renamed, made: str
) -> tuple[ast.expr, list[ast.stmt]]:
    """(what it begins with, what is done for each)."""
    name = ast.Name(made, ast.Load())
    if isinstance(inner, ast.DictComp):
        place = ast.Subscript(name, renamed.visit(inner.key), ast.Store())
        return ast.Dict([], []), [ast.Assign([place], renamed.visit(inner.value))]
    each = renamed.visit(inner.elt)
    if isinstance(found, ast.Call) and isinstance(found.func, ast.Name):
        is_any = found.func.id == "any"
        answer = ast.Assign([ast.Name(made, ast.Store())], ast.Constant(is_any))
        condition = each if is_any else ast.UnaryOp(ast.Not(), each)
        return ast.Constant(not is_any), [ast.If(condition, [answer, ast.Break()], [])]
    append = ast.Call(ast.Attribute(name, "append", ast.Load()), [each], [])
    return ast.List([], ast.Load()), [ast.Expr(append)]


class _Renamed(ast.NodeTransformer):
    """Names by other names."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._names.get(node.id, node.id)
        return node


class _Replaced(ast.NodeTransformer):
    """An expression by the name of what it has given."""

    def __init__(self, old: ast.expr, made: str) -> None:
        self._old = old
        self._made = made

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._old:
            return ast.copy_location(ast.Name(self._made, ast.Load()), node)
        return self.generic_visit(node)
