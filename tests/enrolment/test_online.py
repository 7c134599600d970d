"""Boards set up over the network: with the real mpremote, and with lines that break."""

from __future__ import annotations

import asyncio
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from provision.test_keeping import gateway_of

from lovebell.clock import SystemClock
from lovebell_tools import words
from lovebell_tools.board import Board, BoardError
from lovebell_tools.cli import cli
from lovebell_tools.gateway import TRIES, Gateway
from lovebell_tools.plan import CONFIG, READY
from simulator.mosquitto import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from enrolment.conftest import Site
    from provision.conftest import Installation
    from technician.bench import Bench
    from town import Town

    from lovebell_tools.crew import Done
    from simulator.serial_board import SerialBoard


class Line:
    """The network between laptop and gateway. It breaks at a verb: before the gateway hears it,
    or, `is_late`, before its answer is heard; so often."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.breaks_at = ""
        self.is_late = False
        self.times = 0
        self.asked: list[str] = []
        self.url = ""

    async def open(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        verb = head.split(b" ")[1].decode().rpartition("/")[2]
        self.asked.append(verb)
        breaks = verb == self.breaks_at and self.times > 0
        if breaks:
            self.times -= 1
        if not breaks or self.is_late:
            up, down = await asyncio.open_connection("127.0.0.1", self._site.server.port)
            down.write(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + body)
            answer = await up.read()
            down.close()
            if not breaks:
                writer.write(answer)
        writer.close()


async def make(bench: Bench, line: Line, token: str, *boards: SerialBoard) -> list[Done]:
    """The technician runs setup."""
    gateway = Gateway(line.url, token, pause_s=0)
    return await asyncio.to_thread(
        bench.make, *boards, bundle=None, ledger=None, gateway=gateway, start_s=0
    )


def on_board(board: SerialBoard) -> tuple[dict[str, Any], bool]:
    """What config.json of a board says, and whether the board would start."""
    with Board(board.port) as prompt:
        config = prompt.read(CONFIG)
        return json.loads(config or b"{}"), READY in prompt.hashes()


async def test_a_board_gets_an_identity_and_keeps_it_with_another_secret(
    site: Site, bench: Bench
) -> None:
    line, token = Line(site), site.token("--boards", "2")
    async with await line.open():
        board, other = bench.board(), bench.board()
        first, second = await make(bench, line, token, board, other)
        assert first.made is not None and second.made is not None, (first.why, second.why)
        assert {first.made.device, second.made.device} == {"b-001", "b-002"}
        config, is_ready = await asyncio.to_thread(on_board, board)
        assert is_ready
        assert config["broker"] == [{"host": "bell.example", "port": 8883, "tls": True}]
        (again,) = await make(bench, line, token, board)
        assert again.made is not None, again.why
        assert again.made.device == first.made.device
        changed, _ = await asyncio.to_thread(on_board, board)
        assert changed["password"] != config["password"]
        assert sorted(site.hashes()) == ["b-001", "b-002"]


async def test_a_line_that_breaks_before_a_board_is_touched_leaves_it_as_it_was(
    site: Site, bench: Bench
) -> None:
    """Though the gateway has heard what was asked: a secret that is reserved is not in force."""
    line, token = Line(site), site.token()
    async with await line.open():
        board = bench.board()
        await make(bench, line, token, board)
        before, hashes = await asyncio.to_thread(on_board, board), site.hashes()
        line.breaks_at, line.is_late, line.times = "enrol", True, TRIES
        (done,) = await make(bench, line, token, board)
        assert done.why is not None and done.why.name == "gateway_away"
        assert "run setup again" in words.of_error("en", done.why)
        assert await asyncio.to_thread(on_board, board) == before
        assert site.hashes() == hashes  # the secret that it has is in force


async def test_a_board_whose_secret_cannot_be_put_in_force_never_pretends_to_be_ready(
    site: Site, bench: Bench
) -> None:
    line, token = Line(site), site.token()
    async with await line.open():
        board = bench.board()
        line.breaks_at, line.times = "confirm", TRIES
        (done,) = await make(bench, line, token, board)
        assert done.why is not None and done.why.name == "gateway_away"
        _, is_ready = await asyncio.to_thread(on_board, board)
        assert not is_ready
        assert site.hashes() == {}
        (done,) = await make(bench, line, token, board)
        assert done.made is not None and done.made.device == "b-001"
        assert (await asyncio.to_thread(on_board, board))[1]


async def test_an_answer_that_was_lost_is_asked_for_again(site: Site, bench: Bench) -> None:
    line, token = Line(site), site.token()
    async with await line.open():
        board = bench.board()
        line.breaks_at, line.is_late, line.times = "confirm", True, TRIES - 1
        (done,) = await make(bench, line, token, board)
        assert done.made is not None, done.why
        assert line.asked == ["enrol"] + ["confirm"] * TRIES


async def test_what_the_gateway_refuses_is_said_in_its_words(site: Site, bench: Bench) -> None:
    line, token = Line(site), site.token("--kind", "chime")
    async with await line.open():
        (done,) = await make(bench, line, token, bench.board())
        assert done.why is not None
        assert "只能做 chime" in words.of_error("zh", done.why)
        assert "this token is for chime" in words.of_error("en", done.why)
        assert line.asked == ["enrol"]  # a refusal is not asked for again


WRONG = {
    "http://bell.example": "plain_gateway",
    "http://192.168.1.10:8080": "plain_gateway",
    "https://": "bad_gateway",
    "bell.example": "bad_gateway",
    "ftp://bell.example": "bad_gateway",
    "https://bell.example:port": "bad_gateway",
    "https://bell.example/?x": "bad_gateway",
    "https://示例": "bad_gateway",
    "https://user:word@bell.example": "bad_gateway",
}


@pytest.mark.parametrize("url", WRONG)
def test_an_address_to_which_no_token_may_go_is_refused_before_it_is_asked_for(url: str) -> None:
    with pytest.raises(BoardError) as why:
        Gateway(url, "x")
    assert why.value.name == WRONG[url]
    for language in ("zh", "en"):
        assert url in words.of_error(language, why.value)


@pytest.mark.parametrize("token", ["", "x" * 65, "two\nlines", "令牌"])
def test_what_is_no_token_goes_nowhere(token: str) -> None:
    with pytest.raises(BoardError, match="bad_token"):
        Gateway("https://bell.example", token)


async def test_who_answers_and_is_no_gateway_is_told_apart(site: Site) -> None:
    gateway = Gateway(str(site.server.make_url("/a")), "x", pause_s=0)
    with pytest.raises(BoardError, match="gateway_strange"):
        await asyncio.to_thread(gateway.enrol, "24:6f:28:00:00:01", "button")


def typed(*args: str) -> Any:
    return CliRunner().invoke(cli, ["--language", "en", "setup", *args])


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ((), "--bundle"),
        (("--gateway", "https://bell.example"), "Over the network say"),
        (("--gateway", "https://bell.example", "--kind", "button", "--device", "b-1"), "--device"),
        (("--gateway", "http://bell.example", "--kind", "button"), "not encrypted"),
        (
            ("--gateway", "https://bell.example", "--kind", "button", "--token-file", "/none"),
            "--token-file",
        ),
        (
            ("--gateway", "https://bell.example", "--kind", "button", "--gateway-ca", "/none"),
            "--gateway-ca",
        ),
    ],
)
def test_what_is_missing_is_said_before_a_board_is_touched(
    tmp_path: Path, more: tuple[str, ...], why: str
) -> None:
    site = tmp_path / "site.toml"
    site.write_text('[[wifi]]\nssid = "demo"\npassword = ""\n', encoding="utf-8")
    said = typed("--port", str(tmp_path / "no-port"), "--site", str(site), *more)
    assert said.exit_code == 1
    assert why in said.output
    assert len(said.output.splitlines()) == 1


@pytest.fixture
def bundle(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two laptops with a copy each of one bundle, and what the technicians type."""
    monkeypatch.setenv("BUNDLE_PASSPHRASE", "四个 常见 的 词")
    monkeypatch.setattr("lovebell_tools.gateway.PAUSE_S", 0)
    out = tmp_path / "buttons.bundle"
    town.street.now = SystemClock().now()  # a laptop asks the real one whether it has expired
    where = ("--broker", "bell.example:1883", "--no-tls", "--out", str(out))
    town.type("device", "enrol", "--kind", "button", "--count", "2", *where)
    for laptop in ("one", "other"):
        (tmp_path / laptop).mkdir()
        shutil.copy(out, tmp_path / laptop)
    (tmp_path / "site.toml").write_text('[[wifi]]\nssid = "demo"\npassword = ""\n')
    return out


async def test_a_bundle_that_two_laptops_use_is_found_out_when_the_second_reaches_the_gateway(
    site: Site, bench: Bench, bundle: Path, compiled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TECHNICIAN_TOKEN", site.token())
    line = Line(site)
    async with await line.open():

        async def setup(laptop: str, board: SerialBoard) -> Any:
            return await asyncio.to_thread(
                typed,
                *("--bundle", str(bundle.parent / laptop / bundle.name), "--wait", "0"),
                *("--gateway", line.url, "--site", str(bundle.parent / "site.toml")),
                *("--port", board.port, "--firmware", str(compiled)),
            )

        line.breaks_at, line.times = "given", TRIES
        said = await setup("one", bench.board())
        assert said.exit_code == 0, said.output  # the board is ready, whether it is told or not
        assert "The gateway was not told" in said.output
        said = await setup("one", bench.boards[0])
        assert "gateway" not in said.output
        assert site.twice == []
        said = await setup("other", bench.board())
        assert said.exit_code == 0, said.output
        macs = ", ".join(":".join(f"{byte:02x}" for byte in one.mac) for one in bench.boards)
        assert f"The identity b-001 is on more than one board ({macs})" in said.output
        assert "lovebell device revoke b-001" in said.output
        assert site.twice == ["b-001"]
    assert [one["who"] for one in site.town.read("events") if one["what"] == "given"] == [
        *("b-001", "b-001"),
    ]


async def test_a_board_enrolled_over_the_network_is_let_in_and_its_press_is_on_record(
    installation: Installation, bench: Bench, tmp_path: Path, compiled: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The real command, gateway, broker over TLS and firmware; the old secret is void at the
    broker when the board has been set up once more."""
    port = free_port()
    monkeypatch.setenv("LOVEBELL_BROKER_FOLDER", str(installation.folder))
    monkeypatch.setenv("LOVEBELL_WEB_PORT", str(port))
    where = f"localhost:{installation.place.port}"
    made = installation.town.read(
        "technician", "token", "create", "--who", "示例", "--broker", where
    )
    monkeypatch.setenv("TECHNICIAN_TOKEN", made["token"])
    (tmp_path / "site.toml").write_text('[[wifi]]\nssid = "demo"\npassword = ""\n')
    gateway = gateway_of(installation, tmp_path, LOVEBELL_WEB_PORT=str(port))
    await gateway.start()
    board = bench.board()
    setup = (
        *("--port", board.port, "--gateway", f"http://127.0.0.1:{port}", "--kind", "button"),
        *("--site", str(tmp_path / "site.toml"), "--firmware", str(compiled)),
    )
    try:
        hand = asyncio.create_task(press_when_asked(board))
        said = await asyncio.to_thread(typed, *setup, "--press", "120", "--json")
        assert said.exit_code == 0, said.output
        (done,) = json.loads(said.stdout)
        assert (done["device"], done["proof"]) == ("b-001", "press")
        await hand
        config, _ = await asyncio.to_thread(on_board, board)
        said = await asyncio.to_thread(typed, *setup, "--press", "0")
        assert said.exit_code == 0, said.output
        assert "b-001 connected" in said.output
        installation.secrets["b-001"] = config["password"]
        with pytest.raises(OSError, match="refused"):
            installation.connect("b-001")
    finally:
        gateway.kill()
    happened = [
        (one["what"], one["detail"].get("proof"))
        for one in installation.town.read("events")
        if one["who"] in ("b-001", "示例") and one["what"] != "fault"
    ]
    assert ("token_made", None) in happened
    assert ("enrolled", None) in happened
    assert ("set_up", "press") in happened
    assert ("renewed", None) in happened
    assert ("set_up", "broker") in happened


async def press_when_asked(board: SerialBoard) -> None:
    await asyncio.to_thread(board.wait_for, b"broker up", 120)
    board.tell("key 3000")
    board.tell("press 300")
