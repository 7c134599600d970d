"""What goes wrong in the firmware itself: it starts again, and a press rings all the same."""

import json
import shutil

import pytest

from bell import flash
from simulator.board import find_firmware

from .conftest import PATIENCE_S


@pytest.fixture
def broken(tmp_path):
    """A function that gives a copy of the firmware in which a line of a module is another."""

    def make(module, line, other):
        made = tmp_path / "broken"
        if not made.exists():
            shutil.copytree(find_firmware(), made)
        path = made / module if module == "main.py" else made / "bell" / module
        text = path.read_text(encoding="utf-8")
        assert text.count(line) == 1
        path.write_text(text.replace(line, other), encoding="utf-8")
        return made

    return make


def up(board):
    return board.broker_is_up


def said(words):
    return lambda board: any(words in line for line in board.log)


def is_setup(board):
    return board.lamp == "setup"


async def test_an_error_anywhere_is_told_and_the_board_starts_again_with_its_press(
    boards, far_end, broken
):
    line = '        if what == "note":\n'
    moth = (
        '        if what == "lamp" and self._journal.records:\n            raise KeyError("moth")\n'
    )
    firmware = broken("app.py", line, moth + line)
    button = await boards("b-01", "button", firmware=firmware)
    await button.wait_for(up, PATIENCE_S)
    button.press()
    await button.wait_for(lambda board: board.resets, PATIENCE_S)
    assert any(line.startswith("failed: KeyError('moth'") for line in button.log)
    assert any("bell/app.py" in line for line in button.log)
    # Another firmware, as a technician would bring it: the press is still there.
    await button.power_cut()
    healed = await boards("b-01", "button")
    press = await far_end.hears("press", kind="call")
    assert press.fields["id"].split("-")[1] == "1"
    assert healed.resets == 0


@pytest.mark.parametrize("interpreter", ["micropython", "cpython"])
async def test_after_five_failed_starts_a_press_still_rings(boards, far_end, interpreter):
    button = await boards("b-01", "button", interpreter=interpreter)
    for _ in range(5):
        await button.wait_for(lambda board: board.lamp == "idle", PATIENCE_S)
        await button.power_cut()
        await button.start()
    await button.wait_for(up, PATIENCE_S)
    state = await far_end.hears("state", online=True, safe=True)
    assert state.fields["boot"] == 6
    button.press()
    press = await far_end.hears("press", kind="call")
    far_end.say("b-01", "receipt", {"id": press.fields["id"], "episode": "b-01.1"})
    await button.wait_for(lambda board: board.lamp == "received", PATIENCE_S)


async def test_in_safe_mode_pins_that_nobody_needs_cannot_keep_a_press_from_ringing(
    boards, far_end, broken
):
    converter = "            self._supply = machine.ADC("
    firmware = broken("board.py", converter, "            raise ValueError('pin')\n" + converter)
    pins = {"button": 27, "lamp": 26, "buzzer": 25, "supply": 34}
    config = {"pins": pins, "supply": {"low_mv": 3500}}
    button = await boards("b-01", "button", config=config, firmware=firmware, speed=20)
    await button.wait_for(up, PATIENCE_S)
    assert button.resets == 5
    button.press()
    await far_end.hears("press", kind="call")


async def test_a_board_that_was_a_chime_makes_a_button_whatever_it_had_noted(boards, far_end):
    button = await boards("b-01", "button", starts=False)
    button.directory.mkdir()
    answer = b'{"leaf": "acknowledge", "id": "9c41f00a-1-1", "episode": "b-07.9c41f00a-7-1"}'
    assert flash.write(str(button.directory / "journal"), [answer])
    await button.start()
    await button.wait_for(up, PATIENCE_S)
    assert said("acknowledge 9c41f00a-1-1 was another device's")(button)
    button.press()
    press = await far_end.hears("press", kind="call")
    far_end.say("b-01", "receipt", {"id": press.fields["id"], "episode": "b-01.1"})
    await button.wait_for(lambda board: board.lamp == "received", PATIENCE_S)
    assert button.resets == 0
    assert flash.read(str(button.directory / "journal")) == ([], 0)


async def test_safe_mode_prefers_the_configuration_that_has_proved_good(boards, far_end, broker):
    button = await boards("b-01", "button")
    await button.wait_for(up, PATIENCE_S)
    await far_end.hears("state", online=True, safe=False)
    good = button.directory / "config.good.json"
    await button.wait_for(lambda _: good.exists(), PATIENCE_S)
    button.config["broker"] = [{"host": "127.0.0.1", "port": 9}]
    for _ in range(5):
        await button.power_cut()
        await button.start()
        await button.wait_for(lambda board: board.lamp == "idle", PATIENCE_S)
    await button.wait_for(up, PATIENCE_S)
    await far_end.hears("state", online=True, safe=True)


async def test_a_configuration_that_leads_nowhere_makes_way_for_the_good_one_and_no_press_is_lost(
    boards, far_end
):
    wrong = {"wifi": [{"ssid": "home", "password": "another-password"}]}
    button = await boards("b-01", "button", starts=False, speed=10)
    button.air({"home": "12345678"})
    await button.start()
    await button.wait_for(up, PATIENCE_S)
    await button.power_cut()
    button.config = {**button.config, **wrong}
    await button.start()
    await button.wait_for(lambda board: board.lamp not in ("off", "coming"), PATIENCE_S)
    button.press()
    await button.wait_for(up, PATIENCE_S)
    assert button.resets == 1
    assert said("the other configuration leads to a broker: starting with it")(button)
    assert said("config.json leads to no broker, config.good.json does: run lovebell")(button)
    press = await far_end.hears("press", kind="call")
    assert press.fields["id"].split("-")[1] == "2"  # the start before
    await far_end.hears("heartbeat", fault="config")
    # A power cut later it need not find out again.
    button.config = None
    await button.power_cut()
    button.log.clear()
    await button.start()
    await button.wait_for(up, PATIENCE_S)
    assert button.resets == 1
    assert not said("no way to a broker")(button)


async def test_a_press_in_the_pause_before_a_new_start_is_kept(boards, far_end, broken):
    # The board has failed, and waits; somebody presses, and lets go.
    broken(
        "main.py",
        "time.sleep(PAUSE_S)",
        "import control\n\n"
        "time.sleep(PAUSE_S / 2)\ncontrol.contacts[0].drive(0)\n"
        "time.sleep(0.05)\ncontrol.contacts[0].drive(1)\ntime.sleep(PAUSE_S / 2)",
    )
    firmware = broken(
        "app.py",
        "        self._vigil = Vigil()\n",
        "        self._vigil = Vigil()\n        if starts.boot == 1:\n"
        "            self._feed = None\n",
    )
    button = await boards("b-01", "button", firmware=firmware)
    press = await far_end.hears("press", kind="call")
    assert press.fields["id"].split("-")[1:] == ["1", "1"]
    assert button.resets == 1
    await button.wait_for(up, PATIENCE_S)


async def test_a_press_whose_own_handling_fails_is_kept(boards, far_end, broken):
    line = "        record, absorbed, kept = self._journal.add(leaf, fields)\n"
    moth = "            if self._starts.boot == 1:\n                raise MemoryError\n"
    firmware = broken("app.py", "    " + line, moth + "    " + line)
    button = await boards("b-01", "button", firmware=firmware, speed=20)
    await button.wait_for(up, PATIENCE_S)
    button.press()
    press = await far_end.hears("press", kind="call")
    assert press.fields["id"].split("-")[1:] == ["1", "1"]
    assert button.resets == 1


async def test_an_older_micropython_is_refused_by_name(boards, broken):
    firmware = broken("main.py", "OLDEST = (1, 24)", "OLDEST = (9, 9)")
    button = await boards("b-01", "button", firmware=firmware, speed=20)
    await button.wait_for(lambda board: board.resets >= 2, PATIENCE_S)
    assert said("older than 9.9: write a newer one with esptool")(button)
    assert button.lamp == "off"


async def test_dead_dns_servers_keep_the_watchdog_fed_and_a_press_is_kept(boards, broken):
    # Each look-up blocks for twenty seconds, and the press makes them come one after the other.
    call = "    found = socket.getaddrinfo(host, port, socket.AF_INET, kind)\n"
    dead = "    sys.modules['time'].sleep(20)\n    found = []\n"
    firmware = broken("dial.py", call, dead)
    hosts = [{"host": "one.example"}, {"host": "two.example"}, {"host": "three.example"}]
    config = {"broker": hosts}
    button = await boards("b-01", "button", config=config, firmware=firmware, trace=True, speed=100)
    await button.wait_for(lambda board: len(downs(board)) >= 2, PATIENCE_S)
    button.press()
    await button.wait_for(lambda board: len(downs(board)) >= 8, PATIENCE_S)
    assert fed(button) >= len(downs(button)) - 1
    assert said("press call ")(button)
    assert button.resets == 0


def downs(board):
    return [line for line in board.log if line.startswith("broker down")]


async def test_a_broken_configuration_is_told_and_the_last_good_one_used(boards, far_end):
    button = await boards("b-01", "button")
    await button.wait_for(up, PATIENCE_S)
    good = button.directory / "config.good.json"
    await button.wait_for(lambda _: good.exists(), PATIENCE_S)
    await button.power_cut()
    button.config = None
    (button.directory / "config.json").write_text('{"device": "b-01", "role"', encoding="utf-8")
    await button.start()
    await button.wait_for(up, PATIENCE_S)
    assert any("is not JSON: run lovebell-tech setup" in line for line in button.log)
    assert "going on with config.good.json" in button.log


async def test_without_any_configuration_it_says_what_to_do_until_it_has_one(boards, far_end):
    button = await boards("b-01", "button", config={"wifi": []}, speed=20)
    wanted = {**button.config, "wifi": [{"ssid": "home", "password": "12345678"}]}
    await button.wait_for(is_setup, PATIENCE_S)

    def advice(board):
        return [line for line in board.log if line.startswith("setup: ")]

    await button.wait_for(lambda board: len(advice(board)) >= 3, PATIENCE_S)
    assert "run lovebell-tech setup" in advice(button)[0]
    button.press()
    await button.wait_for(said("not sent"), PATIENCE_S)
    assert not any(line.startswith("lamp sensed") for line in button.log)
    new = button.directory / "config.json.new"
    new.write_text(json.dumps(wanted), encoding="utf-8")
    new.replace(button.directory / "config.json")
    await button.wait_for(up, PATIENCE_S)
    assert button.resets == 1, list(button.log)


def fed(board):
    return board.outputs.get("wdt 0", (0, 0))[1]


async def test_the_watchdog_is_fed_while_all_is_well(boards, far_end):
    button = await boards("b-01", "button", trace=True)
    await button.wait_for(up, PATIENCE_S)
    await button.wait_for(lambda board: fed(board) > 5, PATIENCE_S)


@pytest.mark.parametrize(
    ("part", "module"), [("button", "board.py"), ("link", "link.py"), ("journal", "journal.py")]
)
async def test_a_part_that_is_stuck_starves_the_watchdog_and_is_named(
    boards, far_end, broken, part, module
):
    line = "self.rounds = (self.rounds + 1) & 0xFFFF"
    firmware = broken(module, line, "pass")
    button = await boards("b-01", "button", firmware=firmware, trace=True, speed=20)
    await button.wait_for(said(f"stuck: {part}"), PATIENCE_S)
    assert fed(button) <= 2  # at the start, and at the first look


async def test_no_secret_comes_to_the_console(boards, far_end):
    secret = "sesame-sesame"  # noqa: S105
    for name, config in (
        ("b-01", {"wifi": [{"ssid": "home", "password": secret}], "password": secret}),
        ("b-02", {"wifi": [{"ssid": "", "password": secret}], "password": secret}),
        ("b-03", {"wifi": [{"ssid": "home", "password": [secret]}]}),
    ):
        button = await boards(name, "button", config=config)
        await button.wait_for(
            lambda board: board.broker_is_up or is_setup(board) or board.resets, PATIENCE_S
        )
        assert button.log
        assert not any(secret in line for line in button.log)
