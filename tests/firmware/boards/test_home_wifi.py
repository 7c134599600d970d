"""The Wi-Fi of a home set up without a laptop: the key, the access point, the page, and the life of
the device meanwhile and afterwards."""

import asyncio
import json
import re
import socket
from shutil import copytree

import aiohttp
import pytest

from bell import access, catch
from simulator.board import STANDINS, find_firmware
from simulator.far_end import ring_of
from simulator.mosquitto import free_port

from .conftest import PATIENCE_S

SECRET = "0123456789abcdef" * 2
HOME = {"ssid": "示例网络", "password": "87654321"}
TRIES = 5
CONFIG = {"password": SECRET, "pins": {"service": 0}}


def up(board):
    return board.broker_is_up


def said(words):
    return lambda board: any(words in line for line in board.log)


class Phone:
    """Somebody with a telephone beside the board."""

    def __init__(self, board, port, http):
        self.board = board
        self.port = port
        self._at = f"http://127.0.0.1:{port}"
        self._http = http

    async def come(self):
        """Plug the board out and in, and hold the key until the access point is in the air."""
        await self.board.power_cut()
        self.board.log.clear()
        await self.board.start("keyed")
        await self.board.wait_for(said("set-up open"), PATIENCE_S)

    async def _ask(self, method, path, data=None):
        # As a browser does: the board's time runs fast, so a busy PC is a slow phone to it.
        for left in reversed(range(TRIES)):
            try:
                about = {"data": data, "allow_redirects": False}
                async with self._http.request(method, self._at + path, **about) as answer:
                    return answer.status, answer.headers.get("Location"), await answer.text()
            except aiohttp.ServerDisconnectedError:
                if not left:
                    raise
        raise AssertionError

    async def get(self, path="/"):
        return await self._ask("GET", path)

    async def read(self):
        status, _, text = await self.get()
        assert status == 200
        return text

    async def wish(self, ssid, password, **more):
        """Fill in the form and send it."""
        (token,) = re.findall(r'name="token" value="(\w+)"', await self.read())
        found = {"other": ssid, "password": password, "token": token, **more}
        self.board.log.clear()
        assert (await self._ask("POST", "/", found))[:2] == (303, "/")

    async def send(self, ssid, password, **more):
        """Fill in the form; the word of what becomes of it."""
        await self.wish(ssid, password, **more)
        await self.board.wait_for(said("set-up: "), PATIENCE_S)
        (word,) = [line for line in self.board.log if line.startswith("set-up: ")]
        return word.partition(": ")[2]

    async def throw(self, raw, closes=False):
        """Send some bytes; what comes back."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        if closes:
            writer.close()
            return b""
        try:
            return await reader.read(40)
        except ConnectionError:
            return b""
        finally:
            writer.close()


@pytest.fixture
async def visit(boards):
    """A function that makes a board with a key and a secret, and a phone beside it."""
    async with aiohttp.ClientSession() as http:

        async def make(name, role, config=None, **more):
            port = free_port()
            environment = {"LOVEBELL_PAGE_PORT": str(port)}
            settings = {**CONFIG, **(config or {})}
            board = await boards(
                name, role, starts=False, config=settings, environment=environment, **more
            )
            board.air({"home": "12345678"})
            await board.start()
            await board.wait_for(up, PATIENCE_S)
            board.config = None  # from here on the flash is the board's own
            return board, Phone(board, port, http)

        yield make


def on_flash(board, name="config.json"):
    return json.loads((board.directory / name).read_text(encoding="utf-8"))


async def test_the_right_network_is_tried_and_saved_and_the_button_rings(visit, far_end):
    board, phone = await visit("b-01", "button", speed=15)
    before = on_flash(board)
    await phone.come()
    assert board.access_point == {
        "essid": "bell-b-01",
        "password": access.password(SECRET),
        "authmode": 3,
    }
    assert board.lamp == "setup"
    board.air({HOME["ssid"]: HOME["password"]})  # another router stands there now
    assert await phone.send(HOME["ssid"], "12345678") == "wrong"
    assert "什么也没有改" in await phone.read()
    assert on_flash(board) == before
    assert await phone.send(**HOME) == "joined"
    page = await phone.read()
    assert "已经保存" in page
    assert "<form" not in page
    assert on_flash(board) == {**before, "wifi": [HOME, *before["wifi"]]}
    await board.wait_for(lambda board: board.resets == 2 and up(board), PATIENCE_S)
    assert board.access_point is None
    board.press()
    press = await far_end.hears("press", kind="call")
    assert press.fields["id"].split("-")[1] == "4"


async def test_a_chime_is_set_up_the_same_way_and_finds_what_is_new_in_the_air(visit):
    board, phone = await visit("c-01", "chime", speed=15)
    await phone.come()
    assert "home" in await phone.read()
    board.air({HOME["ssid"]: HOME["password"]})
    assert (await phone.get("/again"))[:2] == (303, "/")
    page = await phone.read()  # as soon as a browser does
    assert HOME["ssid"] in page
    assert '"home"' not in page
    assert await phone.send("nobody", "12345678") == "missing"
    assert await phone.send(**HOME) == "joined"
    await board.wait_for(lambda board: board.resets == 2 and up(board), PATIENCE_S)


async def test_a_network_with_a_gbk_name_is_listed_and_joined_with_a_key_of_64_digits(visit):
    board, phone = await visit("c-01", "chime", speed=15)
    name, key = "hex:" + "示例_5".encode("gbk").hex(), "0aF9" * 16
    board.air({name: key, "home": "12345678"})
    await phone.come()
    assert f"····_5 ({name})" in await phone.read()
    assert await phone.send(name, key[::-1]) == "wrong"
    assert await phone.send(name, key) == "joined"
    assert on_flash(board)["wifi"][0] == {"ssid": name, "password": key}
    board.air({name: key})
    await board.wait_for(lambda board: board.resets == 2 and up(board), PATIENCE_S)


async def test_a_chime_that_rings_goes_on_ringing_whatever_the_key_does(visit, far_end):
    board, _ = await visit("c-01", "chime", speed=4, trace=True)
    await board.power_cut()
    await board.start()
    await board.wait_for(up, PATIENCE_S)
    board.log.clear()
    board.key(8_000)
    far_end.say("c-01", "ring", ring_of("b-01.1"))
    await board.wait_for(lambda board: board.ringing, PATIENCE_S)
    await board.let_pass(10, PATIENCE_S)
    board.outputs.clear()
    await board.wait_for(lambda board: "pwm 25" in board.outputs, PATIENCE_S)  # it still sounds
    assert board.ringing == ("b-01.1",)
    assert not said("set-up wanted")(board)


async def test_a_wrong_password_saved_untried_makes_way_for_the_network_from_before(visit, far_end):
    board, phone = await visit("b-01", "button", speed=15)
    await phone.come()
    assert await phone.send("home", "another-password", untried="1") == "kept"
    first, second = on_flash(board)["wifi"]
    assert (first["password"], second["password"]) == ("another-password", "12345678")
    await board.wait_for(lambda board: board.resets == 2 and up(board), PATIENCE_S)
    board.press()
    await far_end.hears("press", kind="call")


async def test_where_there_was_no_room_for_it_the_good_configuration_leads_back(visit, far_end):
    others = [{"ssid": f"示例 {number}", "password": "12345678"} for number in range(3)]
    wifi = [*others, {"ssid": "home", "password": "12345678"}]
    board, phone = await visit("b-01", "button", config={"wifi": wifi}, speed=40)
    await board.wait_for(lambda _: (board.directory / "config.good.json").exists(), PATIENCE_S)
    await phone.come()
    assert await phone.send(HOME["ssid"], "wrong-password", untried="1") == "kept"
    assert len(on_flash(board)["wifi"]) == 4
    assert on_flash(board, "config.good.json")["wifi"] == wifi
    await board.wait_for(lambda board: board.resets == 2 and board.lamp == "idle", PATIENCE_S)
    board.press()
    await far_end.hears("press", kind="call")
    await far_end.hears("heartbeat", fault="config")
    assert board.resets == 3


async def test_a_press_ends_the_set_up_and_is_sent_and_nothing_more_than_that_is_shown(
    visit, far_end
):
    board, phone = await visit("b-01", "button", speed=15)
    await phone.come()
    await phone.wish("nobody", "12345678")
    assert "正在试" in await phone.read()
    board.press()
    await board.wait_for(said("set-up ends: a press must not wait"), PATIENCE_S)
    press = await far_end.hears("press", kind="call")
    assert press.fields["id"].split("-")[1] == "3"  # of the start that was interrupted
    await board.wait_for(up, PATIENCE_S)
    assert board.resets == 2
    lamps = [line for line in board.log if line.startswith("lamp ")]
    assert lamps[0] == "lamp sensed"
    assert {"lamp received", "lamp coming"}.isdisjoint(lamps)
    assert not said("set-up: ")(board)  # it did not wait for the try to end
    far_end.say("b-01", "receipt", {"id": press.fields["id"], "episode": "b-01.1"})
    await board.wait_for(said("receipt " + press.fields["id"]), PATIENCE_S)


async def test_a_press_while_the_chip_starts_for_the_set_up_goes_before_it(
    visit, far_end, tmp_path
):
    firmware = copytree(find_firmware(), tmp_path / "firmware")
    press = "import control\n\n{}.drive(0)\ntime.sleep(0.05)\n{}.drive(1)\ntime.sleep(PAUSE_S)"
    finger = "control.contacts[0]"
    replace(firmware / "main.py", "time.sleep(PAUSE_S)", press.format(finger, finger))
    board, _ = await visit("b-01", "button", speed=15, firmware=firmware)
    await board.power_cut()
    board.log.clear()
    await board.start("keyed")
    press = await far_end.hears("press", kind="call")
    assert press.fields["id"].split("-")[1] == "2"
    assert said("set-up wanted")(board)
    assert not said("set-up open")(board)
    assert board.resets == 1


async def test_a_press_from_before_does_not_end_it_and_is_kept(visit, far_end):
    board, phone = await visit("b-01", "button", speed=15)
    board.wifi(False)
    await board.wait_for(lambda board: not up(board), PATIENCE_S)
    board.press()
    await board.wait_for(said("press call"), PATIENCE_S)
    await board.power_cut()
    board.log.clear()
    await board.start()
    await board.wait_for(lambda board: board.lamp != "off", PATIENCE_S)
    await phone.come()
    await phone.read()
    board.air({HOME["ssid"]: HOME["password"]})
    board.wifi(True)
    assert board.lamp in ("sensed", "unheard")
    assert await phone.send(**HOME) == "joined"
    press = await far_end.hears("press", kind="call")
    assert press.fields["id"].split("-")[1] == "1"


async def test_it_ends_by_itself_when_nobody_comes(visit, tmp_path):
    firmware = copytree(find_firmware(), tmp_path / "firmware")
    replace(firmware / "bell" / "portal.py", "IDLE_MS = 600_000", "IDLE_MS = 60_000")
    board, phone = await visit("b-01", "button", speed=60, firmware=firmware)
    before = on_flash(board)
    await phone.come()
    await phone.get("/generate_204")  # a phone that nobody looks at asks so again and again
    await board.wait_for(lambda board: board.resets == 2 and up(board), PATIENCE_S)
    assert said("set-up closed: choose")(board)
    assert not said("stuck")(board)  # the watchdog knew that all was well
    assert on_flash(board) == before


def replace(path, line, other):
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1
    path.write_text(text.replace(line, other), encoding="utf-8")


async def test_a_telephone_that_looks_a_name_up_is_sent_to_the_board(unused_udp_port):
    catcher = asyncio.create_task(catch.run("127.0.0.1", unused_udp_port))
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.setblocking(False)
        question = b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\x04bell\x07example\x00"
        question += b"\x00\x01\x00\x01"
        await asyncio.sleep(0)  # it listens from here on
        for sent in (b"rubbish", question):
            await loop.sock_sendto(phone, sent, ("127.0.0.1", unused_udp_port))
        answer = await asyncio.wait_for(loop.sock_recv(phone, 512), PATIENCE_S)
    assert answer[:2] == b"\x12\x34"
    assert answer.endswith(bytes([127, 0, 0, 1]))
    catcher.cancel()
    with pytest.raises(asyncio.CancelledError):
        await catcher
    with pytest.raises(OSError, match="in use"), socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", unused_udp_port))
        await catch.run("127.0.0.1", unused_udp_port)


async def test_a_telephone_that_asks_a_hundred_times_is_answered_between_other_things(
    unused_udp_port,
):
    catcher = asyncio.create_task(catch.run("127.0.0.1", unused_udp_port))
    await asyncio.sleep(0)  # it listens from here on
    question = b"\x12\x34\x01\x00\x00\x01" + bytes(6) + b"\x04bell\x00\x00\x01\x00\x01"
    answers = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.setblocking(False)
        phone.connect(("127.0.0.1", unused_udp_port))
        for _ in range(100):
            phone.send(question)
        loop = asyncio.get_running_loop()
        await asyncio.wait_for(loop.sock_recv(phone, 512), PATIENCE_S)
        with pytest.raises(BlockingIOError):
            while True:
                phone.recv(512)
                answers += 1
    catcher.cancel()
    assert answers < 10


RUBBISH = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),  # a browser that begins with TLS
    b"\r\n\r\n",
    b"BREW / HTCPCP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 100_000,
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n" + b"a=" * 50_000,
    b"POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n&&&&&&&&&&&&&&&&&&&&",
    b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\na=%f",
    b"POST / HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 600\r\n\r\ncut short",
    b"GET / HT",
)


async def test_whatever_is_sent_to_the_page_it_goes_on_and_nothing_changes(visit):
    board, phone = await visit("b-01", "button", heap="400k", speed=15)
    before = on_flash(board)
    await phone.come()
    for raw in RUBBISH:
        await phone.throw(raw, closes=True)
    # Ten at once that say nothing, and hold what they have got.
    silent = [await asyncio.open_connection("127.0.0.1", phone.port) for _ in range(10)]
    answers = await asyncio.gather(*(phone.throw(raw) for raw in RUBBISH))
    for _, writer in silent:
        writer.close()
    assert not any(b" 200 " in answer for answer in answers)
    assert "<form" in await phone.read()
    assert await phone.get("/generate_204") == (302, "http://192.168.4.1/", "")
    assert on_flash(board) == before
    assert board.resets == 1
    assert not said("Traceback")(board)
    assert not said("MemoryError")(board)


async def test_a_form_that_does_not_come_from_the_page_changes_nothing(visit):
    board, phone = await visit("b-01", "button", speed=15)
    before = on_flash(board)
    await phone.come()
    body = b"other=evil&password=12345678&untried=1"
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert b" 303 " in await phone.throw(head + body)
    assert "已经过时" in await phone.read()
    assert on_flash(board) == before


async def test_neither_page_nor_console_tells_a_secret_of_the_device(visit, broker):
    board, phone = await visit("b-01", "button", speed=15)
    await phone.come()
    pages = [await phone.read()]
    for password in ("12345678", "a-wrong-one", "87654321"):
        board.air({HOME["ssid"]: HOME["password"]})
        await phone.send(HOME["ssid"], password)
        pages.append(await phone.read())
    for text in (*pages, "\n".join(board.log)):
        for secret in (SECRET, access.password(SECRET), "12345678", "87654321", "a-wrong-one"):
            assert secret not in text
    assert not any(str(broker.port) in text for text in pages)


async def test_where_there_are_more_networks_than_memory_the_name_can_be_typed(visit, tmp_path):
    standins = copytree(STANDINS, tmp_path / "standins")
    line = "        return [\n            (_octets(ssid),"
    replace(standins / "network.py", line, "        raise MemoryError\n" + line)
    _, phone = await visit("b-01", "button", standins=standins, speed=15)
    await phone.come()
    assert await phone.send("home", "12345678") == "joined"


async def test_an_access_point_that_would_be_open_to_all_is_not_opened(visit, tmp_path):
    standins = copytree(STANDINS, tmp_path / "standins")
    replace(standins / "network.py", "self._settings.update(settings)", "pass")
    board, phone = await visit("b-01", "button", standins=standins, speed=15)
    await board.power_cut()
    await board.start("keyed")
    await board.wait_for(lambda board: board.resets == 2 and up(board), PATIENCE_S)
    assert said("the access point would be open to all")(board)
    assert not said("set-up open")(board)
    with pytest.raises(aiohttp.ClientConnectorError):
        await phone.get()


async def test_a_press_that_ends_it_is_sent_though_the_flash_refuses_it(visit, far_end):
    board, phone = await visit("b-01", "button", speed=15)
    await phone.come()
    (board.directory / "journal.new").mkdir()
    board.press()
    await board.wait_for(said("set-up ends: a press must not wait"), PATIENCE_S)
    await far_end.hears("press", kind="call")
    assert board.resets == 2
