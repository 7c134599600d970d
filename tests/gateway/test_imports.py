"""Who may import whom. The shape of the house, kept by reading the import statements."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GATEWAY = ROOT / "gateway" / "lovebell"
FIRMWARE = ROOT / "firmware"
BELL = FIRMWARE / "bell"
TOOLS = ROOT / "tools"

#: All that the domain takes from elsewhere: values, no clock, no disk, no network. The
#: rules of time zones are values too, though zoneinfo reads them from the disk.
VALUES = {
    "__future__",
    "collections",
    "collections.abc",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "heapq",
    "ipaddress",
    "itertools",
    "json",
    "orjson",
    "re",
    "typing",
    "zoneinfo",
}
#: The only place of each of these.
ONLY = {
    "sqlalchemy": [GATEWAY / "store"],
    "alembic": [GATEWAY / "store"],
    "click": [GATEWAY / "commands", GATEWAY / "cli.py", GATEWAY / "words", GATEWAY / "demo"],
    "rich": [GATEWAY / "commands", GATEWAY / "demo"],
    "aiosmtplib": [GATEWAY / "notify" / "senders" / "mail.py"],
    "yarl": [GATEWAY / "notify" / "http.py"],
    "pydantic": [GATEWAY / "config.py"],
    "pydantic_settings": [GATEWAY / "config.py"],
}
#: The shells: they know the domain, and never each other.
SHELLS = ("broker", "store", "notify", "web", "provision")
#: Who puts everything together.
COMPOSERS = (GATEWAY / "cli.py", GATEWAY / "__main__.py", GATEWAY / "commands", GATEWAY / "demo")
#: Leaves that any module of the gateway may use.
COMMON = {"lovebell", "lovebell.clock", "lovebell.domain"}


def modules(*places: Path) -> list[Path]:
    found = [place for place in places if place.is_file()]
    for place in places:
        found += place.rglob("*.py") if place.is_dir() else []
    return sorted(found)


def imports(path: Path, *, running: bool = False) -> set[str]:
    """Every module that a file imports; with `running`, without what only a type checker sees."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    if running:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                skipped |= {below for child in node.body for below in ast.walk(child)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: name the package in full"
            module = node.module or ""
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def within(path: Path, places: list[Path] | tuple[Path, ...]) -> bool:
    return any(path == place or place in path.parents for place in places)


def below(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def cases(*places: Path) -> list[Any]:
    return [pytest.param(path, id=named(path)) for path in modules(*places)]


@pytest.mark.parametrize("path", cases(GATEWAY / "domain"))
def test_the_domain_imports_itself_and_values(path: Path) -> None:
    for module in imports(path):
        ours = below(module, {"lovebell.domain"}) or module == "lovebell"
        values = module in VALUES or module.rpartition(".")[0] in VALUES
        assert ours or values, f"{named(path)} imports {module}"


@pytest.mark.parametrize("path", cases(GATEWAY / "domain"))
def test_the_domain_asks_nobody_what_time_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for clock in ("datetime.now(", "datetime.utcnow(", "datetime.today(", "date.today("):
        assert clock not in text, f"{named(path)} calls {clock})"


@pytest.mark.parametrize("path", cases(GATEWAY, ROOT / "tools"))
def test_nobody_waits_in_a_way_that_swallows_being_told_to_end(path: Path) -> None:
    """Up to Python 3.11 asyncio.wait_for() takes no notice of a cancellation that comes together
    with what it waited for (CPython's issue 86296): the gateway would never end, nor start anew.
    """
    assert "asyncio.wait_for(" not in path.read_text(encoding="utf-8"), named(path)


#: What runs the gateway, between the domain and the shells.
MIDDLE = (
    *("engine", "mail", "operators", "post", "receipts", "reception", "service", "shelf"),
    *("throttle", "tutor", "writer"),
)


def test_the_middle_imports_the_domain_and_no_shell() -> None:
    allowed = COMMON | {f"lovebell.{name}" for name in MIDDLE}
    for name in MIDDLE:
        for module in imports(GATEWAY / f"{name}.py"):
            if below(module, {"lovebell"}):
                assert below(module, allowed - {"lovebell"}), f"{name} imports {module}"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_imports_the_domain_and_never_another_shell(shell: str) -> None:
    for path in modules(GATEWAY / shell, GATEWAY / f"{shell}.py"):
        for module in imports(path):
            if below(module, {"lovebell"}) and module != "lovebell":
                allowed = {"lovebell.domain", "lovebell.clock", f"lovebell.{shell}"}
                assert below(module, allowed), f"{named(path)} imports {module}"


@pytest.mark.parametrize("path", cases(GATEWAY))
def test_only_those_who_put_it_together_see_more_than_one_shell(path: Path) -> None:
    if within(path, COMPOSERS):
        return
    seen = {
        shell
        for shell in SHELLS
        for module in imports(path, running=True)
        if below(module, {f"lovebell.{shell}"})
    }
    # `words` tells the books' errors, whose class it names for the type checker only.
    assert len(seen) <= 1, f"{named(path)} sees {sorted(seen)}"
    for module in imports(path):
        assert not below(module, {"lovebell.commands", "lovebell.cli", "lovebell.demo"}), (
            f"{named(path)} imports {module}"
        )


@pytest.mark.parametrize("library", ONLY)
def test_a_library_is_imported_in_one_place(library: str) -> None:
    for path in modules(GATEWAY):
        if not within(path, ONLY[library]):
            used = [one for one in imports(path, running=True) if below(one, {library})]
            assert not used, f"{named(path)} imports {library}"


@pytest.mark.parametrize("path", cases(FIRMWARE))
def test_in_the_firmware_the_hardware_has_one_door_and_the_network_another(path: Path) -> None:
    used = imports(path)
    # main.py resets the board when nothing else is left that could.
    if path not in (BELL / "board.py", FIRMWARE / "main.py"):
        assert not below_any(used, {"machine", "esp32", "neopixel"}), named(path)
    if path not in (BELL / "wifi.py", BELL / "air.py"):
        assert not below_any(used, {"network"}), named(path)


def below_any(used: set[str], packages: set[str]) -> bool:
    return any(below(module, packages) for module in used)


@pytest.mark.parametrize("name", ["button.py", "chime.py", "wire.py"])
def test_what_decides_in_the_firmware_knows_neither_board_nor_link(name: str) -> None:
    for module in imports(BELL / name):
        banned = {"bell.board", "bell.link", "bell.mqtt", "bell.app", "asyncio", "time", "socket"}
        assert not below(module, banned), f"{name} imports {module}"


def test_the_codec_of_the_firmware_imports_json_only() -> None:
    assert imports(BELL / "wire.py") <= {"json", "bell", "bell.strict"}
    assert imports(BELL / "strict.py") <= {"json"}


@pytest.mark.parametrize("path", cases(FIRMWARE))
def test_the_firmware_imports_nothing_of_the_gateway(path: Path) -> None:
    assert not below_any(imports(path), {"lovebell", "simulator", "bench"}), named(path)


def test_a_bundle_is_opened_without_the_gateway() -> None:
    for module in imports(GATEWAY / "provision" / "bundle.py"):
        assert not below(module, {"lovebell", "sqlalchemy"}), f"bundle.py imports {module}"


@pytest.mark.parametrize("path", cases(TOOLS))
def test_the_tools_know_the_domain_and_no_more_of_the_gateway(path: Path) -> None:
    allowed = {"lovebell.domain", "lovebell.__version__"}
    if path == TOOLS / "bench" / "gateway.py":  # ten thousand homes, faster than by commands
        allowed.add("lovebell.store")
    if TOOLS / "lovebell_tools" in path.parents:  # opened on a laptop that has no gateway
        allowed.add("lovebell.provision.bundle")
    for module in imports(path, running=True):
        if below(module, {"lovebell"}) and module != "lovebell":
            assert below(module, allowed), f"{named(path)} imports {module}"


@pytest.mark.parametrize("path", cases(GATEWAY, TOOLS))
def test_only_known_libraries_are_imported(path: Path) -> None:
    """What is imported is in the standard library, ours, or a dependency of the project."""
    if "standins" in path.parts:
        return
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8").lower()
    names = {
        "fontTools": "fonttools",
        "fpdf": "fpdf2",
        "paho": "paho-mqtt",
        "pydantic_settings": "pydantic-settings",
        "serial": "pyserial",
    }
    for module in imports(path):
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or top in {"lovebell", "simulator", "bench"}:
            continue
        if (path.parent / f"{top}.py").exists() or (TOOLS / top).exists():
            continue
        assert f'"{names.get(top, top)}' in declared, f"{named(path)} imports {module}"
