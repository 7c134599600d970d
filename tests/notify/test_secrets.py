"""Secrets are read from where they are named, and shown nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lovebell.notify.secrets import MOST_BYTES, Secret, Secrets, blotted
from lovebell.notify.sender import BadChannelError, MissingSecretError

if TYPE_CHECKING:
    from pathlib import Path

VALUE = "hunter2-and-more"


def written(path: Path, mode: int, text: str = f"  {VALUE}\n") -> str:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return f"file:{path}"


def test_a_secret_is_read_from_the_environment() -> None:
    assert Secrets({"BELL": f" {VALUE} "}).read("password", "env:BELL").reveal() == VALUE


def test_without_an_environment_of_its_own_it_is_the_process_that_has_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOVEBELL_TEST_ONLY", VALUE)
    assert Secrets().read("password", "env:LOVEBELL_TEST_ONLY").reveal() == VALUE


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640])
def test_a_secret_is_read_from_a_file_of_ones_own(tmp_path: Path, mode: int) -> None:
    reference = written(tmp_path / "key", mode)
    assert Secrets({}).read("password", reference).reveal() == VALUE


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602, 0o666, 0o777, 0o601])
def test_a_file_that_others_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    reference = written(tmp_path / "key", mode)
    with pytest.raises(BadChannelError, match="chmod 600") as told:
        Secrets({}).read("password", reference)
    assert not isinstance(told.value, MissingSecretError)
    assert VALUE not in told.value.say("zh") + told.value.say("en")


def test_a_link_leads_to_the_file_whose_rights_count(tmp_path: Path) -> None:
    written(tmp_path / "open", 0o644)
    (tmp_path / "link").symlink_to(tmp_path / "open")
    with pytest.raises(BadChannelError, match="chmod"):
        Secrets({}).read("password", f"file:{tmp_path}/link")


@pytest.mark.parametrize("reference", [VALUE, "", "env:", "env:A B", "env:1A", "file:", "file:relative/key", "file:~/key", "ENV:A", "env:A\n", "http://x"])  # fmt: skip  # noqa: E501
def test_what_is_no_reference_is_refused_and_not_repeated(reference: str) -> None:
    with pytest.raises(BadChannelError, match="env:NAME or file:/absolute/path") as told:
        Secrets({"A": VALUE}).read("password", reference)
    assert VALUE not in told.value.say("zh") + told.value.say("en")


def test_what_is_not_there_is_missing_and_says_where_it_should_be(tmp_path: Path) -> None:
    secrets = Secrets({"EMPTY": "  "})
    folder, empty = tmp_path / "folder", written(tmp_path / "empty", 0o600, "\n")
    folder.mkdir()
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    binary.chmod(0o600)
    long = written(tmp_path / "long", 0o600, "x" * (MOST_BYTES + 1))
    places = ["env:NONE", "env:EMPTY", f"file:{tmp_path}/none", f"file:{folder}", empty]
    for reference in [*places, f"file:{binary}", long]:
        with pytest.raises(MissingSecretError) as told:
            secrets.read("password", reference)
        place = reference.partition(":")[2]
        assert place in told.value.say("zh")
        assert place in told.value.say("en")


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(VALUE)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r}", repr([secret]), "%s" % secret]  # noqa: UP031
    assert not any(VALUE in one for one in shown)
    assert VALUE not in repr(Secrets({"A": VALUE}))


@pytest.mark.parametrize("form", [
    "p&ss w/rd+ü", "p%26ss%20w%2Frd%2B%C3%BC", "p%26ss+w%2Frd%2B%C3%BC", "p%26ss%20w/rd%2B%C3%BC",
    "p%26ss%20w%2frd%2b%c3%bc", "cCZzcyB3L3JkK8O8", r"p&ss w/rd+\u00fc",
])  # fmt: skip
def test_a_secret_is_blotted_out_in_every_form_in_which_it_travels(form: str) -> None:
    assert blotted(f"a {form} b {form}", [Secret("p&ss w/rd+ü")]) == "a *** b ***"


def test_a_secret_within_another_does_not_save_it() -> None:
    secrets = [Secret("hunter"), Secret("hunter2-long")]
    assert blotted("hunter2-long hunter", secrets) == "*** ***"


def test_nothing_and_what_is_too_short_blots_nothing_out() -> None:
    assert blotted("abc", [Secret(""), Secret("a")]) == "abc"
