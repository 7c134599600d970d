"""Faults and the roll call, as an operator types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from town import Town


@pytest.fixture
def quiet(town: Town) -> Town:
    """The paired chime has been silent for an hour, and the button too since a restart."""
    town.power_up()
    for device in ("b-1", "c-paired"):
        town.street.send(device, "heartbeat", every_s=60, up_s=100)
    town.street.reception.save_seen(town.street.now)
    town.look()
    town.street.now += 600_000
    town.street.send("b-1", "heartbeat", every_s=60, up_s=700)
    town.look()
    town.go_on()
    town.power_cut()
    town.power_up()
    return town


def test_a_fault_is_listed_noted_and_shown_among_those_that_are_over(quiet: Town) -> None:
    (fault,) = quiet.read("faults")
    assert (fault["device"], fault["fault"], fault["open"]) == ("c-paired", "offline", True)
    assert "off line" in quiet.type("faults").output
    noted = quiet.read("fault", "note", str(fault["n"]), "插座松了")
    assert noted["note"] == "插座松了"
    quiet.street.send("c-paired", "heartbeat", every_s=60, up_s=5)
    quiet.go_on()
    assert quiet.read("faults") == []
    (over,) = quiet.read("faults", "--all")
    assert (over["note"], over["open"]) == ("插座松了", False)
    assert "Fault of c-paired is over: off line" in quiet.type("events").output


def test_a_missing_home_is_ticked_off_once_and_the_record_says_who(quiet: Town) -> None:
    (home,) = quiet.read("rollcall")
    assert (home["home"], home["buttons"], home["why"]) == ("h-1", ["b-1"], "gateway")
    assert "h-1" in quiet.type("rollcall").output
    assert quiet.read("rollcall", "tick", "h-1", "--by", "r-desk")["missing"] == 0
    assert quiet.read("rollcall") == []
    assert quiet.type("rollcall").output == "Nobody is missing: every home was heard.\n"
    assert quiet.read("events", "--limit", "1")[0]["what"] == "roll_ticked"
    again = quiet.type("rollcall", "tick", "h-1", "--by", "r-desk")
    assert (again.exit_code, "is not missing" in again.output) == (1, True)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("fault", "note", "9", "x"), "there is no 9"),
        (("fault", "note", "1", ""), "note: write 1 to 1000"),
        (("rollcall", "tick", "h-9", "--by", "x"), "there is no 'h-9'"),
        (("rollcall", "tick", "h-1", "--by", ""), "by: write 1 to 64"),
        (("rollcall", "tick", "h-1"), "--by is missing"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    quiet: Town, typed: tuple[str, ...], says: str
) -> None:
    before = quiet.street.rows("SELECT * FROM fault"), quiet.street.rows("SELECT * FROM absent")
    result = quiet.type(*typed)
    assert result.exit_code in (1, 2)
    assert says in result.output
    after = quiet.street.rows("SELECT * FROM fault"), quiet.street.rows("SELECT * FROM absent")
    assert after == before
