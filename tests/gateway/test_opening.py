"""Who opens the database: one gateway, by whatever name, or nobody and a sentence that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from lovebell.cli import cli
from lovebell.store.access import OperatorStore
from lovebell.store.live import LiveStore
from lovebell.store.sqlite import DatabaseInUseError

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_second_gateway_is_refused_though_it_comes_by_a_link(tmp_path: Path) -> None:
    database = tmp_path / "lovebell.db"
    link = tmp_path / "elsewhere" / "bell.db"
    link.parent.mkdir()
    link.symlink_to(database)
    store = LiveStore(database)
    assert OperatorStore(link).gateway_runs()
    with pytest.raises(DatabaseInUseError):
        LiveStore(link)
    await store.close()
    await LiveStore(link).close()


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("示例")
    environment = {"LOVEBELL_DATABASE": str(tmp_path / "file" / "lovebell.db")}
    said = CliRunner(env=environment).invoke(cli, ["--language", "en", "serve"])
    assert said.exit_code == 1
    assert "cannot open the database" in said.output
    assert "the rights" in said.output
