"""The kinds of channel: how one is chosen, what is wrong with it, and how a package adds one."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import sys
from typing import TYPE_CHECKING, cast

import pytest
from notify import kit

from lovebell.notify import guard
from lovebell.notify.errors import MESSAGES
from lovebell.notify.sender import (
    Answer,
    BadChannelError,
    Limit,
    Message,
    MissingSecretError,
    Secrets,
    Verdict,
    check_address,
    kinds,
    make_sender,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HAN = re.compile(r"[\u4e00-\u9fff]")
NAMES = ["webhook", "mail", "wecom", "dingtalk", "feishu", "apprise", "aliyun-sms", "aliyun-voice"]


def test_there_are_the_houses_kinds_and_aliyun_as_a_plug_in() -> None:
    assert [kind.name for kind in kinds()] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_and_option_is_described_in_both_languages(name: str) -> None:
    (kind,) = (one for one in kinds() if one.name == name)
    pairs = [kind.about, kind.address]
    pairs += [pair for option in kind.options for pair in (option.about, option.rule)]
    for chinese, english in pairs:
        assert chinese
        assert english
        assert not HAN.search(english)
    assert len({option.name for option in kind.options}) == len(kind.options)
    for option in kind.options:
        assert not (option.is_secret and option.default), "a secret has no default"
        assert re.fullmatch(option.value_is, option.default) or not option.default


def test_every_error_is_told_in_both_languages_with_the_same_facts() -> None:
    for chinese, english in MESSAGES.values():
        assert HAN.search(chinese)
        assert not HAN.search(english)
        facts = [set(re.findall(r"{(\w+)", text)) for text in (chinese, english)]
        assert {fact.removesuffix("_zh") for fact in facts[0]} == facts[1]


HOOK = {"url": "https://a.example", "secret": "env:T_HOOK"}
ALIYUN = {"key_id": "env:T_ID", "key": "env:T_KEY", "sign": "爱心门铃"}


@pytest.mark.parametrize(("kind", "options", "named"), [
    ("pigeon", {}, "pigeon"),
    ("webhook", {}, "url"),
    ("webhook", {"url": "https://a.example"}, "secret"),
    ("webhook", HOOK | {"colour": "red"}, "colour"),
    ("webhook", HOOK | {"timeout_s": "0"}, "timeout_s"),
    ("wecom", {"token": "0123456789abcdef"}, "token"),
    ("wecom", {"token": "env:T_TOKEN", "url": "http://qyapi.weixin.qq.com/x"}, "url"),
    ("aliyun-sms", ALIYUN, "template"),
    ("aliyun-sms", ALIYUN | {"template": "1"}, "template"),
    ("apprise", {"url": "env:T_TOKEN"}, "url"),
])  # fmt: skip
def test_what_is_wrong_is_named_in_both_languages(
    kind: str, options: dict[str, str], named: str
) -> None:
    with pytest.raises(BadChannelError) as told:
        make_sender(kind, options, kit.secrets())
    assert not isinstance(told.value, MissingSecretError)
    assert named in told.value.say("zh")
    assert named in told.value.say("en")
    assert HAN.search(told.value.say("zh"))
    for secret in options.values():
        assert "0123456789abcdef" not in secret or secret not in str(told.value)


def test_a_missing_secret_hides_no_other_mistake() -> None:
    options = {"url": "http://a.example", "secret": "env:NOT_THERE"}
    with pytest.raises(BadChannelError, match="option url"):
        make_sender("webhook", options, Secrets({}))
    with pytest.raises(MissingSecretError, match="NOT_THERE"):
        make_sender("webhook", options | {"url": "https://a.example"}, Secrets({}))


@pytest.mark.parametrize(
    ("schema", "kind"), [("dingtalk", "dingtalk"), ("wecombot", "wecom"), ("feishu", "feishu")]
)
def test_apprise_is_not_asked_to_do_what_it_cannot_tell(schema: str, kind: str) -> None:
    secrets = Secrets({"U": f"{schema}://0123456789abcdef"})
    with pytest.raises(BadChannelError, match=f"use the kind {kind}") as told:
        make_sender("apprise", {"url": "env:U"}, secrets)
    assert "0123456789abcdef" not in told.value.say("zh")


PLUG_IN = """
from dataclasses import replace
from lovebell.notify.sender import Answer, Kind, Option, Verdict

class Pager:
    limit = None
    def __init__(self, options, secrets):
        self.password = secrets["password"].reveal()
    async def send(self, message, address):
        if address == "boom":
            raise ZeroDivisionError(f"secret {self.password}")
        return Answer(Verdict.SENT, f"beep {message.subject}\\nline" + "x" * 999)
    async def close(self):
        raise OSError(self.password)

KIND = Kind(
    name="pager",
    about=("寻呼机", "a pager"),
    address=("号码", "a number"),
    options=(Option("password", ("密码", "password"), is_required=True, is_secret=True),),
    make=Pager,
    address_is="boom|[0-9]+",
)

def spoil(options, secrets):
    raise ZeroDivisionError(secrets["password"].reveal())

SOUR = replace(KIND, name="sour", make=spoil)

def leave(options, secrets):
    raise SystemExit(1)

CURT = replace(KIND, name="curt", make=leave)
"""


@pytest.fixture
def plug_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with a good kind, a broken one, and one that would be `mail`."""
    (tmp_path / "pagerkind.py").write_text(PLUG_IN, encoding="utf-8")
    info = tmp_path / "pagerkind-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pagerkind\nVersion: 1\n")
    points = "pager = pagerkind:KIND\nbroken = pagerkind:NOTHING\n"
    points += "sour = pagerkind:SOUR\ncurt = pagerkind:CURT\n"
    (info / "entry_points.txt").write_text(f"[lovebell.senders]\n{points}mail = pagerkind:KIND\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("pagerkind", None)


@pytest.mark.usefixtures("plug_ins")
async def test_an_installed_package_adds_a_kind_that_keeps_every_promise() -> None:
    assert [kind.name for kind in kinds()] == [*NAMES, "curt", "pager", "sour"]
    check_address("pager", "123")
    with pytest.raises(BadChannelError, match="a number"):
        check_address("pager", "abc")
    with kit.Ears() as ears:
        sender = make_sender("pager", {"password": "env:T_PASSWORD"}, kit.secrets())
        answer = await sender.send(kit.MESSAGE, "123")
        assert answer.verdict is Verdict.SENT
        assert answer.said.startswith(f"beep {kit.MESSAGE.subject} line")
        assert len(answer.said) == 200
        failed = await sender.send(kit.MESSAGE, "boom")
        assert failed == Answer(Verdict.LATER, "ZeroDivisionError")
        await sender.close()
    assert [r.getMessage() for r in ears.records if r.name == "lovebell.notify"] == [
        "sender failed",
        "sender not closed",
    ]


@pytest.mark.usefixtures("plug_ins")
def test_a_broken_plug_in_is_named_and_takes_nobodys_place() -> None:
    with pytest.raises(BadChannelError, match=r"broken.*AttributeError"):
        make_sender("broken", {}, kit.secrets())
    with pytest.raises(BadChannelError, match=r"sour.*ZeroDivisionError") as told:
        make_sender("sour", {"password": "env:T_PASSWORD"}, kit.secrets())
    kit.assert_no_secret(told.value.say("zh") + told.value.say("en"))
    with pytest.raises(BadChannelError, match=r"curt.*SystemExit"):
        make_sender("curt", {"password": "env:T_PASSWORD"}, kit.secrets())
    with pytest.raises(BadChannelError, match="host"):
        make_sender("mail", {}, kit.secrets())


class Hung:
    """A plug-in that forgot its time limit."""

    limit = Limit(1, 1_000)

    async def send(self, message: Message, address: str) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        """Nothing."""


async def test_a_plug_in_that_hangs_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_S", 0.0)
    sender = guard.Guarded("hung", Hung(), Answer(Verdict.LATER, ""))
    assert sender.limit == Limit(1, 1_000)
    assert await sender.send(kit.MESSAGE, "") == Answer(Verdict.LATER, "TimeoutError")


class Rude:
    """A plug-in that ends otherwise than it should: it raises, or answers, what it was given."""

    limit = None

    def __init__(self, end: object) -> None:
        self._end = end

    async def send(self, message: Message, address: str) -> Answer:
        if isinstance(self._end, BaseException):
            raise self._end
        return cast("Answer", self._end)

    async def close(self) -> None:
        if isinstance(self._end, BaseException):
            raise self._end


@pytest.mark.parametrize("end", [asyncio.CancelledError(), SystemExit(1), KeyboardInterrupt()])
async def test_a_plug_in_ends_neither_its_channel_nor_the_gateway(end: BaseException) -> None:
    sender = guard.Guarded("rude", Rude(end), Answer(Verdict.LATER, ""))
    assert await sender.send(kit.MESSAGE, "") == Answer(Verdict.LATER, type(end).__name__)
    await sender.close()


@pytest.mark.parametrize(
    "end",
    [None, Answer(cast("Verdict", "maybe"), ""), Answer(Verdict.LATER, "", cast("int", "60"))],
)
async def test_an_answer_that_is_none_counts_as_later(end: object) -> None:
    sender = guard.Guarded("rude", Rude(end), Answer(Verdict.LATER, ""))
    answer = await sender.send(kit.MESSAGE, "")
    assert (answer.verdict, answer.retry_after_ms) == (Verdict.LATER, None)


async def test_a_verdict_by_its_name_is_that_verdict() -> None:
    end = Answer(cast("Verdict", "later"), "")
    sender = guard.Guarded("rude", Rude(end), Answer(Verdict.LATER, ""))
    assert (await sender.send(kit.MESSAGE, "")).verdict is Verdict.LATER


def test_a_message_cannot_be_changed_on_its_way() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        kit.MESSAGE.text = "x"  # type: ignore[misc]
