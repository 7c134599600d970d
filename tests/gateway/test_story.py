"""Every line of the record has a sentence, in Chinese and in English, and no gap in it."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

import pytest

from lovebell import story
from lovebell.domain.episode import What

if TYPE_CHECKING:
    from town import Town

LANGUAGES = ("zh", "en")

#: What the gateway writes beside each What; every other What has no detail.
DETAIL: dict[What, dict[str, str | int]] = {
    What.HEARD_OF: {"button": "b-1"},
    What.REPEATED: {"presses": 2},
    What.PRESSED_AGAIN: {"presses": 3},
    What.STEP: {"step": 2, "words": "neighbours,r-7"},
    What.RUNG: {"chime": "c-1"},
    What.REACHED: {"chime": "c-1"},
    What.MISSED: {"chime": "c-1"},
    What.NOBODY: {"step": 3},
    What.PASSED: {"step": 3},
    What.ACKNOWLEDGED: {"by": "c-1"},
    What.ALSO_ACKNOWLEDGED: {"by": "c-1"},
    What.LATE_ACKNOWLEDGED: {"by": "c-1"},
    What.ARRIVED: {"by": "somebody"},
    What.ALSO_ARRIVED: {"by": "somebody"},
    What.LATE_ARRIVED: {"by": "somebody"},
    What.RESOLVED: {"outcome": "helped", "note": "x"},
    What.REOPENED: {"outcome": "helped"},
    What.FOLLOWS: {"before": "b-1.p-1", "outcome": "helped"},
    What.PASSED_BUSY: {"step": 2},
    What.REPAIRED: {"chimes": "c-1,c-2"},
    What.CONTACTS_CHANGED: {"channels": "sms,mail"},
    What.MESSAGED: {"channel": "sms", "message": "call", "said": "OK"},
    What.MESSAGE_REFUSED: {"channel": "sms", "message": "call", "said": "wrong token"},
    What.MESSAGE_GIVEN_UP: {"channel": "sms", "message": "coming", "why": "too_old"},
    What.UNPLACED: {"named": "b-9.p-1"},
    What.FAULT: {"fault": "offline"},
    What.FAULT_AGAIN: {"fault": "offline", "count": 2},
    What.FAULT_OVER: {"fault": "stuck"},
    What.ROLL_CALLED: {"why": "gateway", "homes": 3},
    What.TEST_TRIED: {"home": "h-1"},
    What.ROLL_TICKED: {"home": "h-1"},
    What.FIRMWARE_PUBLISHED: {"version": "0.2.0"},
    What.FIRMWARE_WAVE: {"version": "0.2.0", "wave": 2, "devices": 5},
    What.FIRMWARE_OFFERED: {"version": "0.2.0", "attempt": 1},
    What.FIRMWARE_WITHDRAWN: {"version": "0.2.0"},
    What.FIRMWARE_AT: {"version": "0.2.0", "stage": "failed", "because": "link"},
    What.FIRMWARE_STOPPED: {"version": "0.2.0", "failures": 1},
    What.FIRMWARE_RESUMED: {"version": "0.2.0"},
    What.FIRMWARE_RETRIED: {"version": "0.2.0", "device": "b-1"},
    What.FIRMWARE_DONE: {"version": "0.2.0"},
    What.TOKEN_MADE: {"n": 1, "boards": 50},
    What.TOKEN_REVOKED: {"n": 1},
    What.ENROLLED: {"by": "somebody", "mac": "24:6f:28:00:00:01"},
    What.SET_UP: {"by": "somebody", "mac": "24:6f:28:00:00:01", "proof": "sounded"},
    What.DROPPED: {"code": "json", "why": "not JSON", "count": 4},
}


def test_every_what_has_a_sentence_in_both_languages_and_no_sentence_is_left_over() -> None:
    assert set(story.SENTENCES) == set(What)
    for chinese, english in story.SENTENCES.values():
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        assert english.isascii()
        assert placeholders(chinese) == placeholders(english)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("what", What)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_placeholder_is_filled(what: What, language: str) -> None:
    said = story.sentence(what, "b-1", DETAIL.get(what, {}), language)
    assert "?" not in said
    assert "{" not in said


def test_what_the_whole_gateway_writes_has_no_gap(town: Town) -> None:
    town.power_up()
    town.street.dead.add("c-paired")
    town.street.send("b-1", "press", id="bad id", kind="call")
    town.street.send("b-1", "press", id="p-0", kind="cancel")
    town.street.send("c-desk", "acknowledge", id="a-0", episode="b-9.p-1")
    town.press("b-lost")
    town.press()
    town.press()
    town.street.send("b-1", "press", id="p-t", kind="test")
    town.forward(300)
    town.answer("c-neighbour")
    town.press()
    town.street.send("b-1", "press", id="p-c", kind="cancel")
    town.forward(700)
    town.type("episode", "acknowledge", "1", "--by", "r-desk")
    town.type("unpair", "c-neighbour", "r-neighbour")
    town.go_on()
    town.type("episode", "arrive", "2", "--by", "r-desk")
    town.type("episode", "arrive", "2", "--by", "r-paired")
    town.type("episode", "resolve", "2", "--outcome", "helped")
    town.type("episode", "arrive", "2", "--by", "r-paired")
    written = town.read("events", "--limit", "1000")
    assert len({line["what"] for line in written}) >= 18
    for line in written:
        for language in LANGUAGES:
            said = story.sentence(line["what"], line["who"], line["detail"], language)
            assert "?" not in said, said


def test_a_what_of_a_later_release_is_told_as_it_is_written() -> None:
    said = story.sentence("weather", "b-1", {"wind": 7}, "zh")
    assert said == "weather b-1 wind=7"


def test_a_missing_detail_is_a_question_mark_and_not_a_crash() -> None:
    assert story.sentence("step", "", {}, "en") == "Step ?: calling ?"


def test_names_are_used_wherever_a_person_is_meant() -> None:
    names = {"r-1": "示例大姐", "r-7": "示例大哥", "b-1": "b-1 (示例奶奶)"}

    def name(thing: str) -> str:
        return names.get(thing, thing)

    step = {"step": 1, "words": "desk,r-7"}
    assert story.sentence("step", "", step, "zh", name) == "第 1 步：呼叫值班台、示例大哥"
    assert (
        story.sentence("acknowledged", "r-1", {"by": "r-1"}, "zh", name) == "示例大姐应答：我来了"
    )
    assert story.sentence("pressed", "b-1", {}, "en", name) == "b-1 (示例奶奶) was pressed"


def test_an_outcome_of_somebodys_own_stands_as_it_is() -> None:
    assert story.outcome("hospital", "zh") == "已送医"
    assert story.outcome("送药", "en") == "送药"
    assert story.outcome("", "zh") == ""


def test_times_are_the_local_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        assert story.clock_time(1_800_000_000_000) == "2027-01-15 16:00:00"
        assert story.clock_time(1_800_000_000_000, with_day=False) == "16:00:00"
    finally:
        monkeypatch.undo()
        time.tzset()
