"""The operator's commands, on a real database and beside the whole gateway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lovebell.commands import orders
from lovebell.commands.app import Edge
from lovebell.store.sqlite import open_engine

if TYPE_CHECKING:
    from town import Town


def lines(text: str) -> list[list[str]]:
    """A table's cells, without its rule."""
    return [line.split() for line in text.splitlines() if "─" not in line]


def test_the_first_command_makes_the_database(empty_town: Town) -> None:
    assert not empty_town.path.exists()
    assert empty_town.read("home", "list") == []
    assert empty_town.path.exists()


@pytest.mark.parametrize("noun", ["home", "responder", "device"])
def test_an_empty_list_says_how_to_begin(empty_town: Town, noun: str) -> None:
    assert f"lovebell {noun} add" in empty_town.type(noun, "list").stdout


# -- homes, responders, devices ----------------------------------------------------------------


def test_a_home_is_entered_changed_shown_and_removed(empty_town: Town) -> None:
    town = empty_town
    added = town.type("home", "add", "h-7", "--name", "示例爷爷", "--address", "示例路 7 号")
    assert (added.exit_code, added.stdout) == (0, "Entered h-7 (示例爷爷).\n")
    edited = town.type("home", "edit", "h-7", "--care-level", "3", "--notes", "钥匙在物业")
    assert (edited.exit_code, edited.stdout) == (0, "Changed h-7 (示例爷爷).\n")
    shown = town.read("home", "show", "h-7")
    assert (shown["care_level"], shown["notes"], shown["buttons"]) == (3, "钥匙在物业", [])
    assert "示例路 7 号" in town.type("home", "show", "h-7").stdout
    assert lines(town.type("home", "list").stdout)[1][:2] == ["h-7", "示例爷爷"]
    assert town.read("home", "remove", "h-7") == {"removed": "h-7"}
    assert town.read("home", "list") == []


def test_a_responder_is_entered_changed_shown_and_removed(empty_town: Town) -> None:
    town = empty_town
    grid = ("--kind", "grid", "--grid", "g-7")
    assert town.read("responder", "add", "r-7", "--name", "示例网格员", *grid)["grid"] == "g-7"
    assert town.type("responder", "edit", "r-7", "--phone", "000-0000-0007").exit_code == 0
    shown = town.read("responder", "show", "r-7")
    assert (shown["kind"], shown["phone"], shown["chimes"]) == ("grid", "000-0000-0007", [])
    assert "网格" in town.type("responder", "show", "r-7", language="zh").stdout
    assert lines(town.type("responder", "list").stdout)[1][:3] == ["r-7", "示例网格员", "grid"]
    assert town.type("responder", "remove", "r-7").stdout == "Removed r-7.\n"
    assert town.read("responder", "list") == []


def test_a_device_is_entered_shown_and_removed(empty_town: Town) -> None:
    town = empty_town
    added = town.read("device", "add", "c-7", "--kind", "chime", "--note", "客厅")
    assert added == {"id": "c-7", "kind": "chime", "note": "客厅"}
    shown = town.read("device", "show", "c-7")
    assert (shown["entered"], shown["online"], shown["last_seen"]) == (True, None, None)
    assert "客厅" in town.type("device", "show", "c-7").stdout
    assert lines(town.type("device", "list").stdout)[1] == ["c-7", "chime", "never", "客厅"]
    assert town.read("device", "remove", "c-7") == {"removed": "c-7"}


def test_devices_that_were_heard_are_listed_with_their_health(town: Town) -> None:
    town.power_up()
    town.street.send("c-paired", "state", online=True, firmware="0.1.0")
    town.street.send("c-paired", "heartbeat", every_s=60, up_s=5)
    town.street.send("c-stranger", "state", online=False)
    town.street.reception.save_seen(town.street.now)
    town.go_on()
    found = {device["id"]: device for device in town.read("device", "list")}
    assert found["c-paired"]["online"] is True
    assert found["c-paired"]["firmware"] == "0.1.0"
    assert found["c-paired"]["paired_with"] == "r-paired"
    assert found["c-paired"]["last_seen"] == "2027-01-15T08:00:00.000Z"
    assert found["c-stranger"]["entered"] is False
    assert "not entered" in town.type("device", "list").stdout
    assert "every_s=60" in town.type("device", "show", "c-paired").stdout
    assert town.type("device", "show", "c-stranger").exit_code == 0


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("home", "add", "H", "--name", "x"), "id: 'H' cannot be used"),
        (("home", "add", "h-1", "--name", "x"), "id: 'h-1' is already the id of a home"),
        (("home", "show", "h-9"), "home: there is no 'h-9'"),
        (("home", "edit", "h-1"), "nothing to change was given"),
        (("home", "edit", "h-9", "--name", "x"), "home: there is no 'h-9'"),
        (("home", "remove", "h-1"), "first `lovebell unpair h-1 b-1`"),
        (("responder", "add", "paired", "--name", "x"), "'paired' is a word of the plans"),
        (("responder", "show", "h-1"), "responder: there is no 'h-1'"),
        (("responder", "edit", "r-9", "--name", "x"), "responder: there is no 'r-9'"),
        (("responder", "remove", "r-paired"), "first `lovebell unpair r-paired"),
        (("device", "add", "b-1", "--kind", "chime"), "already the id of a button"),
        (("device", "show", "b-9"), "device: there is no 'b-9'"),
        (("device", "remove", "b-1"), "first `lovebell unpair b-1 h-1`"),
        (("pair", "b-1", "c-desk"), "'b-1' is a button and 'c-desk' a chime"),
        (("pair", "b-lost", "h-1", "--rank", "2"), "rank: only a responder"),
        (("unpair", "b-lost", "h-1"), "'b-lost' is not paired with 'h-1'"),
        (("plan", "show", "h-9"), "home: there is no 'h-9'"),
        (("plan", "set", "h-1", "desk"), "step 1, 'desk', is not a step"),
        (("plan", "set", "h-1", "r-9 60s"), "'r-9' is no responder, group or rota"),
        (("episodes", "--home", "h-9"), "home: there is no 'h-9'"),
        (("episode", "show", "9"), "episode: there is no '9'"),
        (("episode", "acknowledge", "9", "--by", "r-paired"), "episode: there is no '9'"),
        (("episode", "arrive", "9", "--by", "r-paired"), "episode: there is no '9'"),
        (("episode", "resolve", "9", "--outcome", "helped"), "episode: there is no '9'"),
        (("episode", "reopen", "9"), "episode: there is no '9'"),
        (("events", "--episode", "9"), "episode: there is no '9'"),
    ],
)
def test_what_cannot_be_ends_with_1_and_one_sentence(
    town: Town, args: tuple[str, ...], told: str
) -> None:
    result = town.type(*args)
    assert result.exit_code == 1, result.output
    assert told in result.stderr
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "zh", "en"),
    [
        (("bell",), "没有命令 bell", "There is no command bell"),
        (("home", "lst"), "是不是 list？", "Did you mean list?"),
        (("home", "add"), "缺少 HOME", "HOME is missing"),
        (("home", "add", "h-2"), "缺少 --name", "--name is missing"),
        (("home", "list", "--jsn"), "没有选项 --jsn", "There is no option --jsn"),
        (("home", "list", "x"), "写法不对", "This is not how it is written"),
        (("device", "add", "c-2", "--kind", "x"), "button, chime", "write one of button, chime"),
        (("home", "edit", "h-1", "--care-level", "x"), "请写一个整数", "write a whole number"),
        (("episodes", "--limit", "0"), "请写一个整数，最小 1", "write a whole number, 1 or more"),
        (("events", "--limit", "x"), "请写一个整数，最小 0", "write a whole number, 0 or more"),
        (
            ("technician", "token", "create", "--hours", "-3"),
            "请写一个整数，从 1 到 720",
            "write a whole number from 1 to 720",
        ),
        (("plan", "set", "h-1"), "或者写 --default", "either steps or --default"),
        (("plan", "set", "h-1", "desk 9s", "--default"), "二者取一", "either steps or"),
        (("--language", "fr", "home", "list"), "--language 的值不对", "--language is wrong"),
    ],
)
def test_what_was_typed_wrongly_ends_with_2_and_says_where_to_look(
    town: Town, args: tuple[str, ...], zh: str, en: str
) -> None:
    for language, told in (("zh", zh), ("en", en)):
        result = town.type(*args, language=language)
        assert result.exit_code == 2, result.output
        assert told in result.stderr
        assert "--help" in result.stderr


# -- pairings and plans ------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("b-lost", "h-1"), ("h-1", "b-lost")])
def test_a_pair_may_be_named_in_either_order(town: Town, order: tuple[str, str]) -> None:
    paired = town.read("pair", *order)
    assert paired == {
        "done": "paired", "link": "button-home", "subject": "b-lost", "object": "h-1", "rank": 1,
    }  # fmt: skip
    assert town.read("unpair", *order)["done"] == "unpaired"


def test_unpairing_the_last_chime_of_a_step_warns_at_once(town: Town) -> None:
    result = town.type("unpair", "r-desk", "c-desk")
    assert result.stdout == "The chime c-desk no longer belongs to 示例值班台 (r-desk).\n"
    assert "steps that now reach nobody: 3 grid 2min, 4 desk 1min" in result.stderr


def test_a_warning_for_many_homes_is_short(town: Town) -> None:
    for n in range(2, 9):
        town.type("home", "add", f"h-{n}", "--name", "示例")
    told = town.type("unpair", "r-desk", "c-desk").stderr.splitlines()
    assert len(told) == 6
    assert told[-1].startswith("Note: 3 more homes")


def test_a_plan_is_shown_with_whom_each_step_means_now(town: Town) -> None:
    shown = town.type("plan", "show", "h-1", language="zh")
    assert "示例奶奶（h-1）用默认方案" in shown.stdout
    assert "示例大姐（c-paired）、示例大哥（c-neighbour）" in shown.stdout
    assert "第 3 步（grid 2min）叫不到人：没有这样的响应人" in shown.stderr


def test_a_plan_is_set_and_taken_back(town: Town) -> None:
    plan = town.read("plan", "set", "h-1", "paired 45s", "neighbours,r-desk 60s", "desk 90s")
    assert plan["own"] is True
    assert [step["text"] for step in plan["steps"]] == [
        "paired 45s", "neighbours,r-desk 1min", "desk 90s",
    ]  # fmt: skip
    assert plan["steps"][1]["for_s"] == 60
    assert [call["responder"] for call in plan["steps"][1]["calls"]] == [
        "r-paired", "r-neighbour", "r-desk",
    ]  # fmt: skip
    assert all(step["reaches"] for step in plan["steps"])
    assert town.read("plan", "set", "h-1", "--default")["own"] is False


def test_a_running_gateway_takes_up_a_new_pairing(town: Town) -> None:
    town.power_up()
    town.read("pair", "b-lost", "h-1")
    town.press("b-lost")
    assert town.read("episodes", "--home", "h-1")[0]["button"] == "b-lost"


# -- episodes ------------------------------------------------------------------------------------


def test_without_episodes_the_screens_say_so(town: Town) -> None:
    assert town.type("episodes").stdout == "There are no episodes.\n"
    assert town.type("events").stdout == "There is nothing on record.\n"
    assert town.read("episodes") == []
    assert town.read("events") == []


def test_open_episodes_are_listed_before_those_that_are_over(town: Town) -> None:
    town.power_up()
    town.press()
    town.press("b-lost")
    assert [one["n"] for one in town.read("episodes")] == [2, 1]
    assert town.type("episode", "resolve", "2", "--outcome", "helped").exit_code == 0
    assert [one["n"] for one in town.read("episodes")] == [1, 2]
    assert [one["n"] for one in town.read("episodes", "--open")] == [1]
    assert [one["n"] for one in town.read("episodes", "--limit", "1")] == [1]
    table = lines(town.type("episodes").stdout)
    assert [row[0] for row in table[1:]] == ["1", "2"]
    assert "helped" in table[2]


def test_what_needs_a_human_most_stands_at_the_top(town: Town) -> None:
    town.type("home", "edit", "h-1", "--care-level", "5")
    town.power_up()
    town.press("b-lost")
    town.forward(30)
    town.press("b-1")
    town.forward(60)
    assert [one["n"] for one in town.read("episodes")] == [2, 1]  # 60 s at level 5, 90 s at 1
    assert [one["care_level"] for one in town.read("episodes")] == [5, 1]
    town.answer("c-paired")
    assert [one["n"] for one in town.read("episodes")] == [1, 2]


def test_an_episode_is_reopened_by_hand(town: Town) -> None:
    town.power_up()
    town.press(press_id="p-1")
    assert town.type("episode", "reopen", "1").stderr.startswith("Episode 1 is still open")
    town.type("episode", "resolve", "1", "--outcome", "helped")
    done = town.type("episode", "reopen", "1", "--by", "r-desk", "--note", "看错了一户")
    assert (done.exit_code, done.stdout) == (0, "Episode 1 is open again and rings on.\n")
    assert town.street.lamp() == "ringing"
    told = [line["sentence"] for line in town.read("events")]
    expected = "示例值班台 reopened it, it had been resolved as helped: ringing on"
    assert f"{expected} (note: 看错了一户)" in told


def test_the_desk_sees_who_is_busy_and_what_a_call_follows(town: Town) -> None:
    town.type("home", "add", "h-2", "--name", "示例爷爷")
    town.type("pair", "b-lost", "h-2")
    town.type("pair", "r-paired", "h-2")
    town.power_up()
    town.press(press_id="p-1")
    town.type("episode", "resolve", "1", "--outcome", "helped")
    town.press(press_id="p-2")
    town.answer("c-paired")
    assert "follows: b-1.p-1" in town.type("episode", "show", "2").stdout
    town.press("b-lost")
    assert "busy: 示例大姐 (episode 2)" in town.type("episode", "show", "3").stdout
    document = town.read("episode", "show", "3")
    assert document["busy"] == [{"responder": "r-paired", "name": "示例大姐", "n": 2}]
    assert document["follows"] is None


def test_an_episode_is_shown_as_a_story(town: Town) -> None:
    town.power_up()
    town.press(press_id="p-1")
    town.forward(50)
    town.answer("c-neighbour")
    told = town.type("episode", "show", "b-1.p").stdout
    assert "id: b-1.p-1" in told
    assert "b-1 (示例奶奶) was pressed" in told
    assert "示例大哥 answered: I am coming (by way of c-neighbour)" in told
    document = town.read("episode", "show", "1")
    assert document["state"] == "acknowledged"
    assert document["coming"] == [{"responder": "r-neighbour", "name": "示例大哥"}]
    assert [line["what"] for line in document["record"]][:2] == ["pressed", "step"]
    assert {call["chime"] for call in document["calls"]} == {"c-paired", "c-neighbour"}


def test_an_episode_is_acknowledged_reached_and_resolved_by_hand(town: Town) -> None:
    town.power_up()
    town.press()
    by = ("--by", "r-desk")
    done = town.type("episode", "acknowledge", "1", *by)
    assert (done.exit_code, done.stdout) == (0, "Episode 1 is acknowledged.\n")
    assert town.street.lamp() == "coming"
    assert town.type("episode", "arrive", "1", *by).exit_code == 0
    assert town.street.lamp() == "arrived"
    note = ("--note", "扶起，无碍", "--by", "r-desk")
    document = town.read("episode", "resolve", "1", "--outcome", "helped", *note)
    assert (document["state"], document["answer"]) == ("answered", "ok")
    last = town.read("episode", "show", "1")["record"][-1]
    assert last["sentence"] == "Resolved: helped (示例值班台; note: 扶起，无碍)"


def test_the_gateways_refusal_ends_with_1_and_a_sentence(town: Town) -> None:
    town.power_up()
    town.press()
    assert town.type("episode", "acknowledge", "1", "--by", "r-desk").exit_code == 0
    again = town.type("episode", "acknowledge", "1", "--by", "r-desk")
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr.startswith("Episode 1: this is on record already")
    assert town.type("episode", "resolve", "1", "--outcome", "helped").exit_code == 0
    late = town.type("episode", "arrive", "1", "--by", "r-desk", "--json")
    assert late.exit_code == 0
    assert json.loads(late.stdout)["answer"] == "late"
    twice = town.type("episode", "resolve", "1", "--outcome", "other", "--json")
    assert twice.exit_code == 1
    assert json.loads(twice.stdout)["answer"] == "refused:resolved"


def test_without_a_gateway_a_wish_is_noted_and_done_when_it_starts(town: Town) -> None:
    town.power_up()
    town.press()
    town.power_cut()
    noted = town.type("episode", "resolve", "1", "--outcome", "helped")
    assert noted.exit_code == 0
    assert "done when the gateway starts" in noted.stdout
    assert town.waits == 0
    assert town.read("episode", "show", "1")["state"] == "ringing"
    town.power_up()
    assert town.read("episode", "show", "1")["state"] == "resolved"


def test_a_gateway_that_does_not_answer_is_waited_for_five_seconds(town: Town) -> None:
    town.power_up()
    town.press()
    town.gateway_is_up = False  # it runs, and does nothing
    start = town.street.now
    result = town.type("episode", "resolve", "1", "--outcome", "helped")
    town.gateway_is_up = True
    assert result.exit_code == 1
    assert "has not answered for 5 s" in result.stderr
    assert 5_000 <= town.street.now - start < 5_200


def test_waiting_ends_with_the_answer() -> None:
    answers = iter([None, None, "ok"])
    slept: list[float] = []
    assert orders.wait(lambda: next(answers), lambda: 0, slept.append) == "ok"
    assert slept == [orders.POLL_S] * 2


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("acknowledge", "1", "--by", "r-9"), "responder: there is no 'r-9'"),
        (("arrive", "1", "--by", "c-desk"), "responder: there is no 'c-desk'"),
        (("resolve", "1", "--outcome", "two words"), "outcome: 'two words' is not in the list"),
        (("resolve", "1", "--outcome", "cancelled"), "outcome: 'cancelled' is not in the list"),
        (("resolve", "1", "--outcome", "helped", "--note", "a\nb"), "note: write 1 to"),
        (("resolve", "1", "--outcome", "helped", "--by", "x" * 65), "by: write 1 to 64"),
    ],
)
def test_a_wish_that_cannot_be_is_not_noted(town: Town, args: tuple[str, ...], told: str) -> None:
    town.power_up()
    town.press()
    result = town.type("episode", *args)
    assert result.exit_code == 1
    assert told in result.stderr
    assert town.street.rows("SELECT * FROM command") == []


# -- the record ----------------------------------------------------------------------------------


def test_the_record_is_read_from_its_end(town: Town) -> None:
    town.power_up()
    town.press()
    everything = town.read("events")
    assert town.read("events", "--limit", "2") == everything[-2:]
    assert town.read("events", "--limit", "0") == []
    assert town.read("events", "--episode", "1") == everything
    told = town.type("events", "--limit", "1").stdout
    assert everything[-1]["sentence"] in told


def test_the_record_is_followed_until_interrupted(town: Town) -> None:
    town.power_up()
    town.press()
    so_far = len(town.read("events"))
    town.patience = 3
    steps = iter([lambda: None, lambda: town.answer("c-paired"), lambda: None])
    quiet = town.go_on
    town.go_on = lambda: (next(steps)(), quiet())
    result = town.type("events", "-f", "--json")
    assert result.exit_code == 0
    followed = [json.loads(line) for line in result.stdout.splitlines()]
    assert len({line["n"] for line in followed}) == len(followed) > so_far
    assert followed[so_far]["what"] == "acknowledged"


def test_following_from_now_on_shows_only_what_is_new(town: Town) -> None:
    town.power_up()
    town.press()
    town.patience = 1
    quiet = town.go_on
    town.go_on = lambda: (town.answer("c-paired"), quiet())
    told = town.type("events", "-f", "--limit", "0").stdout
    assert "I am coming" in told.splitlines()[0]


def test_a_database_of_a_later_release_is_left_alone(town: Town) -> None:
    engine = open_engine(town.path)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    result = town.type("home", "list")
    assert result.exit_code == 1
    assert "written by a newer release" in result.stderr
    assert "更新的版本" in town.type("home", "list", language="zh").stderr


def test_bytes_that_are_no_text_are_refused_like_any_other_wrong_word(town: Town) -> None:
    for args in (
        ("home", "add", "\udcff", "--name", "x"),
        ("home", "add", "h-2", "--name", "\udcff"),
        ("home", "show", "\udcff"),
        ("episode", "show", "\udcff"),
        ("episode", "resolve", "\udcff", "--outcome", "\udcff"),
        ("plan", "set", "h-1", "\udcff 60s"),
        ("pair", "\udcff", "h-1"),
    ):
        assert town.type(*args).exit_code == 2, args


# -- languages -----------------------------------------------------------------------------------


def test_the_language_is_the_options_then_the_settings(town: Town) -> None:
    assert "称呼" in town.type("home", "list", language="zh").stdout
    assert "name" in town.type("--language", "en", "home", "list", language="zh").stdout
    assert "登记一户老人家" in town.type("home", "--help", language="zh").stdout
    english = town.type("--language", "en", "home", "--help", language="zh").stdout
    assert english.startswith("Usage: lovebell home")
    assert "Enter a home." in english


def test_the_edge_of_a_real_run_is_the_machines_clock() -> None:
    assert Edge().now() > 1_700_000_000_000
