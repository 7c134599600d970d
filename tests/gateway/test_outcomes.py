"""The list of outcomes is the community's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from town import Town

SAID = ("--zh", "物业已处理", "--en", "the warden saw to it")


def test_a_fresh_database_has_sensible_outcomes_in_both_languages(town: Town) -> None:
    words = {one["word"] for one in town.read("outcome", "list")}
    assert {"helped", "medicine", "hospital", "false_alarm", "child", "test"} <= words
    assert "已送药" in town.type("outcome", "list", language="zh").stdout


def test_a_word_of_ones_own_is_entered_used_and_told(town: Town) -> None:
    town.power_up()
    town.press()
    assert town.type("episode", "resolve", "1", "--outcome", "warden").exit_code == 1
    assert town.type("outcome", "add", "warden", *SAID).exit_code == 0
    assert town.type("episode", "resolve", "1", "--outcome", "warden").exit_code == 0
    assert town.type("outcome", "remove", "warden", "--json").exit_code == 0
    assert town.read("episodes")[0]["outcome"] == "warden"  # what ended so keeps it
    town.type("outcome", "add", "warden", *SAID)
    assert "物业已处理" in town.type("episodes", language="zh").stdout
    assert "Resolved: the warden saw to it" in town.type("events", "--limit", "9").stdout


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("add", "helped", *SAID), "in the list already"),
        (("add", "cancelled", *SAID), "none of the gateway's own"),
        (("add", "two words", *SAID), "1 to 32 letters"),
        (("add", "x", "--zh", "", "--en", "x"), "zh: write 1 to 60"),
        (("add", "x", "--zh", "某", "--en", "a\nb"), "en: write 1 to 60"),
        (("remove", "nothing"), "see `lovebell outcome list`"),
    ],
)
def test_what_cannot_be_entered_is_refused(town: Town, args: tuple[str, ...], told: str) -> None:
    before = town.read("outcome", "list")
    result = town.type("outcome", *args)
    assert result.exit_code == 1
    assert told in result.stderr
    assert town.read("outcome", "list") == before
