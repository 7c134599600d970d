"""The parts of the technician's tools that need no board: images, ledger, site, labels, words."""

from __future__ import annotations

import ast
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader
from technician.fonts import LABEL, LATIN, a_font

import lovebell_tools
from bell.wifi import octets
from lovebell.provision.bundle import Broker, Bundle, Identity
from lovebell_tools import errors, images, labels, words
from lovebell_tools.board import BoardError
from lovebell_tools.identity import Site, access_of, config_for, of_role, read_site, sound_for
from lovebell_tools.images import Image
from lovebell_tools.ledger import Ledger
from lovebell_tools.ports import Found, watch
from lovebell_tools.release import Firmware, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IDENTITIES = [Identity(f"b-{number:02}", "button", "x" * 32) for number in range(1, 4)]


def refusal(do: Callable[[], object]) -> str:
    with pytest.raises(BoardError) as why:
        do()
    # Every refusal has its sentence, in both languages, with all its gaps filled.
    assert words.of_error("zh", why.value) != words.of_error("en", why.value)
    return why.value.name


@pytest.fixture
def server() -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404 if "missing" in self.path else 200)
            self.end_headers()
            self.wfile.write(b"\xe9image")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_image_is_downloaded_once_and_only_kept_when_its_hash_is_the_one_in_the_table(
    server: str, tmp_path: Path
) -> None:
    sha256 = hashlib.sha256(b"\xe9image").hexdigest()
    known = {
        "ESP32": Image("1.27.0", f"{server}/good.bin", sha256),
        "ESP32-S3": Image("1.27.0", f"{server}/bad.bin", "0" * 64),
        "ESP32-C3": Image("1.27.0", f"{server}/missing.bin", sha256),
    }
    path = images.fetched("ESP32", tmp_path, known)
    assert images.checked(path).read_bytes() == b"\xe9image"
    nowhere = {"ESP32": Image("1.27.0", "http://127.0.0.1:1/good.bin", sha256)}
    assert images.fetched("ESP32", tmp_path, nowhere) == path
    path.write_bytes(b"\xe9rotten")
    assert refusal(lambda: images.fetched("ESP32", tmp_path, nowhere)) == "no_download"
    assert refusal(lambda: images.fetched("ESP32-S3", tmp_path, known)) == "wrong_hash"
    assert refusal(lambda: images.fetched("ESP32-C3", tmp_path, known)) == "no_download"
    assert refusal(lambda: images.fetched("ESP32-H2", tmp_path, known)) == "no_known_image"
    assert [file.name for file in tmp_path.iterdir()] == ["good.bin"]


def test_an_image_that_a_technician_names_has_the_hash_that_was_told(tmp_path: Path) -> None:
    path = tmp_path / "s3.bin"
    path.write_bytes(b"\xe9image")
    right = hashlib.sha256(b"\xe9image").hexdigest()
    assert images.checked(path, right.upper()) == path
    assert refusal(lambda: images.checked(path, "0" * 64)) == "wrong_image"
    assert refusal(lambda: images.checked(path, right[1:])) == "bad_sha256"


def test_a_chip_without_a_checked_image_is_told_where_there_is_one(tmp_path: Path) -> None:
    with pytest.raises(BoardError) as why:
        images.fetched("ESP32-S3", tmp_path)
    for language in ("zh", "en"):
        said = words.of_error(language, why.value)
        assert "https://micropython.org/download/ESP32_GENERIC_S3/" in said
        assert "--image" in said


def test_an_image_that_a_technician_names_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>")
    assert refusal(lambda: images.checked(tmp_path / "page.html")) == "not_an_image"
    assert refusal(lambda: images.checked(tmp_path / "none.bin")) == "no_image"


def test_a_board_has_one_identity_and_an_identity_one_board(tmp_path: Path) -> None:
    path = tmp_path / "given.json"
    ledger = Ledger(path)
    assert ledger.claim("mac-1", IDENTITIES, None).device == "b-01"
    assert ledger.claim("mac-2", IDENTITIES, None).device == "b-02"
    # The same board again, also tomorrow.
    assert Ledger(path).claim("mac-1", IDENTITIES, None).device == "b-01"
    assert Ledger(path).claim("mac-1", IDENTITIES, "b-01").device == "b-01"
    assert refusal(lambda: ledger.claim("mac-1", IDENTITIES, "b-03")) == "has_another"
    assert refusal(lambda: ledger.claim("mac-3", IDENTITIES, "b-02")) == "taken"
    assert refusal(lambda: ledger.claim("mac-3", IDENTITIES, "b-99")) == "unknown_device"
    # Another program with the same bundle.
    assert Ledger(path).claim("mac-3", IDENTITIES, None).device == "b-03"
    assert refusal(lambda: ledger.claim("mac-4", IDENTITIES, None)) == "none_left"
    assert list(ledger.given()) == ["mac-1", "mac-2", "mac-3"]
    path.write_text("[]")
    assert refusal(lambda: Ledger(path)) == "bad_ledger"


def test_many_boards_at_once_never_share_an_identity(tmp_path: Path) -> None:
    many = [Identity(f"b-{number:02}", "button", "x") for number in range(16)]
    given: list[str] = []

    def claim(number: int) -> None:
        given.append(Ledger(tmp_path / "given.json").claim(f"mac-{number}", many, None).device)

    crew = [threading.Thread(target=claim, args=(number,)) for number in range(16)]
    for hand in crew:
        hand.start()
    for hand in crew:
        hand.join()
    assert sorted(given) == [one.device for one in many]


def site(tmp_path: Path, text: str) -> Callable[[], Site]:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return lambda: read_site(path)


def test_a_site_says_how_its_boards_are_wired_and_what_a_chime_hears(tmp_path: Path) -> None:
    found = site(
        tmp_path,
        """
        ntp = "192.168.1.1"
        [[wifi]]
        ssid = "示例网络"
        password = "12345678"
        [hears]
        c-01 = ["b-01", "b-02"]
        [button]
        pins = {button = 14}
        """,
    )()
    bundle = Bundle(IDENTITIES, [Broker("bell.example", 8883, tls=True)], b"der", 1)
    button = config_for(IDENTITIES[0], bundle, found).decode()
    assert '"pins": {"button": 14, "service": 0}' in button
    assert '"broker": [{"host": "bell.example", "port": 8883, "tls": true}]' in button
    assert '"ca": "ca.der"' in button
    chime = config_for(Identity("c-01", "chime", "x"), bundle, found).decode()
    assert sound_for("chime", found) == {}
    assert '"hears": ["b-01", "b-02"]' in chime
    assert '"pins": {"service": 0}' in chime


def test_a_sound_that_is_named_comes_from_beside_the_file(tmp_path: Path) -> None:
    found = site(tmp_path, '[chime]\nsound = "ding.wav"\n[[wifi]]\nssid = "a"\n')()
    assert refusal(lambda: sound_for("chime", found)) == "no_sound"
    (tmp_path / "ding.wav").write_bytes(b"RIFF")
    assert sound_for("chime", found) == {"ding.wav": b"RIFF"}
    assert sound_for("button", found) == {}


def test_a_site_that_is_wrong_is_told_before_a_board_is_touched(tmp_path: Path) -> None:
    wifi = '[[wifi]]\nssid = "{}"\npassword = {}\n'
    assert refusal(site(tmp_path, "wifi =")) == "bad_site"
    assert refusal(site(tmp_path, "")) == "no_wifi"
    assert refusal(site(tmp_path, "colour = 1")) == "strange_field"
    assert refusal(site(tmp_path, "button = 1\n" + wifi.format("a", '""'))) == "bad_site"
    assert refusal(lambda: read_site(tmp_path / "none.toml")) == "no_site"
    bundle = Bundle(IDENTITIES, [Broker("bell.example", 1883, tls=False)], None, 1)
    for text in (wifi.format("a", '"short"'), wifi.format("a", 8), wifi.format("", '""')):
        wrong = site(tmp_path, text)()
        assert refusal(lambda wrong=wrong: config_for(IDENTITIES[0], bundle, wrong)) == "bad_config"


def test_a_router_that_writes_its_name_in_gbk_is_named_in_the_sites_file(tmp_path: Path) -> None:
    lines = '[[wifi]]\nssid = "示例网络"\npassword = "12345678"\nencoding = "{}"\n'
    (tmp_path / "site.toml").write_text(lines.format("gbk"), encoding="utf-8")
    (network,) = read_site(tmp_path / "site.toml").wifi
    raw = "示例网络".encode("gbk")
    assert network == {"ssid": "hex:" + raw.hex(), "password": "12345678"}
    assert octets(str(network["ssid"])) == raw
    for encoding in ("latin-1", "nothing", ""):
        assert refusal(site(tmp_path, lines.format(encoding))) == "bad_encoding"
    bundle = Bundle(IDENTITIES, [Broker("bell.example", 1883, tls=False)], None, 1)
    for ssid in ("", "ssid = 5\n", 'ssid = ""\n'):
        nameless = site(tmp_path, f'[[wifi]]\n{ssid}encoding = "gbk"\n')()
        refused = refusal(lambda wrong=nameless: config_for(IDENTITIES[0], bundle, wrong))
        assert refused == "bad_config"


def test_a_misspelt_field_of_a_network_is_refused_and_not_passed_over(tmp_path: Path) -> None:
    lines = '[[wifi]]\nssid = "home"\npasword = "12345678"\n'
    with pytest.raises(BoardError) as told:
        site(tmp_path, lines)()
    assert told.value.name == "strange_field"
    assert told.value.needs["field"] == "wifi.pasword"


def test_a_bundle_of_both_kinds_needs_a_word_and_one_of_the_other_kind_is_refused() -> None:
    both = Bundle([*IDENTITIES, Identity("c-01", "chime", "x")], [], None, 1)
    buttons = Bundle(IDENTITIES, [], None, 1)
    assert refusal(lambda: of_role(both, None)) == "which_role"
    assert [one.device for one in of_role(both, "chime")] == ["c-01"]
    assert refusal(lambda: of_role(buttons, "chime")) == "no_such_role"
    assert len(of_role(buttons, None)) == 3


def test_a_firmware_that_is_not_what_its_manifest_says_goes_onto_no_board(
    firmware: Firmware, tmp_path: Path
) -> None:
    assert refusal(lambda: read(tmp_path)) == "no_firmware"
    (tmp_path / "manifest.json").write_text('{"files": []}')
    assert refusal(lambda: read(tmp_path)) == "damaged_firmware"
    (tmp_path / "manifest.json").write_text('{"files": {"main.py": {"sha256": "0"}}}')
    (tmp_path / "main.py").write_bytes(firmware.files["main.py"])
    assert refusal(lambda: read(tmp_path)) == "damaged_firmware"


def text_of(path: Path, page: int = 0) -> str:
    return PdfReader(path).pages[page].extract_text().replace(" ", "")


def test_a_sheet_of_labels_has_the_chinese_inside_it_and_as_many_pages_as_it_needs(
    tmp_path: Path,
) -> None:
    font = a_font(tmp_path / "boxes.ttf", LABEL)
    sheet = tmp_path / "labels.pdf"
    found = [labels.read(f"b-{number:02}=button") for number in range(1, 25)]
    labels.write([*found, labels.read("c-" + "0" * 22 + "=chime")], sheet, font)
    assert len(PdfReader(sheet).pages) == 2
    first = text_of(sheet)
    assert first.count("按钮Button") == 24
    assert "b-01" in first
    assert "b-24" in first
    assert "门铃Chime" in text_of(sheet, 1)
    fonts: Any = PdfReader(sheet).pages[0]["/Resources"]
    (embedded,) = [one.get_object() for one in fonts["/Font"].values()]
    descriptor = embedded["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
    assert "/FontFile2" in descriptor


def test_a_label_says_how_a_telephone_sets_the_wi_fi_and_nothing_of_the_secret(
    tmp_path: Path,
) -> None:
    secrets = ("0123456789abcdef" * 2, "fedcba9876543210" * 2)
    found = [access_of("b-0000000000000000000-01", secret) for secret in secrets]
    assert found[0].password != found[1].password
    sheet = tmp_path / "labels.pdf"
    font = a_font(tmp_path / "boxes.ttf", LABEL)
    labels.write([labels.Label(found[0].name[5:], "button", found[0])], sheet, font)
    said = text_of(sheet)
    assert "Wi-Fibell-b-0000000000000000000-01" in said
    assert "密码" + found[0].password in said
    assert "http://192.168.4.1" in said
    assert not any(secret[:8] in said for secret in secrets)


def test_every_board_has_the_key_that_opens_the_set_up_unless_its_pin_is_taken() -> None:
    bundle = Bundle(IDENTITIES, [Broker("bell.example", 1883, tls=False)], None, 1)
    wifi = [{"ssid": "示例", "password": "12345678"}]
    given = ({}, {"pins": {"lamp": 26}}, {"pins": {"service": 4}}, {"pins": {"buzzer": 0}})
    for role in ("button", "chime"):
        one = Identity("x-01", role, "x" * 32)
        made = [config_for(one, bundle, Site(wifi, wired={role: wired})) for wired in given]
        pins = [json.loads(config)["pins"].get("service") for config in made]
        assert pins == [0, 0, 4, None]


def test_a_label_that_is_none_and_a_font_without_chinese_are_refused(tmp_path: Path) -> None:
    for text in ("b-01", "b-01=", "B-01=button", "=button", "b-01=lamp", "-b=button", "b=button "):
        assert refusal(lambda text=text: labels.read(text)) == "bad_label"
    found = [labels.read("b-01=button")]
    plain = a_font(tmp_path / "latin.ttf", LATIN)
    assert refusal(lambda: labels.write([], tmp_path / "x.pdf", None)) == "no_labels"
    assert refusal(lambda: labels.write(found, tmp_path / "x.pdf", plain)) == "bad_font"
    assert refusal(lambda: labels.write(found, tmp_path / "x.pdf", tmp_path)) == "bad_font"
    good = a_font(tmp_path / "boxes.ttf", LABEL)
    assert refusal(lambda: labels.write(found, tmp_path, good)) == "no_paper"


def test_every_error_that_is_raised_has_its_sentence() -> None:
    raised: set[str] = set()
    for path in Path(lovebell_tools.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "BoardError" and node.args:
                raised |= {
                    value.value
                    for value in ast.walk(node.args[0])
                    if isinstance(value, ast.Constant) and isinstance(value.value, str)
                }
    assert len(raised) > 20
    assert raised <= set(errors.ERRORS)


def test_whoever_watches_is_told_of_each_board_once_and_when_it_is_gone() -> None:
    seen = iter([[], ["a"], ["a", "b"], ["b"], ["a", "b"]])
    told: list[tuple[str, str]] = []

    def plugged() -> list[str]:
        return next(seen, None) or []

    for found in watch(plugged, lambda port: Found(port, "bare"), lambda: None):
        told.append((found.port, found.kind))
        if len(told) == 6:
            break
    first = [("a", "bare"), ("b", "bare"), ("a", "gone"), ("a", "bare")]
    assert told == [*first, ("a", "gone"), ("b", "gone")]
