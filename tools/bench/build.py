"""Compiles the C tools of the benchmark. Knows the compiler, and nothing of what they do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SOURCES = Path(__file__).parent
FLAGS = ("-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror")
MISSING = (
    "There is no C compiler for the benchmark's load tool: run `sudo apt-get install gcc "
    "libc6-dev` and start again. 未安装 C 编译器：请先执行上述命令，再重新启动。"
)


class CompilerMissingError(RuntimeError):
    """No C compiler is installed; the message says how to install one."""


class CompileError(RuntimeError):
    """The compiler refused the source; the message is the compiler's own."""


def find_compiler() -> str | None:
    """The path of the C compiler, or None."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def compile_tool(name: str, folder: Path) -> Path:
    """Compile `<name>.c` into `folder` unless the program there is newer than every source.

    Returns the program. Raises CompilerMissingError or CompileError.
    """
    program = folder / name
    newest = max(path.stat().st_mtime_ns for path in SOURCES.glob("*.[ch]"))
    if program.exists() and program.stat().st_mtime_ns > newest:
        return program
    compiler = find_compiler()
    if compiler is None:
        raise CompilerMissingError(MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [compiler, *FLAGS, "-o", str(program), str(SOURCES / f"{name}.c")],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise CompileError(done.stderr)
    return program
