"""config.json, field by field, and the copy that has proved good."""

import json
import os

from bell import config, fields

GOOD = {
    "device": "b-01",
    "role": "button",
    "wifi": [{"ssid": "home", "password": "secret-secret"}],
    "broker": [{"host": "192.168.1.2"}],
}


def changed(**changes):
    settings = dict(GOOD)
    settings.update(changes)
    return settings


def error_of(settings):
    try:
        config.check(settings)
    except config.ConfigError as why:
        return str(why)
    return ""


def test_what_is_left_out_has_a_default():
    settings = config.check(GOOD)
    assert settings["broker"] == [{"host": "192.168.1.2", "port": 1883, "tls": False}]
    assert settings["user"] == "b-01"
    assert settings["password"] is None
    assert settings["heartbeat_s"] == 60
    assert settings["hears"] == []
    assert settings["pins"] == {"button": 27, "lamp": 26, "buzzer": 25}


def test_half_a_character_is_refused_by_name_before_a_network_or_a_broker_meets_it():
    half = json.loads('"\\ud83d"')
    assert '"ssid in wifi"' in error_of(changed(wifi=[{"ssid": half, "password": ""}]))
    assert '"user" in config.json' in error_of(changed(user=half))
    told = error_of(changed(role=half))
    assert "not half a character" in told
    told.encode()  # it can be shown on any console


def test_each_missing_field_is_named_with_what_to_do():
    for name in GOOD:
        settings = dict(GOOD)
        del settings[name]
        assert error_of(settings).startswith('config.json has no "{}"'.format(name))
        assert "lovebell-tech setup" in error_of(settings)


def test_each_wrong_field_is_named_with_what_it_must_be():
    wrong = {
        "device": ("", "B-01", "b" * 25, "-b", 1, None),
        "role": ("gateway", 1, None),
        "wifi": ([], {}, "home", [1], [{}] * 5),
        "broker": ([], {}, "host", [None]),
        "heartbeat_s": (0, 86401, 1.5, "60", True, None),
        "hears": ("b-01", [1], ["B"], None, ["b"] * 17),
        "pins": (
            [],
            {"button": "0"},
            {"button": 49},
            {"lamp": 27},
            {"lamp": True},
            {"service": 27},
            {"sck": -1},
        ),
        "ca": (1, ""),
        "sound": (1, ""),
        "supply": ([], 3500, {}, {"low_mv": -1}, {"low_mv": 1, "ratio_milli": 999}),
        "user": (1, ""),
        "password": (1, ""),
    }
    for name, values in wrong.items():
        for value in values:
            assert name in error_of(changed(**{name: value})), (name, value)


def test_the_chip_is_known_by_what_micropython_calls_the_machine():
    # As the boards' definitions in MicroPython's ports/esp32/boards have it.
    for machine, chip in (
        ("Generic ESP32 module with ESP32", ""),
        ("Generic ESP32 module with SPIRAM with ESP32", ""),
        ("M5Stack Atom with ESP32-PICO-D4", ""),
        ("Generic ESP32S3 module with ESP32S3", "S3"),
        ("LOLIN_C3_MINI with ESP32-C3FH4", "C3"),
        ("LOLIN_S2_MINI with ESP32-S2FN4R2", "S2"),
        ("Generic ESP32C6 module with ESP32C6", "C6"),
        ("Generic ESP32C5 module with ESP32C5", "C5"),
        ("linux [GCC 14.2.1] version", ""),
        ("", ""),
    ):
        assert fields.chip(machine) == chip, machine


def test_the_supply_is_measured_where_wi_fi_leaves_the_converter_alone():
    # MicroPython, Quick reference for the ESP32, ADC; ESP-IDF, ADC, the channels of each chip.
    right = {"": (32, 39), "S2": (1, 10), "S3": (1, 10), "C3": (0, 4), "C6": (0, 6), "C5": (0, 48)}
    real = fields.chip
    try:
        for chip, (lowest, highest) in right.items():
            fields.chip = lambda chip=chip: chip
            for pin in range(49):
                pins = {"button": 45, "lamp": 46, "buzzer": 47, "supply": pin}
                wrong = error_of_pins(pins)
                if pin in (45, 46, 47):
                    assert "all different" in wrong
                else:
                    assert bool(wrong) == (not lowest <= pin <= highest), (chip, pin)
    finally:
        fields.chip = real


def error_of_pins(pins):
    try:
        fields.check(changed(pins=pins, supply={"low_mv": 3500}))
    except config.ConfigError as why:
        return str(why)
    return ""


def test_wifi_and_broker_are_checked_inside():
    assert '"ssid" in "wifi"' in error_of(changed(wifi=[{"password": "12345678"}]))
    assert "ssid" in error_of(changed(wifi=[{"ssid": "x" * 33}]))
    assert '"host" in "broker"' in error_of(changed(broker=[{"port": 1883}]))
    assert "port" in error_of(changed(broker=[{"host": "h", "port": 65536}]))
    assert "tls" in error_of(changed(broker=[{"host": "h", "tls": 1}]))


def test_tls_needs_an_authority():
    assert '"ca"' in error_of(changed(broker=[{"host": "h", "tls": True}]))
    settings = config.check(changed(broker=[{"host": "h", "tls": True}], ca="ca.der"))
    assert settings["broker"][0]["port"] == 8883


def test_a_network_may_have_any_name_and_a_key_of_its_own():
    key = "0123456789abcdefABCDEF" + "0" * 42
    for ssid in ("示" * 10, "hex:cabec0fdcdf8c2e7", "hex:" + "FF" * 32, "HEX:1", "x" * 32):
        for password in ("", "12345678", "x" * 63, key):
            network = {"ssid": ssid, "password": password}
            assert config.check(changed(wifi=[network]))["wifi"] == [network]
    for ssid in ("", "hex:", "hex:1", "hex:zz", "hex:" + "ff" * 33, "hex:ca00", "hex:示", "a\0"):
        assert '"ssid in wifi"' in error_of(changed(wifi=[{"ssid": ssid}])), ssid
    for password in ("x" * 64, key + "0", key[:-1] + "g", "示" * 22):
        wifi = [{"ssid": "home", "password": password}]
        message = error_of(changed(wifi=wifi))
        assert '"password in wifi"' in message
        assert password not in message


def test_no_error_shows_a_password():
    for wifi in ({"ssid": "home", "password": "short-1"}, {"ssid": 1, "password": "secret-secret"}):
        message = error_of(changed(wifi=[wifi]))
        assert message
        assert wifi["password"] not in message


def test_an_open_wifi_has_no_password():
    assert config.check(changed(wifi=[{"ssid": "home"}]))["wifi"][0]["password"] == ""


def test_an_unknown_field_is_ignored():
    assert "colour" not in config.check(changed(colour="red"))


def test_what_is_no_object_is_refused():
    assert "must be an object" in error_of([])


def on_flash(test):
    path = "/tmp/lovebell-test-" + os.urandom(6).hex()  # noqa: S108 - MicroPython has no tempfile
    os.mkdir(path)
    try:
        test(path)
    finally:
        for name in os.listdir(path):
            os.remove(path + "/" + name)
        os.rmdir(path)


def put(path, name, content):
    with open(path + "/" + name, "wb") as file:
        file.write(content)


BROKEN = (b"", b"{", b'{"device": "b-01"', b"[]", b"\xff\xfe", b"[" * 5000, b'{"device": 1}')


def test_a_missing_file_says_what_to_do():
    settings, _, complaints = config.load("/nowhere")
    assert settings is None
    assert complaints[0].startswith("there is no config.json: run lovebell-tech setup")


def test_a_broken_file_says_what_to_do():
    def story(path):
        for content in BROKEN:
            put(path, "config.json", content)
            settings, _, complaints = config.load(path)
            assert settings is None
            assert "config.json" in complaints[0]
            assert "lovebell-tech setup" in complaints[0]

    on_flash(story)


def test_what_is_written_is_read_again():
    def story(path):
        config.write(path, changed(device="b-02"))
        settings, _, complaints = config.load(path)
        assert settings["device"] == "b-02"
        assert complaints == []

    on_flash(story)


def test_what_nobody_could_use_is_not_written():
    def story(path):
        config.write(path, GOOD)
        try:
            config.write(path, changed(wifi=[]))
        except config.ConfigError:
            assert config.load(path)[0]["wifi"][0]["ssid"] == "home"
            assert os.listdir(path) == ["config.json"]
        else:
            raise AssertionError("written")

    on_flash(story)


def test_the_last_good_one_is_used_when_the_new_one_is_broken_or_missing():
    def story(path):
        config.write(path, changed(device="b-07"))
        config.keep(path, config.load(path)[1])
        for content in BROKEN:
            put(path, "config.json", content)
            settings, proof, complaints = config.load(path)
            assert settings["device"] == "b-07"
            assert proof is None
            assert len(complaints) == 1
        os.remove(path + "/config.json")
        assert config.load(path)[0]["device"] == "b-07"

    on_flash(story)


def test_a_new_one_is_used_and_becomes_the_good_one_only_by_a_connection():
    def story(path):
        config.write(path, changed(device="b-07"))
        config.keep(path, config.load(path)[1])
        config.write(path, changed(device="b-08"))
        settings, proof, _ = config.load(path)
        assert settings["device"] == "b-08"
        assert config.load(path, config.GOOD)[0]["device"] == "b-07"
        config.keep(path, proof)
        assert config.load(path, config.GOOD)[0]["device"] == "b-08"

    on_flash(story)


def test_a_new_one_that_leads_nowhere_makes_way_for_the_good_one_until_it_changes():
    def story(path):
        config.write(path, changed(heartbeat_s=7))
        config.keep(path, config.load(path)[1])
        config.write(path, changed(heartbeat_s=8))
        proof = config.load(path)[1]
        assert config.other(path, proof, "b-01")["heartbeat_s"] == 7
        config.choose_other(path, proof)
        settings, proof, complaints = config.load(path)
        assert settings["heartbeat_s"] == 7
        assert proof is None
        assert complaints[0].startswith("config.json leads to no broker")
        config.write(path, changed(heartbeat_s=9))  # as a technician would mend it
        settings, proof, complaints = config.load(path)
        assert settings["heartbeat_s"] == 9
        assert complaints == []

    on_flash(story)


def test_a_refused_one_is_taken_back_when_it_leads_to_a_broker_after_all():
    # A board that was set up for its home stood on the technician's table for a while.
    def story(path):
        config.write(path, changed(heartbeat_s=7))
        config.keep(path, config.load(path)[1])
        config.write(path, changed(heartbeat_s=8))
        config.choose_other(path, config.load(path)[1])
        proof = config.load(path)[1]
        assert config.other(path, proof, "b-01")["heartbeat_s"] == 8
        config.choose_other(path, proof)
        settings, proof, complaints = config.load(path)
        assert settings["heartbeat_s"] == 8
        assert complaints == []
        config.keep(path, proof)
        assert config.other(path, proof, "b-01") is None

    on_flash(story)


def test_a_good_one_of_another_device_is_no_other():
    # Under that name a press would ring for the home where this board was before.
    def story(path):
        config.write(path, changed(device="b-07"))
        config.keep(path, config.load(path)[1])
        config.write(path, GOOD)
        proof = config.load(path)[1]
        assert config.other(path, proof, "b-07") is not None
        assert config.other(path, proof, "b-01") is None

    on_flash(story)


def test_without_a_good_one_or_with_one_that_is_broken_there_is_no_other():
    def story(path):
        config.write(path, GOOD)
        proof = config.load(path)[1]
        assert config.other(path, proof, "b-01") is None
        for content in BROKEN:
            put(path, "config.good.json", content)
            assert config.other(path, proof, "b-01") is None
            assert config.load(path)[2] == []
        # Even a mark that refuses it does not take away the only one that can be used.
        config.choose_other(path, proof)
        assert config.load(path)[0]["device"] == "b-01"

    on_flash(story)


def test_in_safe_mode_a_good_one_that_is_missing_is_no_fault_of_this_one():
    def story(path):
        config.write(path, GOOD)
        settings, proof, complaints = config.load(path, config.GOOD)
        assert settings["device"] == "b-01"
        assert proof is not None
        assert complaints == []

    on_flash(story)


def test_a_file_that_was_changed_meanwhile_has_proved_nothing():
    def story(path):
        config.write(path, changed(device="b-07"))
        proof = config.load(path)[1]
        config.write(path, changed(device="b-08"))
        config.keep(path, proof)
        assert os.listdir(path) == ["config.json"]

    on_flash(story)


def test_the_good_one_is_never_mended_field_by_field():
    def story(path):
        config.write(path, changed(heartbeat_s=77))
        config.keep(path, config.load(path)[1])
        put(path, "config.json", json.dumps(changed(heartbeat_s=88, wifi=[])).encode())
        settings = config.load(path)[0]
        assert settings["heartbeat_s"] == 77
        assert settings["wifi"][0]["ssid"] == "home"

    on_flash(story)


def test_a_flash_that_takes_no_copy_is_no_crash():
    config.keep("/nowhere", 1)


def test_no_error_shows_any_secret():
    for name in ("password", "user"):
        message = error_of(changed(**{name: ["sesame"]}))
        assert message
        assert "sesame" not in message


def test_a_stored_sound_needs_its_pins_and_the_supply_its_own():
    assert "sck, ws and sd" in error_of(changed(sound="ding.wav"))
    assert "supply" in error_of(changed(supply={"low_mv": 3500}))
    assert "supply" in error_of(changed(pins={"supply": 34}))
    assert "32 to 39 on this chip" in error_of(changed(pins={"supply": 4}, supply={"low_mv": 3500}))
    pins = {"sck": 14, "ws": 13, "sd": 12, "supply": 34, "service": 0}
    settings = config.check(changed(pins=pins, sound="ding.wav", supply={"low_mv": 3500}))
    assert settings["sound"] == "ding.wav"
    assert settings["supply"] == {"low_mv": 3500, "ratio_milli": 1000}
    assert settings["pins"]["service"] == 0
    assert config.check(GOOD)["sound"] is None
