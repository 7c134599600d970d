"""The installation page: its settings are good, and both languages type the same."""

from __future__ import annotations

import re
from pathlib import Path

from lovebell import config
from lovebell.provision.files import Plan, lovebell_toml

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("install.md", "install.zh.md")
NAMES = re.compile(r'--who "[^"]*"')


def typed(name: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL)


def test_both_pages_type_the_same() -> None:
    first, second = ([NAMES.sub("", block) for block in typed(name)] for name in PAGES)
    assert first == second


def test_the_settings_that_the_page_adds_are_good(tmp_path: Path) -> None:
    (added,) = re.findall(
        r"tee -a /etc/lovebell/lovebell.toml <<'END'\n(.*?)END\n",
        "".join(typed(PAGES[0])),
        re.DOTALL,
    )
    file = tmp_path / "lovebell.toml"
    file.write_text(lovebell_toml(Plan(tmp_path, 10)) + added, encoding="utf-8")
    settings = config.load(file)
    (port,) = re.findall(r"proxy_pass http://127.0.0.1:([0-9]+);", "".join(typed(PAGES[0])))
    assert settings.web_port == int(port)
    assert settings.public_url.startswith("https://")
    assert settings.broker_folder is not None
