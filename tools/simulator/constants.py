"""The constants of the firmware that can be written into its code.

Owns the decision which: integers, and words so short that MicroPython keeps them as names. Nothing
may store them again, and nobody may ask for them as an attribute of he knows not which module.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from simulator.names import is_private

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.names import Firmware, Module

Values = dict[tuple[str, str], "int | str"]

_SHORT = 10  # MICROPY_ALLOC_PARSE_INTERN_STRING_LEN: what is longer becomes an object
_SIGNS: Final[dict[type[ast.operator], Callable[[int, int], int]]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.LShift: lambda left, right: left << right,
}


def constants(firmware: Firmware) -> Values:
    """The value of each constant by its module and name."""
    values: Values = {}
    loose = {
        node.attr
        for module in firmware.modules.values()
        for node in module.nodes
        if isinstance(node, ast.Attribute) and firmware.module_of(module, node.value) is None
    }
    for module in firmware.modules.values():
        for node in module.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                word = node.targets[0].id
                value = _value(values, module, node.value)
                if value is not None and word not in loose and _is_one(module, word, value):
                    values[module.name, word] = value
    return values


def _is_one(module: Module, word: str, value: int | str) -> bool:
    is_ours_alone = is_private(word) or module.is_joined or isinstance(value, int)
    stored = [
        node
        for node in module.nodes
        if isinstance(node, ast.Name) and node.id == word and isinstance(node.ctx, ast.Store)
    ]
    return is_ours_alone and len(stored) == 1 and word not in module.parameters


def _value(values: Values, module: Module, node: ast.expr) -> int | str | None:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and len(node.value) <= _SHORT:
            return node.value
        return node.value if type(node.value) is int else None
    if isinstance(node, ast.Name):
        return values.get((module.name, node.id))
    if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS:
        left, right = (_value(values, module, side) for side in (node.left, node.right))
        if isinstance(left, int) and isinstance(right, int):
            return _SIGNS[type(node.op)](left, right)
    return None
