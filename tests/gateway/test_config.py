"""Settings: where they come from, who wins, and how a wrong one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from lovebell import config, words
from lovebell.cli import cli
from lovebell.commands.app import Edge
from lovebell.domain.episode import Limits
from lovebell.domain.model import Step
from lovebell.domain.plan import DEFAULT
from lovebell.words.keys import KEYS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lovebell.toml"


def refusal(path: Path | None, language: str = "en") -> str:
    with pytest.raises(config.ConfigError) as caught:
        config.load(path)
    return words.of_config(language, caught.value)


def test_without_a_file_everything_has_its_default() -> None:
    settings = config.load()
    assert (settings.broker_host, settings.broker_port) == ("127.0.0.1", 1883)
    assert settings.limits == Limits()
    assert settings.plan == DEFAULT
    assert settings.database == config.default_database()


def test_the_environment_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('broker_port = 1884\nlog_level = "debug"\n')
    monkeypatch.setenv("LOVEBELL_BROKER_PORT", "1885")
    settings = config.load(file)
    assert (settings.broker_port, settings.log_level) == (1885, "debug")


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOVEBELL_BROKER_PORT", "")
    assert config.load().broker_port == 1883


def test_the_file_may_be_named_in_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('broker_host = "broker.example"\n')
    monkeypatch.setenv("LOVEBELL_CONFIG", str(file))
    assert config.load().broker_host == "broker.example"


def test_the_usual_file_is_read_if_it_is_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("cancel_s = 7\n")
    monkeypatch.setattr(config, "DEFAULT_CONFIG", file)
    assert config.load().limits.cancel_ms == 7_000


def test_root_keeps_its_data_where_services_do_and_others_at_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert str(config.load().database) == "/var/lib/lovebell/lovebell.db"
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert config.load().database == tmp_path / "lovebell" / "lovebell.db"


def test_a_plan_is_a_list_in_the_file_and_parted_by_semicolons_in_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = (Step(("paired",), 45_000), Step(("desk",), 60_000))
    file.write_text('default_plan = ["paired 45s", "desk 1min"]\n')
    assert config.load(file).plan == plan
    monkeypatch.setenv("LOVEBELL_DEFAULT_PLAN", "paired 45s; desk 60s")
    assert config.load().plan == plan


def test_an_unknown_key_is_refused_by_name_with_the_nearest_known_one(file: Path) -> None:
    file.write_text("broker_prot = 1883\n")
    assert refusal(file) == (
        f"broker_prot in {file} is no key; did you mean broker_port? Rename it or take it out"
    )


def test_an_unknown_variable_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOVEBELL_LANGAUGE", "en")
    assert "LOVEBELL_LANGAUGE is no key; did you mean LOVEBELL_LANGUAGE?" in refusal(None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("broker_port", "0"),
        ("broker_port", '"1883x"'),
        ("broker_host", '""'),
        ("broker_host", "5"),
        ("broker_host", '"bell.example:1883"'),
        ("broker_host", '"mqtt://bell.example"'),
        ("web_host", '"[::1]:8080"'),
        ("broker_client_id", '""'),
        ("log_level", '"loud"'),
        ("log_format", '"xml"'),
        ("language", '"fr"'),
        ("acknowledge_s", "0"),
        ("cancel_s", "1.5"),
        ("test_s", "90000"),
        ("default_plan", "[]"),
        ("default_plan", '["paired 45"]'),
        ("default_plan", "7"),
        ("database", "3"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_wrong_value_is_refused_with_its_key_its_place_and_what_to_write(
    file: Path, key: str, value: str, language: str
) -> None:
    file.write_text(f"{key} = {value}\n")
    told = refusal(file, language)
    rule = KEYS[key][1][0 if language == "zh" else 1]
    assert key in told
    assert str(file) in told
    assert told.endswith(rule)


def test_an_ipv6_address_may_stand_in_brackets(file: Path) -> None:
    file.write_text('broker_host = "[2001:db8::1]"\nweb_host = "::1"\n')
    settings = config.load(file)
    assert (settings.broker_host, settings.web_host) == ("2001:db8::1", "::1")


def test_a_wrong_variable_is_named_as_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOVEBELL_BROKER_PORT", "many")
    assert refusal(None) == (
        "broker_port in the environment variable LOVEBELL_BROKER_PORT is 'many'; write a whole "
        "number from 1 to 65535"
    )


def test_every_wrong_key_is_told_at_once(file: Path) -> None:
    file.write_text("broker_port = 0\ncancel_s = 0\n")
    assert len(refusal(file).splitlines()) == 2


@pytest.mark.parametrize("content", ["broker_port = \n", "\udcff", "a = 1\na = 2\n"])
def test_a_file_that_is_not_toml_is_refused_with_its_path(file: Path, content: str) -> None:
    file.write_bytes(content.encode(errors="surrogateescape"))
    assert refusal(file).startswith(f"The configuration file {file} cannot be read")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "nowhere.toml")


def test_a_password_is_never_shown(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("broker_password = 12345678\n")
    assert "12345678" not in refusal(file)
    with pytest.raises(config.ConfigError) as caught:
        config.load(file)
    assert "12345678" not in str(caught.value)
    monkeypatch.setenv("LOVEBELL_BROKER_PASSWORD", "sesame-sesame")
    assert "sesame" not in repr(config.load())


def test_a_password_is_read_from_its_file_without_the_line_end(file: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("sesame\n")
    file.write_text(f'broker_password_file = "{tmp_path / "secret"}"\n')
    password = config.load(file).read_password()
    assert password is not None
    assert password.get_secret_value() == "sesame"


def test_a_password_file_that_cannot_be_read_is_told_when_it_is_needed(
    file: Path, tmp_path: Path
) -> None:
    file.write_text(f'broker_password_file = "{tmp_path / "nowhere"}"\n')
    settings = config.load(file)
    with pytest.raises(config.ConfigError) as caught:
        settings.read_password()
    assert "broker_password_file cannot be read" in words.of_config("en", caught.value)


def test_two_passwords_are_refused(file: Path) -> None:
    file.write_text('broker_password = "a"\nbroker_password_file = "/b"\n')
    assert "take one of them out" in refusal(file)


def test_a_link_needs_a_page_to_lead_to(file: Path) -> None:
    file.write_text('public_url = "https://bell.example"\n')
    assert "give them a port by web_port" in refusal(file)
    file.write_text('public_url = "https://bell.example"\nweb_port = 8080\n')
    assert config.load(file).public_url == "https://bell.example"


def test_lists_are_parted_by_commas_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOVEBELL_TECHNICIANS", "r-tech, r-other")
    monkeypatch.setenv("LOVEBELL_TECHNICIANS_DAYS", "1,2,5")
    monkeypatch.setenv("LOVEBELL_FAULTS_AT_ONCE", "offline")
    settings = config.load()
    assert settings.technicians == ("r-tech", "r-other")
    assert settings.hours.days == {1, 2, 5}
    assert settings.hours.at_once == {"offline"}


@pytest.mark.parametrize(
    "line",
    [
        "technicians_days = []",
        "technicians_days = [0]",
        "technicians_days = [8]",
        'technicians = ["R 1"]',
        'technicians_from = "24:00"',
        "messages_from_step = 0",
        'public_url = "bell.example"',
        'public_url = "https://bell.example/?a=b"',
    ],
)
def test_a_wrong_key_of_messages_is_refused_by_name(file: Path, line: str) -> None:
    file.write_text(line + "\n")
    assert line.partition(" ")[0] in refusal(file)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_text_with_an_unknown_field_stops_the_gateway_by_name(
    tmp_path: Path, file: Path, language: str
) -> None:
    text = tmp_path / "texts" / "zh" / "call.txt"
    text.parent.mkdir(parents=True)
    text.write_text("{home} {phone}")
    file.write_text(f'templates = "{tmp_path}/texts"\ndatabase = "{tmp_path}/none.db"\n')
    arguments = ["--config", str(file), "--language", language, "serve"]
    result = CliRunner().invoke(cli, arguments, obj=Edge())
    assert result.exit_code == 2
    assert str(text) in result.output
    assert "{phone}" in result.output
    assert "presses" in result.output
    assert not (tmp_path / "none.db").exists()


def test_every_key_has_its_words_and_no_others_have() -> None:
    assert list(KEYS) == list(config.Settings.model_fields)


def test_a_bad_setting_ends_the_command_with_2_and_no_trace(file: Path) -> None:
    file.write_text("broker_port = 0\n")
    result = CliRunner().invoke(cli, ["--config", str(file), "home", "list"], obj=Edge())
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    # Nobody said which language they read.
    assert "请写：1 到 65535 的整数" in result.stderr
    assert "write a whole number from 1 to 65535" in result.stderr


def test_help_is_given_even_with_a_bad_setting(file: Path) -> None:
    file.write_text("broker_port = 0\n")
    result = CliRunner().invoke(cli, ["--config", str(file), "home", "list", "--help"])
    assert result.exit_code == 0
    assert "列出所有老人家" in result.stdout
