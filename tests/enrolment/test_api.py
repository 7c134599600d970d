"""Enrolment over the network by real HTTP: what a token may do, and what is refused."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from enrolment.conftest import MAC, OTHER_MAC
from town import Town

from lovebell.commands.enrolling import Enrolment
from lovebell.domain.enrolment import is_private
from lovebell.provision.bundle import open_bundle
from lovebell.provision.files import Plan
from lovebell.provision.install import make
from lovebell.store import credentials, names
from lovebell.web.enrolment import MINUTE_MS, REFUSALS, RIGHT, WRONG

if TYPE_CHECKING:
    from pathlib import Path

    from enrolment.conftest import Site
    from sqlalchemy import Connection


async def test_a_board_is_enrolled_when_its_secret_is_on_it_and_not_before(site: Site) -> None:
    token = site.token()
    made = await site.enrol(token)
    assert (made["device"], made["role"]) == ("b-001", "button")
    assert len(bytes.fromhex(made["secret"])) == 16
    assert made["brokers"] == [["bell.example", 8883, True]]
    assert site.town.read("device", "list") == []
    assert site.hashes() == {}
    await site.confirm(token, made)
    assert [one["id"] for one in site.town.read("device", "list")] == ["b-001"]
    assert list(site.hashes()) == ["b-001"]
    assert made["secret"].encode() not in site.town.path.read_bytes()
    chime = await site.enrol(token, OTHER_MAC, "chime")
    assert chime["device"] == "c-001"


async def test_a_board_asked_for_twice_is_the_same_device_with_another_secret(site: Site) -> None:
    token = site.token("--boards", "1")
    first = await site.enrol(token)
    await site.confirm(token, first)
    before = site.hashes()
    second = await site.enrol(token)
    assert second["device"] == first["device"]
    assert second["secret"] != first["secret"]
    assert site.hashes() == before  # the connection may be lost now: the old one still holds
    await site.confirm(token, second)
    after = site.hashes()
    assert list(after) == ["b-001"]
    assert after != before
    await site.confirm(token, second)  # whose answer was lost
    assert site.hashes() == after
    happened = [(one["what"], one["who"]) for one in site.town.read("events")]
    assert ("enrolled", "b-001") in happened
    assert happened.count(("renewed", "b-001")) == 1


async def test_a_name_that_was_kept_for_a_board_is_nobody_elses(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = site.token()
    assert (await site.enrol(token))["device"] == "b-001"
    assert (await site.enrol(token, OTHER_MAC))["device"] == "b-002"
    monkeypatch.setenv("BUNDLE_PASSPHRASE", "示例口令示例口令")
    where = ("--broker", "bell.example", "--no-tls", "--out", str(tmp_path / "x"))
    site.town.type("device", "enrol", "--kind", "button", "--count", "1", *where)
    assert [one["id"] for one in site.town.read("device", "list")] == ["b-003"]


def refused_by_hand(site: Site, device: str) -> str:
    """What an operator is told who must not enter a device by hand."""
    before = site.state()
    done = site.town.type("device", "add", device, "--kind", "chime")
    assert done.exit_code
    assert site.state() == before
    return done.output


async def test_a_name_that_is_kept_for_a_board_cannot_be_entered_until_its_token_has_ended(
    site: Site,
) -> None:
    token = site.token()
    made = await site.enrol(token)
    told = refused_by_hand(site, "b-001")
    for part in ("b-001", MAC, "示例技术员", "lovebell technician token revoke 1"):
        assert part in told
    assert "b-001" in site.town.type("home", "add", "b-001", "--name", "示例").output
    assert site.town.read("home", "list") == []
    site.town.street.now += 86_400_000
    assert "b-001" in str(site.town.read("device", "add", "b-001", "--kind", "chime"))
    # That board is nobody now: set up with another token it gets a name of its own.
    assert await site.refused("confirm", token, mac=MAC, reservation=made["reservation"])
    assert (await site.enrol(site.token()))["device"] == "b-002"


async def test_a_name_that_is_kept_for_a_board_is_free_when_its_token_is_revoked(
    site: Site,
) -> None:
    await site.enrol(site.token())
    site.town.type("technician", "token", "revoke", "1")
    assert site.town.read("device", "add", "b-001", "--kind", "button")["id"] == "b-001"


async def test_a_board_in_a_home_that_is_recovered_keeps_its_name_before_one_that_waits_for_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else the secret of the button in the home would be void as soon as the other is confirmed."""
    monkeypatch.setenv("BUNDLE_PASSPHRASE", "示例口令示例口令")
    where = ("--broker", "bell.example", "--no-tls", "--out", str(tmp_path / "x"))
    before = Town(tmp_path / "before.db")
    before.read("device", "enrol", "--kind", "button", "--count", "1", *where)
    ((its_hash,),) = before.street.rows("SELECT hash FROM credential")
    before.close()
    token = site.token()
    made = await site.enrol(token)
    site.town.street.now += 1_000
    assert site.town.read("device", "recover", str(before.path))["recovered"] == ["b-001"]
    gone = await site.refused("confirm", token, mac=MAC, reservation=made["reservation"])
    assert gone == "unknown_board"
    assert site.hashes() == {"b-001": its_hash}
    again = await site.enrol(token)
    assert again["device"] == "b-002"
    await site.confirm(token, again)
    assert site.hashes()["b-001"] == its_hash


async def test_only_the_last_secret_that_was_asked_for_can_be_put_in_force(site: Site) -> None:
    token = site.token()
    first = await site.enrol(token)
    await site.enrol(token)
    number = first["reservation"]
    assert await site.refused("confirm", token, mac=MAC, reservation=number) == "superseded"
    assert await site.refused("confirm", token, mac=OTHER_MAC, reservation=1) == "unknown_board"


async def test_a_token_does_what_it_is_for_and_no_more(site: Site) -> None:
    token = site.token("--kind", "button", "--boards", "1")
    assert await site.refused("enrol", token, mac=MAC, role="chime") == "wrong_role"
    made = await site.enrol(token)
    await site.confirm(token, made)
    assert await site.refused("enrol", token, mac=OTHER_MAC, role="button") == "none_left"
    both = site.token()
    assert await site.refused("enrol", both, mac=MAC, role="chime") == "other_role"


async def test_a_board_that_was_begun_as_the_wrong_kind_can_still_be_the_right_one(
    site: Site,
) -> None:
    token = site.token("--boards", "1")
    wrong = await site.enrol(token)
    right = await site.enrol(token, role="chime")
    assert (wrong["device"], right["device"]) == ("b-001", "c-001")
    late = {"mac": MAC, "reservation": wrong["reservation"]}
    assert await site.refused("confirm", token, **late) == "superseded"
    await site.confirm(token, right)
    assert [one["id"] for one in site.town.read("device", "list")] == ["c-001"]
    # From now on it is one, and what the refusal says to do does it.
    assert await site.refused("enrol", token, mac=MAC, role="button") == "other_role"
    assert site.town.type("device", "revoke", "c-001").exit_code == 0


async def test_a_stolen_token_cannot_cut_off_the_boards_of_others(site: Site) -> None:
    mine, theirs = site.token(), site.token()
    made = await site.enrol(mine)
    await site.confirm(mine, made)
    assert await site.refused("enrol", theirs, mac=MAC, role="button") == "not_yours"
    number = made["reservation"]
    assert await site.refused("confirm", theirs, mac=MAC, reservation=number) == "unknown_board"
    said = {"mac": MAC, "reservation": number, "proof": "press"}
    assert await site.refused("result", theirs, **said) == "unknown_board"
    again = await site.enrol(site.token("--renew"))
    assert again["device"] == "b-001"


def bundled(site: Site, device: str) -> None:
    """A device whose secret is on its way in a bundle."""
    site.town.type("device", "add", device, "--kind", "button")
    site.town.street.edit(lambda connection: credentials.put(connection, {device: "$7$x"}, 1 << 50))


async def test_what_was_given_out_from_bundles_is_no_way_to_anothers_secret(site: Site) -> None:
    bundled(site, "b-7")
    token = site.token()
    await site.ask("given", token, given={MAC: "b-7"})
    assert await site.refused("enrol", token, mac=MAC, role="button") == "not_yours"


async def test_a_board_that_goes_elsewhere_gives_a_token_no_other_one(site: Site) -> None:
    bundled(site, "b-7")
    token = site.token("--boards", "1")
    await site.confirm(token, await site.enrol(token))
    await site.ask("given", token, given={MAC: "b-7"})
    assert await site.refused("enrol", token, mac=OTHER_MAC, role="button") == "none_left"
    for device in ("b-001", "b-7"):
        assert site.town.type("device", "revoke", device).exit_code == 0
    assert await site.refused("enrol", token, mac=OTHER_MAC, role="button") == "none_left"
    begun = site.token("--boards", "1")
    await site.enrol(begun)
    await site.enrol(site.token())  # another laptop takes the board over
    assert await site.refused("enrol", begun, mac=OTHER_MAC, role="button") == "none_left"


async def test_a_stolen_token_makes_nobodys_board_another_device(site: Site) -> None:
    bundled(site, "b-7")
    mine, theirs = site.token(), site.token()
    await site.confirm(mine, await site.enrol(mine))
    await site.ask("given", theirs, given={MAC: "b-7"})
    assert site.town.read("device", "show", "b-001")["boards"] == [MAC]
    assert (await site.enrol(mine))["device"] == "b-001"


async def test_a_token_is_wrong_expired_or_revoked_and_each_is_said(site: Site) -> None:
    token = site.token("--hours", "1")
    assert await site.refused("enrol", "x" * 24, mac=MAC, role="button") == "bad_token"
    site.town.street.now += 3_600_000
    assert await site.refused("enrol", token, mac=MAC, role="button") == "expired_token"
    token = site.token()
    assert site.town.type("technician", "token", "revoke", "2").exit_code == 0
    assert await site.refused("enrol", token, mac=MAC, role="button") == "revoked_token"
    assert token.encode() not in site.town.path.read_bytes()


async def test_who_guesses_is_refused_and_whoever_has_a_token_is_not(site: Site) -> None:
    token = site.token()
    said = [await site.refused("enrol", f"x{n}", mac=MAC, role="button") for n in range(WRONG + 5)]
    assert said == ["bad_token"] * WRONG + ["too_many"] * 5
    await site.enrol(token)
    site.now += MINUTE_MS
    assert await site.refused("enrol", "x", mac=MAC, role="button") == "bad_token"


async def test_a_token_that_asks_without_end_is_slowed_down_and_no_other_one_is(site: Site) -> None:
    busy, calm = site.token(), site.token()
    for _ in range(RIGHT):
        await site.enrol(busy)
    assert await site.refused("enrol", busy, mac=MAC, role="button") == "too_often"
    await site.enrol(calm, mac=OTHER_MAC)
    site.now += MINUTE_MS
    await site.enrol(busy)


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("enrol", {"role": "button"}, "mac"),
        ("enrol", {"mac": "24:6F:28:00:00:01", "role": "button"}, "mac"),
        ("enrol", {"mac": ["x"], "role": "button"}, "mac"),
        ("enrol", {"mac": MAC, "role": "gateway"}, "role"),
        ("confirm", {"mac": MAC, "reservation": True}, "reservation"),
        ("confirm", {"mac": MAC, "reservation": 2**40}, "reservation"),
        ("result", {"mac": MAC, "reservation": 1, "proof": "x"}, "proof"),
        ("result", {"mac": MAC, "reservation": 1, "proof": "press", "sounded": 1}, "sounded"),
        ("given", {"given": [MAC]}, "given"),
        ("given", {"given": {MAC: "../x"}}, "given"),
        ("given", {"given": {"x": "b-1"}}, "given"),
        ("given", {"given": {f"24:6f:28:00:01:{n:02x}": "b-1" for n in range(51)}}, "given"),
    ],
)
async def test_a_wrong_field_is_named(
    site: Site, verb: str, body: dict[str, Any], field: str
) -> None:
    token = site.token()
    status, answer = await site.ask(verb, token, **body)
    assert (status, answer["error"]) == (400, "bad_field")
    assert field in answer["zh"]
    assert field in answer["en"]


async def test_what_is_no_json_object_is_refused(site: Site) -> None:
    headers = {"Authorization": f"Bearer {site.token()}"}
    url = site.server.make_url("/technician/v1/enrol")
    async with aiohttp.ClientSession() as laptop:
        for raw in (b"", b"[]", b"\xff", b"{", b"[" * 3000, b"null"):
            async with laptop.post(url, data=raw, headers=headers) as answer:
                assert answer.status == 400
        async with laptop.get(url, headers=headers) as answer:
            assert answer.status == 405


async def test_how_the_setting_up_ended_is_on_record(site: Site) -> None:
    token = site.token()
    made = await site.enrol(token)
    await site.confirm(token, made)
    said = {"mac": MAC, "reservation": made["reservation"], "proof": "press", "sounded": True}
    status, _ = await site.ask("result", token, **said)
    assert status == 200
    (line,) = [one for one in site.town.read("events") if one["what"] == "set_up"]
    assert line["who"] == "b-001"
    assert line["detail"] == {"mac": MAC, "proof": "sounded", "by": "示例技术员"}


async def test_one_identity_on_two_boards_is_noticed_when_the_second_laptop_tells(
    site: Site,
) -> None:
    bundled(site, "b-7")
    first, second = site.token(), site.token()
    _, answer = await site.ask("given", first, given={MAC: "b-7"})
    assert answer == {"noted": 1, "twice": {}}
    _, answer = await site.ask("given", first, given={MAC: "b-7"})
    assert site.twice == []
    _, answer = await site.ask("given", second, given={OTHER_MAC: "b-7", MAC[:-1] + "9": "b-99"})
    assert answer == {"noted": 2, "twice": {"b-7": [MAC, OTHER_MAC]}}
    assert site.twice == ["b-7"]
    given = [one["detail"]["mac"] for one in site.town.read("events") if one["what"] == "given"]
    assert sorted(given) == [MAC, OTHER_MAC]
    assert site.town.read("device", "show", "b-7")["boards"] == [MAC, OTHER_MAC]
    assert f"{MAC}, {OTHER_MAC}" in site.town.type("device", "show", "b-7").stdout
    site.town.type("device", "revoke", "b-7")
    _, answer = await site.ask("given", first, given={MAC: "b-7", OTHER_MAC: "b-7"})
    assert answer["twice"] == {}


async def test_a_revoked_board_that_asks_again_becomes_another_device(site: Site) -> None:
    token = site.token()
    await site.confirm(token, await site.enrol(token))
    assert site.town.type("device", "revoke", "b-001").exit_code == 0
    assert site.hashes() == {}
    assert (await site.enrol(token))["device"] == "b-002"


async def test_behind_a_proxy_that_does_not_say_https_no_token_is_taken(site: Site) -> None:
    token = site.token()
    site.headers = {"X-Forwarded-Proto": "http"}
    assert await site.refused("enrol", token, mac=MAC, role="button") == "not_private"
    _, answer = await site.ask("enrol", token, mac=MAC, role="button")
    assert "public_url" in answer["zh"]  # the gateway's own machine is no exception then
    assert "public_url" in answer["en"]
    site.headers = {"Host": "bell.example"}
    assert await site.refused("enrol", token, mac=MAC, role="button") == "not_private"


@pytest.mark.parametrize(
    ("peer", "host", "scheme", "public_url", "expected"),
    [
        ("127.0.0.1", "127.0.0.1:8080", None, "", True),
        ("::1", "[::1]:8080", None, "", True),
        ("127.0.0.1", "localhost", None, "", True),
        ("192.168.1.7", "127.0.0.1", None, "", False),
        ("127.0.0.1", "192.168.1.1:8080", None, "", False),
        ("127.0.0.1", "127.bell.example", None, "", False),
        ("127.0.0.1", "[::1", None, "", True),
        ("", "", None, "", False),
        ("127.0.0.1", "127.0.0.1", "https", "", False),  # nobody has configured this proxy
        ("127.0.0.1", "bell.example", "https", "https://bell.example", True),
        ("127.0.0.1", "bell.example", "http", "https://bell.example", False),
        ("127.0.0.1", "127.0.0.1", None, "https://bell.example", False),
        ("127.0.0.1", "bell.example", "https", "http://bell.example", False),
    ],
)
def test_a_token_comes_from_this_machine_or_by_https(
    peer: str, host: str, scheme: str | None, public_url: str, expected: bool
) -> None:
    assert is_private(peer, host, scheme, public_url) is expected


def test_every_refusal_is_said_in_both_languages() -> None:
    for zh, en, status in REFUSALS.values():
        assert re.search(r"[\u4e00-\u9fff]", zh)
        assert en.isascii()
        assert 400 <= status < 600


# -- the operator's side ---------------------------------------------------------------------


def test_a_token_is_listed_with_what_it_has_done_and_never_what_it_says(town: Town) -> None:
    made = town.read("technician", "token", "create", "--who", "示例技术员", "--kind", "chime")
    (listed,) = town.read("technician", "token", "list")
    assert made["token"] not in str(listed)
    assert (listed["roles"], listed["boards"], listed["used"]) == (["chime"], 50, 0)
    assert listed["standing"] == "good"
    assert "good" in town.type("technician", "token", "list").stdout
    assert town.type("technician", "token", "revoke", "1").exit_code == 0
    again = town.type("technician", "token", "revoke", "1")
    assert again.exit_code == 1
    assert "technician token list" in again.stderr


async def test_boards_are_told_the_port_that_the_broker_was_made_with(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    plan = Plan(folder, 10, port=9883, broker_user="root", gateway_user="root")
    make(plan, ["bell.example", "2001:db8::1"], "lovebell", site.now, lambda n: b"x" * n)
    monkeypatch.setenv("LOVEBELL_BROKER_FOLDER", str(folder))
    made = await site.enrol(site.token())
    assert made["brokers"] == [["bell.example", 9883, True]]  # an ESP32 knows no IPv6
    (folder / "mosquitto.conf").write_text("listener x\n")  # made by somebody else
    said = site.town.type("technician", "token", "create", "--who", "示例技术员")
    assert said.exit_code == 1
    assert "--broker" in said.stderr


def test_a_broker_that_boards_cannot_join_is_given_to_none(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    plan = Plan(folder, 10, broker_user="root", gateway_user="root")
    make(plan, ["2001:db8::1", "::1"], "lovebell", site.now, lambda n: b"x" * n)
    monkeypatch.setenv("LOVEBELL_BROKER_FOLDER", str(folder))
    create = ("technician", "token", "create", "--who", "示例技术员")
    for more in ((), ("--broker", "[2001:db8::1]:8883")):
        said = site.town.type(*create, *more)
        assert said.exit_code == 1
        assert said.stderr.startswith("broker: boards cannot connect to")
        assert "IPv4" in said.stderr
    assert site.town.read("technician", "token", "list") == []
    assert site.town.type(*create, "--broker", "192.0.2.7").exit_code == 0


def test_without_tls_it_is_said_where_since_the_brokers_own_port_has_tls(town: Town) -> None:
    said = town.type("technician", "token", "create", "--who", "示例技术员", "--no-tls")
    assert said.exit_code == 1
    assert "--broker" in said.stderr
    assert town.read("technician", "token", "list") == []


@pytest.mark.parametrize(
    ("variable", "why"),
    [("LOVEBELL_WEB_PORT", "web_port"), ("LOVEBELL_BROKER_FOLDER", "broker_folder")],
)
def test_no_token_is_made_that_could_not_be_used(
    town: Town, monkeypatch: pytest.MonkeyPatch, variable: str, why: str
) -> None:
    monkeypatch.delenv(variable)
    said = town.type("technician", "token", "create", "--who", "示例技术员")
    assert said.exit_code == 1
    assert why in said.stderr
    assert town.read("technician", "token", "list") == []


async def test_a_database_that_cannot_be_opened_ends_no_gateway_and_is_said(
    site: Site, tmp_path: Path
) -> None:
    token = site.token()
    (tmp_path / "lovebell.db").rename(tmp_path / "aside")
    (tmp_path / "lovebell.db").mkdir()  # as unusable as a full disk
    status, answer = await site.ask("enrol", token, mac=MAC, role="button")
    assert (status, answer["error"]) == (503, "busy")
    assert "nothing was changed" in answer["en"]
    (tmp_path / "lovebell.db").rmdir()
    (tmp_path / "aside").rename(tmp_path / "lovebell.db")
    await site.enrol(token)


async def test_a_board_is_told_who_signs_new_firmware(site: Site) -> None:
    assert (await site.enrol(site.token()))["publisher"] == ""
    desk = Enrolment(
        *(site.town.path, lambda: site.town.street.now),
        can_admit=True,
        on_twice=site.twice.append,
        publisher="ab12",
    )
    made = await desk.do("enrol", site.token(), {"mac": MAC, "role": "button"})
    desk.close()
    assert made["publisher"] == "ab12"


# -- the order of things -----------------------------------------------------------------------


async def test_who_has_no_token_is_told_so_whatever_he_sends_and_nothing_of_it_is_read(
    site: Site,
) -> None:
    site.token()
    port = site.server.make_url("/").port
    head = (
        "POST /technician/v1/enrol HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n"
    )
    for token, length, body in (("x" * 24, 5, b"{"), ("x" * 24, 10**9, b""), ("x" * 65, 9, b"[")):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.format(token, length).encode() + body)  # and the rest never comes
        async with asyncio.timeout(60):
            answer = await reader.readuntil(b'"bad_token"')
        writer.close()
        assert answer.startswith(b"HTTP/1.1 401 ")
    for raw in (b"{", b"[]"):
        assert await refused_raw(site, "x" * 24, raw) == "bad_token"
        assert await refused_raw(site, site.token(), raw) == "bad_field"


async def refused_raw(site: Site, token: str, raw: bytes) -> str:
    """The code of the refusal of what is no JSON object."""
    headers = {"Authorization": f"Bearer {token}"}
    url = site.server.make_url("/technician/v1/enrol")
    async with (
        aiohttp.ClientSession() as laptop,
        laptop.post(url, data=raw, headers=headers) as answer,
    ):
        return (await answer.json())["error"]


async def test_how_it_ended_is_recorded_once_however_often_a_laptop_says_it(site: Site) -> None:
    def proofs() -> list[str]:
        events = site.town.read("events")
        return [one["detail"]["proof"] for one in events if one["what"] == "set_up"]

    token = site.token()
    made = await site.enrol(token)
    await site.confirm(token, made)
    said = {"mac": MAC, "reservation": made["reservation"]}
    for _ in range(2):  # the first answer was lost
        status, answer = await site.ask("result", token, **said, proof="files")
        assert (status, answer) == (200, {"device": "b-001"})
    assert proofs() == ["files"]
    for _ in range(2):
        await site.ask("result", token, **said, proof="press", sounded=False)
    assert sorted(proofs()) == ["files", "silent"]
    made = await site.enrol(token)  # set up anew
    await site.confirm(token, made)
    said["reservation"] = made["reservation"]
    await site.ask("result", token, **said, proof="press", sounded=False)
    assert sorted(proofs()) == ["files", "silent", "silent"]


class Quicker:
    """Takes the name that was just found to be free, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, town: Town, device: str) -> None:
        self._look, self._town, self._device = names.taken, town, device
        self.has_been = False
        monkeypatch.setattr(names, "taken", self.taken)

    def taken(self, connection: Connection) -> set[str]:
        found = self._look(connection)
        if not self.has_been:
            self.has_been = True  # and nobody holds a lock meanwhile: this waits for none
            assert self._town.type("device", "add", self._device, "--kind", "button").exit_code == 0
        return found


async def test_a_name_that_somebody_else_took_meanwhile_is_not_given_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = site.token()
    quicker = Quicker(monkeypatch, site.town, "b-001")
    assert (await site.enrol(token))["device"] == "b-002"
    assert quicker.has_been


def test_a_bundle_whose_names_somebody_else_took_meanwhile_gets_others(
    town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BUNDLE_PASSPHRASE", "示例口令示例口令")
    quicker = Quicker(monkeypatch, town, "b-002")
    out = tmp_path / "x"
    where = ("--broker", "bell.example", "--no-tls", "--out", str(out))
    made = town.read("device", "enrol", "--kind", "button", "--count", "2", *where)
    assert quicker.has_been
    assert made["devices"] == ["b-001", "b-003"]
    sealed = open_bundle(out, lambda: "示例口令示例口令", town.street.now)
    assert [one.device for one in sealed.identities] == ["b-001", "b-003"]
