"""Comprehensions that become loops before the firmware is compiled."""

import ast
from pathlib import Path

import pytest

from simulator.loops import unrolled

FIRMWARE = Path(__file__).parents[2] / "firmware"

# Each function is called with a list of numbers and with say(), which takes note of who was asked
# for what, and gives it back.
FUNCTIONS = """
import asyncio

def listed(numbers, say):
    return [say(one) + 1 for one in numbers if one % 2 if say(one) > 2]

def named_alike(numbers, say):
    one = say("outside")
    numbers = [one for one in numbers]
    return one, numbers

def in_a_call(numbers, say):
    found = []
    found.extend([("got", say(one)) for one in numbers])
    return tuple(say(one) for one in found), found

def by_name(numbers, say):
    by = {name: say(value) for name, value in enumerate(numbers) if name != 1}
    return by, " ".join(str(say(one)) for one in numbers if one)

def asked(numbers, say):
    if any(say(one) > 2 for one in numbers if one != 4):
        return "any"
    elif all(say(one) < 2 for one in numbers):
        return "all"
    return not any(one for one in numbers), bool(numbers) and all(say(one) for one in numbers)

def gathered(numbers, say):
    numbers = list(numbers)
    kept = numbers
    numbers += [say(one) for one in numbers]
    for one in [each for each in numbers if each != 1]:
        numbers.remove(one)
        while [each for each in numbers if each == one]:
            numbers.remove(one)
    return min(max([one for one in kept] or [0]), 7), kept

def later(numbers, say):
    first = say(1) and [say(one) for one in numbers]
    second = say("left") == [say(one) for one in numbers]
    third = (say("begin"), [say(one) for one in numbers])
    return first, second, third, [one + other for one in numbers for other in numbers]

def nested(numbers, say):
    return [[say((one, other)) for other in numbers] for one in numbers], [
        make() for make in [lambda one=one: say(one) for one in numbers]
    ]

def failing(numbers, say):
    try:
        return [6 // say(one) for one in numbers][-1:]
    except ZeroDivisionError as why:
        return str(why), [one for one in numbers]

def within(numbers, say):
    class Here:
        every = [one for one in (1, 2)]
        def ask(self):
            return any(say(one) for one in numbers)
    return Here.every, Here().ask()

def waiting(numbers, say):
    async def wait():
        return [say(one) for one in numbers], [await other(one) for one in numbers]
    async def other(one):
        return tuple(say(each) for each in (one, one))
    return asyncio.run(wait())
"""
NAMES = [node.name for node in ast.parse(FUNCTIONS).body if isinstance(node, ast.FunctionDef)]


def played(tree, name, numbers):
    """What the function gives, and what it asked for in which order."""
    names = {}
    exec(compile(tree, "it", "exec"), names)  # noqa: S102
    said = []

    def say(what):
        said.append(what)
        return what

    try:
        return names[name](numbers, say), said
    except Exception as why:  # noqa: BLE001 - it is to be the same one
        return repr(why), said


@pytest.mark.parametrize("name", NAMES)
def test_a_loop_does_what_the_comprehension_did_in_the_same_order(name):
    for numbers in ([], [1], [0, 0], [1, 2], [3, 1, 2, 0], [2, 2, 4, 5, 1], ["a", 3]):
        before = played(ast.parse(FUNCTIONS), name, list(numbers))
        assert played(unrolled(ast.parse(FUNCTIONS)), name, list(numbers)) == before


def comprehensions(tree):
    kinds = (ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)
    return sum(isinstance(node, kinds) for node in ast.walk(tree))


def test_what_is_not_worked_out_first_stays():
    def left(line):
        tree = ast.parse("def it(many, say):\n    " + line)
        return comprehensions(unrolled(tree))

    for line in (
        "found = [one for one in many]",
        "say[0].it = {one: 1 for one in many}",
        "say.it(all(one for one in many), say())",
    ):
        assert left(line) == 0, line
    for line in (
        "while any(one for one in many): pass",
        "return say() or any(one for one in many)",
        "say(say(), [one for one in many])",
        "say().it([one for one in many])",
        "say(one for one in many)",  # whoever takes it may not want all of it
        "say[0] += [one for one in many]",
        "return {say(one): say() for one in many}",
        "return [(lambda: one) for one in many]",
        "return [other for one in many for other in one]",
        "return {one for one in many}",
    ):
        assert left(line) == 1, line


def test_few_are_left_in_the_firmware_and_every_statement_has_its_line():
    before = after = 0
    for path in (FIRMWARE / "bell").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        parts = (ast.stmt, ast.ListComp, ast.DictComp, ast.GeneratorExp, ast.Call)
        lines = {node.lineno for node in ast.walk(tree) if isinstance(node, parts)}
        before += comprehensions(tree)
        tree = unrolled(tree)
        after += comprehensions(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt):
                assert node.lineno in lines, path
    assert after * 3 < before
