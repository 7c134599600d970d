"""What decides while a home's Wi-Fi is set up: the gesture, the form, the page, the networks, the
access point, the answers to a phone's look-ups."""

import hashlib
import json
import os
import sys

from bell import access, catch, config, form, networks, page
from bell.gesture import Gesture
from bell.wifi import octets

SECRET = "0123456789abcdef" * 2
SETTINGS = {
    "device": "b-01",
    "role": "button",
    "wifi": [{"ssid": "old", "password": "12345678"}],
    "broker": [{"host": "192.168.1.2"}],
    "user": "b-01",
    "password": SECRET,
    "pins": {"service": 0},
}
NEW = {"ssid": "示例网络", "password": "87654321"}


def opens(events, settings=SETTINGS, until=30_000):
    """When it sounds and when the set-up opens, looked at ten times a second; None for what does
    not happen. `events` are (at, event)."""
    began = (1 << 30) - 4_000  # the ticks begin again within the gesture
    gesture = Gesture(settings, began)
    left = list(events)
    told = None
    for passed in range(0, until, 100):
        now = (began + passed) & ((1 << 30) - 1)
        while left and left[0][0] <= passed:
            at, event = left.pop(0)
            whole = list(event)
            whole.append((began + at) & ((1 << 30) - 1))
            gesture.happen(tuple(whole))
        if gesture.is_to_be_told(now):
            assert told is None
            told = passed
        if gesture.is_made():
            assert gesture.is_over(now)
            return told, passed
        if gesture.is_over(now):
            return told, None
    return told, None


CLOSED, OPENED, PRESSED = ("service", True), ("service", False), ("pressed",)


def test_the_service_key_held_soon_after_the_start_and_let_go_opens_the_set_up():
    assert opens([(1_500, CLOSED), (7_000, OPENED)]) == (6_500, 7_000)
    assert opens([(9_900, CLOSED), (19_000, OPENED)]) == (14_900, 19_000)
    twice = [(1_500, CLOSED), (4_000, OPENED), (6_000, CLOSED), (12_000, OPENED)]
    assert opens(twice) == (11_000, 12_000)


def test_a_key_that_is_let_go_early_or_never_or_closed_late_or_broken_opens_nothing():
    assert opens([(1_500, CLOSED), (6_400, OPENED)]) == (None, None)
    assert opens([(1_500, CLOSED)]) == (6_500, None)
    assert opens([(10_000, CLOSED), (20_000, OPENED)]) == (None, None)
    # Closed when the power came.
    assert opens([(8, CLOSED), (9_000, OPENED)]) == (None, None)
    assert opens([]) == (None, None)


def test_a_key_that_something_lies_on_opens_nothing_when_it_comes_free():
    # A case that was closed too tightly, with the board already plugged in.
    for free in (31_600, 3_600_000):
        held = [(1_500, CLOSED), (free, OPENED)]
        assert opens(held, until=free + 1_000) == (6_500, None), free


def test_a_press_makes_a_test_or_a_call_of_it_and_never_a_set_up():
    assert opens([(1_500, CLOSED), (4_000, PRESSED), (9_000, OPENED)]) == (None, None)
    assert opens([(1_500, PRESSED)]) == (None, None)
    # Before anybody has looked whether the key was let go.
    assert opens([(1_500, CLOSED), (6_950, OPENED), (6_980, PRESSED)]) == (6_500, None)


def test_without_a_key_or_a_secret_there_is_no_set_up():
    for changes in ({"pins": {"button": 27}}, {"password": None}):
        settings = dict(SETTINGS)
        settings.update(changes)
        assert opens([(1_500, CLOSED), (7_000, OPENED)], settings) == (None, None)


def test_the_password_of_the_access_point_is_the_devices_own_and_not_its_secret():
    seen = set()
    for number in range(200):
        secret = hashlib.sha256(str(number).encode()).digest().hex()[:32]
        word = access.password(secret)
        assert len(word) == access.LENGTH
        assert all(letter in access.LETTERS for letter in word)
        assert word == access.password(secret)
        seen.add(word)
    assert len(seen) == 200
    assert len(access.name("b" * 24).encode()) <= 32


def test_the_hmac_is_that_of_the_standard():
    # RFC 4231, test cases 2 and 6: a short key, and one longer than a block.
    told = access._hmac(b"Jefe", b"what do ya want for nothing?")
    assert told.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    told = access._hmac(b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First")
    assert told.hex() == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"


def code_of(raw):
    try:
        form.head(raw)
    except form.Refused as why:
        return why.code[:3]
    return "200"


def test_a_request_is_read_and_rubbish_is_refused():
    post = b"POST /?a=1 HTTP/1.1\r\nHost: x\r\ncontent-LENGTH:  12 "
    assert form.head(post) == ("POST", b"/", 12)
    assert form.head(b"GET /generate_204 HTTP/1.1\r\n") == ("GET", b"/generate_204", 0)
    for raw in (b"", b"GET", b"GET /", b"GET  / HTTP/1.1", b"\x16\x03\x01\x02", b"GET / SMTP"):
        assert code_of(raw) == "400", raw
    assert code_of(b"PUT / HTTP/1.1") == "405"
    for length, code in ((b"-1", "400"), (b"x", "400"), (b"", "400"), (b"641", "413")):
        assert code_of(b"POST / HTTP/1.1\r\nContent-Length: " + length) == code
    assert code_of(b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 999) == "413"


def test_a_form_is_read_as_a_browser_sends_it():
    raw = b"ssid=%E7%A4%BA%E4%BE%8B+1&password=a%2Bb%26c%3D%25&empty=&token"
    assert form.fields(raw) == {
        "ssid": "示例 1",
        "password": "a+b&c=%",
        "empty": "",
        "token": "",
    }


def test_a_form_that_nobody_could_mean_is_refused():
    for raw in (b"a=%", b"a=%4", b"a=%zz", b"a=%+4", b"a=% 4", b"a=%ff", b"%e4=1", b"a&" * 8):
        try:
            form.fields(raw)
        except form.Refused:
            continue
        raise AssertionError(raw)


def wrong(**found):
    try:
        form.wish(dict(found, token=found.get("token", "t")), "t")
    except form.Wrong as why:
        return why.word
    return None


def test_what_is_wished_is_checked_and_the_field_named():
    assert wrong(ssid="home", password="12345678") is None
    assert wrong(ssid="home") is None  # an open one
    assert wrong(password="12345678") == "ssid"
    assert wrong(ssid="示" * 11, password="12345678") == "ssid"
    assert wrong(ssid="home", password="1234567") == "password"
    assert wrong(ssid="home", password="示" * 22) == "password"
    assert wrong(ssid="home", token="another") == "old"
    assert wrong(ssid="home", password="0aF9" * 16) is None  # the key itself
    assert wrong(ssid="home", password="0aG9" * 16) == "password"
    assert wrong(other="hex:cabec0fd", password="12345678") is None
    assert wrong(other="hex:cabec0f") == "ssid"


def test_what_was_typed_goes_before_what_was_chosen():
    found = {"token": "t", "ssid": "listed", "other": " typed ", "password": " 2345678"}
    assert form.wish(found, "t") == ({"ssid": "typed", "password": " 2345678"}, True)
    found.update({"other": "", "untried": "1"})
    assert form.wish(found, "t") == ({"ssid": "listed", "password": " 2345678"}, False)


def shown(said=("choose", ""), seen=(), **changes):
    settings = dict(SETTINGS)
    settings.update(changes)
    return "".join(page.pieces(settings, "9.9.9", list(seen), said, "sesame"))


def test_every_word_is_said_in_chinese_first_and_in_english():
    for word in page.WORDS:
        text = shown((word, "示例"))
        zh, en = [part.format("示例") for part in page.WORDS[word]]
        assert zh + "<small>" + en + "</small>" in text
        assert ("<form" in text) == (word not in ("trying", "joined", "kept"))
        assert ("refresh" in text) == (word == "trying")
        assert "b-01" in text
        assert "9.9.9" in text


def test_no_word_of_the_page_shows_what_is_none_of_its_business():
    for word in page.WORDS:
        text = shown((word, "示例"), [("home", -50)])
        for secret in (SECRET, "192.168.1.2", "12345678", access.password(SECRET)):
            assert secret not in text


def test_a_neighbours_network_cannot_write_on_the_page():
    evil = "\"><script>alert(1)</script>&'"
    for said in (("choose", ""), ("wrong", evil), ("ssid", evil), ("trying", evil)):
        text = shown(said, [(evil, -50)])
        assert "<script" not in text
        assert evil not in text
        assert "&lt;script&gt;" in text


def test_a_name_in_gbk_is_shown_as_far_as_it_can_be_read_and_chosen_by_its_bytes():
    text = shown(seen=[("hex:cabec0fd5f353c32", -50)])
    assert 'value="hex:cabec0fd5f353c32"> ····_5&lt;2 (hex:cabec0fd5f353c32) <i>' in text


class Radio:
    """A station that sees networks of these names."""

    def __init__(self, *names):
        self.names = names

    def active(self, is_on):
        pass

    def scan(self):
        return [(name, bytes(6), 1, -50, 3, False) for name in self.names]


def test_what_a_phone_cannot_read_goes_to_it_as_bytes():
    sys.modules["network"] = Radio  # which air.py needs to be there
    from bell import air

    del sys.modules["network"]
    for name in ("小兰_5", "兰", "立"):
        raw = name.encode()
        assert air.found(Radio(raw)) == [(name, -50)]
    # 小兰_5, 兰 and 立 in GBK, which MicroPython's decoder takes.
    for raw in (b"\xd0\xa1\xc0\xbc_5", b"\xc0\xbc", b"\xc1\xa2", b"\xff", b"hex:1"):
        ((name, _),) = air.found(Radio(raw))
        assert name[:4] == "hex:"
        assert octets(name) == raw


def test_a_network_that_did_not_do_does_not_stand_in_the_way_of_another():
    text = shown(("missing", "typed before"), [("home", -50)])
    assert 'value="typed before"' not in text
    assert " checked" not in text
    assert 'value="home" checked' in shown(("wrong", "home"), [("home", -50)])


def test_a_chime_has_no_big_button():
    assert "大按钮" in shown()
    assert "大按钮" not in shown(role="chime")
    assert "门铃 b-01" in shown(role="chime")


def test_the_new_network_comes_first_and_old_ones_stay_as_far_as_there_is_room():
    old = [{"ssid": name, "password": "12345678"} for name in ("a", "b", "c", "d")]
    assert networks.merged(old[:1], NEW, True) == [NEW, old[0]]
    assert networks.merged(old, NEW, True) == [NEW, old[0], old[1], old[2]]
    assert networks.merged([NEW, old[0]], NEW, False) == [NEW, old[0]]


def test_an_old_password_goes_only_when_the_new_one_was_taken():
    before = {"ssid": NEW["ssid"], "password": "12345678"}
    assert networks.merged([before], NEW, True) == [NEW]
    assert networks.merged([before], NEW, False) == [NEW, before]
    assert networks.merged([{"ssid": NEW["ssid"]}], NEW, False)[1:] == [{"ssid": NEW["ssid"]}]


def on_flash(test):
    path = "/tmp/lovebell-test-" + os.urandom(6).hex()  # noqa: S108 - MicroPython has no tempfile
    os.mkdir(path)
    try:
        test(path)
    finally:
        for name in os.listdir(path):
            os.remove(path + "/" + name)
        os.rmdir(path)


def put(path, name, settings):
    with open(path + "/" + name, "wb") as file:
        file.write(json.dumps(settings).encode())


def settings_in(path, name):
    with open(path + "/" + name, "rb") as file:
        return json.loads(file.read())


def test_nothing_but_the_networks_is_changed_in_the_file():
    def story(path):
        before = dict(SETTINGS, colour="red", old={"wifi": 1})
        put(path, config.NAME, before)
        put(path, config.GOOD, SETTINGS)
        networks.save(path, "b-01", NEW, True)
        assert settings_in(path, config.NAME) == dict(before, wifi=[NEW] + SETTINGS["wifi"])
        assert settings_in(path, config.GOOD) == SETTINGS
        assert sorted(os.listdir(path)) == [config.GOOD, config.NAME]

    on_flash(story)


def test_a_file_that_nobody_can_use_is_made_from_the_good_one():
    def story(path):
        for broken in ([], dict(SETTINGS, role="radio"), dict(SETTINGS, device="b-02")):
            put(path, config.NAME, broken)
            put(path, config.GOOD, SETTINGS)
            networks.save(path, "b-01", NEW, True)
            assert settings_in(path, config.NAME)["wifi"] == [NEW] + SETTINGS["wifi"]
            assert settings_in(path, config.NAME)["device"] == "b-01"

    on_flash(story)


def test_a_file_that_led_to_no_broker_is_made_from_the_one_that_did():
    def story(path):
        put(path, config.NAME, dict(SETTINGS, broker=[{"host": "192.168.1.3"}]))
        put(path, config.GOOD, SETTINGS)
        settings, proof, _ = config.load(path)
        assert settings["broker"][0]["host"] == "192.168.1.3"
        config.choose_other(path, proof)
        networks.save(path, "b-01", NEW, True)
        settings, _, complaints = config.load(path)
        assert settings["wifi"] == [NEW] + SETTINGS["wifi"]
        assert settings["broker"][0]["host"] == "192.168.1.2"
        assert not complaints

    on_flash(story)


def test_what_the_firmware_would_refuse_is_not_written():
    def story(path):
        put(path, config.NAME, SETTINGS)
        for device, new in (("b-02", NEW), ("b-01", {"ssid": "x", "password": "short"})):
            try:
                networks.save(path, device, new, True)
            except config.ConfigError:
                assert settings_in(path, config.NAME) == SETTINGS
            else:
                raise AssertionError("written")

    on_flash(story)


def asked(name, kind=b"\x00\x01", flags=b"\x01\x00"):
    labels = b"".join([bytes([len(label)]) + label for label in name.split(b".")])
    return b"\x12\x34" + flags + b"\x00\x01" + bytes(6) + labels + b"\x00" + kind + b"\x00\x01"


OWN = bytes([192, 168, 4, 1])


def test_every_name_is_here():
    question = asked(b"captive.example.com")
    said = catch.answer(question, OWN)
    assert said is not None
    assert said[:8] == b"\x12\x34\x85\x80\x00\x01\x00\x01"
    assert said[12 : len(question)] == question[12:]
    assert said[-4:] == OWN
    # An answer with more than was asked, EDNS, is answered without it.
    assert catch.answer(question + b"\x00\x00\x29" + bytes(8), OWN) == said


def test_what_is_no_address_has_none():
    said = catch.answer(asked(b"example.com", b"\x00\x1c"), OWN)
    assert said is not None
    assert said[6:8] == b"\x00\x00"
    assert OWN not in said


def test_what_is_no_question_gets_no_answer():
    whole = asked(b"example.com")
    for end in range(len(whole)):
        assert catch.answer(whole[:end], OWN) is None, end
    assert catch.answer(asked(b"example.com", flags=b"\x81\x80"), OWN) is None
    assert catch.answer(whole + bytes(600), OWN) is None
    assert catch.answer(b"\xff" * 40, OWN) is None
