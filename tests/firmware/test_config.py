"""config.json, field by field."""

from bell import config

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
    assert settings["pins"] == {"button": 0, "lamp": 2, "buzzer": 4}


def test_each_missing_field_is_named_with_what_to_do():
    for name in GOOD:
        settings = dict(GOOD)
        del settings[name]
        assert error_of(settings).startswith('config.json has no "{}"'.format(name))
        assert "lovebell-tech provision" in error_of(settings)


def test_each_wrong_field_is_named_with_what_it_must_be():
    wrong = {
        "device": ("", "B-01", "b" * 25, "-b", 1, None),
        "role": ("gateway", 1, None),
        "wifi": ([], {}, "home", [1], [{}] * 5),
        "broker": ([], {}, "host", [None]),
        "heartbeat_s": (0, 86401, 1.5, "60", True, None),
        "hears": ("b-01", [1], ["B"], None, ["b"] * 17),
        "pins": ([], {"button": "0"}, {"button": 49}, {"lamp": 0}, {"lamp": True}),
        "ca": (1, ""),
        "user": (1, ""),
        "password": (1, ""),
    }
    for name, values in wrong.items():
        for value in values:
            assert name in error_of(changed(**{name: value})), (name, value)


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


def test_a_missing_file_says_what_to_do():
    try:
        config.load("/nowhere/config.json")
    except config.ConfigError as why:
        assert "lovebell-tech provision" in str(why)
    else:
        raise AssertionError("loaded")
