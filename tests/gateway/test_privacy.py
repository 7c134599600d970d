"""Personal data goes in time or on request; the figures and the receipts stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from lovebell.store import schema

if TYPE_CHECKING:
    from town import Town

YEAR_S = 366 * 86_400
SECRETS = ("示例", "h-1", "r-paired", "r-neighbour", "秘密")


@pytest.fixture
def past(town: Town) -> Town:
    """One call, answered, visited and resolved with a note; the chimes are quiet again."""
    town.power_up()
    town.press()
    town.forward(50)
    town.answer("c-neighbour")
    town.forward(300)
    town.type("episode", "arrive", "1", "--by", "r-neighbour")
    town.type("episode", "resolve", "1", "--outcome", "helped", "--note", "秘密", "--by", "示例")
    town.forward(60)
    return town


def stored(town: Town) -> str:
    """Every row of what followed from presses, as text."""
    queries = ("SELECT * FROM episode", "SELECT * FROM event", "SELECT * FROM command")
    return repr([town.street.rows(query) for query in queries])


def test_old_episodes_lose_their_people_and_keep_their_figures(past: Town) -> None:
    figures, receipts = past.read("figures"), past.street.rows("SELECT * FROM receipt")
    past.street.now += 2 * YEAR_S * 1000
    told = past.read("retain", "--older-than", "1y")
    assert (told["episodes"], told["done"]) == (1, False)
    assert "示例" in stored(past)
    assert past.read("retain", "--older-than", "1y", "--yes")["episodes"] == 1
    for secret in SECRETS:
        assert secret not in stored(past), secret
    assert past.read("figures") == figures
    assert past.street.rows("SELECT * FROM receipt") == receipts
    assert past.read("retain", "--older-than", "1y")["episodes"] == 0


def test_an_anonymous_episode_can_still_be_shown_and_answered_late(past: Town) -> None:
    past.street.now += 2 * YEAR_S * 1000
    past.type("retain", "--older-than", "1y", "--yes")
    assert past.read("episode", "show", "1")["outcome"] == "helped"
    assert past.type("episode", "show", "1", language="zh").exit_code == 0
    assert past.type("episode", "arrive", "1", "--by", "r-paired").exit_code == 0


def test_what_is_young_or_open_is_left_alone(past: Town) -> None:
    assert past.read("retain", "--older-than", "1d")["episodes"] == 0
    past.press()
    past.street.now += 2 * YEAR_S * 1000
    assert past.read("retain", "--older-than", "1y", "--yes")["episodes"] == 1
    assert past.read("episodes", "--open")[0]["label"] == "示例路 1 号 示例奶奶"


def test_all_of_a_home_is_given_out(past: Town) -> None:
    document = past.read("home", "export", "h-1")
    assert document["home"]["name"] == "示例奶奶"
    assert document["pairings"][0]["subject"] == "b-1"
    (episode,) = document["episodes"]
    assert episode["orders"][-1]["note"] == "秘密"
    assert episode["record"][0]["what"] == "pressed"


def test_an_erased_home_is_gone_and_its_calls_still_count(past: Town) -> None:
    figures = past.read("figures")
    line = """INSERT INTO event (at_ms, what, who, detail)
        VALUES (1, 'roll_ticked', '', '{"home": "h-1"}')"""
    past.street.edit(lambda c: c.exec_driver_sql(line.replace(": ", ":")))
    assert past.read("home", "erase", "h-1") == {"home": "h-1", "episodes": 1, "done": False}
    assert past.read("home", "list") != []
    assert past.type("home", "erase", "h-1", "--yes").exit_code == 0
    assert past.read("home", "list") == []
    for secret in SECRETS:
        assert secret not in stored(past), secret
    assert past.street.rows("SELECT * FROM pairing WHERE object = 'h-1'") == []
    assert past.read("figures") == figures
    past.press()  # the button still calls: the desk
    assert "c-desk" in past.street.sounding


def test_a_home_that_calls_is_not_erased(past: Town) -> None:
    past.press()
    before = stored(past)
    for args in (("h-1",), ("h-1", "--yes")):
        result = past.type("home", "erase", *args)
        assert result.exit_code == 1
        assert "episode resolve" in result.stderr
    assert stored(past) == before


def test_what_was_not_sent_yet_and_the_links_go_with_the_people(past: Town) -> None:
    episode = past.read("episode", "show", "1")["id"]
    its = {"episode": episode, "responder": "r-paired"}
    unsent = its | {"key": "k", "kind": "resolved", "channel": "sms", "serial": 1, "fields": {}}
    past.street.edit(
        lambda c: c.execute(insert(schema.message), unsent | {"created_ms": 1}),
        lambda c: c.execute(insert(schema.ticket), its | {"hash": "f00", "until_ms": 1}),
    )
    (told,) = past.read("home", "export", "h-1")["episodes"]
    assert told["unsent"][0]["responder"] == "r-paired"
    assert told["links"][0]["hash"] == "f00"
    assert past.type("home", "erase", "h-1", "--yes").exit_code == 0
    assert past.street.rows("SELECT * FROM message") == []
    assert past.street.rows("SELECT * FROM ticket") == []


@pytest.mark.parametrize("age", ["", "2", "0d", "y", "-1y", "2 years"])
def test_an_age_that_cannot_be_read_is_refused(town: Town, age: str) -> None:
    result = town.type("retain", "--older-than", age, "--yes")
    assert result.exit_code == 2
    assert "90d, 18m, 2y" in result.stderr
