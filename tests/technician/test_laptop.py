"""A technician's laptop has what the extra `tech` brings, and no more."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Of the other extras: what they bring is not there.
FOREIGN = ("paho", "micropython_unix", "pytest", "hypothesis", "apprise", "aiosmtpd", "pypdf")
PROGRAM = """\
import sys
for name in {foreign!r}:
    sys.modules[name] = None
from pathlib import Path
from lovebell_tools import release
from lovebell_tools.cli import cli
print(len(release.made(Path(sys.argv[1])).files))
"""


def test_the_firmware_is_compiled_without_the_packages_of_other_extras(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM.format(foreign=FOREIGN), str(tmp_path / "firmware")]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert int(said.stdout) > 10


def test_no_package_of_the_extra_is_among_those() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)["project"]["optional-dependencies"]["tech"]
    for name in FOREIGN:
        assert not any(one.startswith(name) for one in declared)
