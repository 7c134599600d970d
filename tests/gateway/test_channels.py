"""Channels and contacts, as an operator enters them, and the trial of a message."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from notify.servers import HttpService, Says, http_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from town import Town

KEY = "bG92ZWJlbGxTRUNSRVQtaG9vay1vZi10aGUtdGVzdHM="
CHAT = ("--kind", "wecom", "--set", "token=env:WECOM_KEY")


@pytest.fixture
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WECOM_KEY", "SECRETkey0123456789")
    monkeypatch.setenv("HOOK_KEY", KEY)


@pytest.fixture
def service() -> Iterator[HttpService]:
    """A service in a thread of its own: the command runs a loop of its own, too."""
    loop = asyncio.new_event_loop()
    ready, done, found = threading.Event(), asyncio.Event(), list[HttpService]()

    async def serve() -> None:
        async with http_service() as made:
            found.append(made)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield found[0]
    loop.call_soon_threadsafe(done.set)
    thread.join(10)
    loop.close()


def hook(service: HttpService) -> tuple[str, ...]:
    options = (f"url={service.url}/hook", "secret=env:HOOK_KEY", "timeout_s=2")
    return ("--kind", "webhook", *(part for option in options for part in ("--set", option)))


@pytest.mark.usefixtures("_secrets")
def test_a_channel_and_a_contact_are_entered_listed_and_taken_out(town: Town) -> None:
    assert "Entered chat (wecom)" in town.type("channel", "add", "chat", *CHAT).output
    added = town.type("contact", "add", "r-paired", "chat", "13800000000", "--language", "en")
    assert added.output == "Entered: r-paired is reached by chat.\n"
    assert town.read("channel", "list") == [
        {"name": "chat", "kind": "wecom", "options": {"token": "env:WECOM_KEY"}}
    ]
    (contact,) = town.read("contact", "list", "--responder", "r-paired")
    assert contact == {
        "responder": "r-paired",
        "channel": "chat",
        "address": "13800000000",
        "language": "en",
        "rank": 1,
    }
    assert town.read("contact", "list", "--responder", "r-desk") == []
    assert "contact: chat 13800000000\n" in town.type("responder", "show", "r-paired").output
    assert town.read("responder", "show", "r-paired")["contacts"] == [contact]
    refused = town.type("channel", "remove", "chat")
    assert refused.exit_code == 1
    assert "`lovebell contact remove r-paired chat`" in refused.output
    assert town.type("contact", "remove", "r-paired", "chat").exit_code == 0
    assert town.type("channel", "remove", "chat").exit_code == 0
    assert town.read("channel", "list") == []


@pytest.mark.usefixtures("_secrets")
def test_a_responder_who_is_taken_out_takes_the_contacts_along(town: Town) -> None:
    town.type("channel", "add", "chat", *CHAT)
    town.type("responder", "add", "r-new", "--name", "示例新人")
    town.type("contact", "add", "r-new", "chat")
    assert town.type("responder", "remove", "r-new").exit_code == 0
    assert town.read("contact", "list") == []


def test_a_secret_that_only_this_machine_lacks_is_a_warning(town: Town) -> None:
    result = town.type("channel", "add", "chat", *CHAT)
    assert result.exit_code == 0
    assert "WECOM_KEY" in result.stderr
    assert town.read("channel", "list")[0]["name"] == "chat"


@pytest.mark.usefixtures("_secrets")
def test_an_option_is_changed_and_taken_away(town: Town) -> None:
    town.type("channel", "add", "chat", *CHAT, "--set", "timeout_s=5")
    town.type("channel", "edit", "chat", "--set", "timeout_s=9")
    assert town.read("channel", "list")[0]["options"]["timeout_s"] == "9"
    town.type("channel", "edit", "chat", "--set", "timeout_s=")
    assert town.read("channel", "list")[0]["options"] == {"token": "env:WECOM_KEY"}


WRONG = (
    ("channel add chat --kind pigeon", "pigeon"),
    ("channel add chat --kind wecom", "token"),
    ("channel add chat --kind wecom --set token=plain-secret", "token"),
    ("channel add chat --kind wecom --set colour=red", "colour"),
    ("channel add chat --kind wecom --set token", "--set"),
    ("channel add Chat! --kind wecom --set token=env:WECOM_KEY", "Chat!"),
    ("channel add there --kind wecom --set token=env:WECOM_KEY", "there"),
    ("channel edit none --set a=b", "none"),
    ("channel edit there --set timeout_s=long", "timeout_s"),
    ("channel edit there", "--phone"),
    ("channel remove none", "none"),
    ("contact add nobody there", "nobody"),
    ("contact add r-paired none", "none"),
    ("contact add r-desk there", "r-desk"),
    ("contact add r-paired there 13800000000 --rank 0", "rank"),
    ("contact add r-paired there not-a-phone", "not-a-phone"),
    ("contact list --responder nobody", "nobody"),
    ("contact remove r-paired there", "r-paired"),
    ("notify test nobody", "nobody"),
    ("notify test r-paired", "lovebell contact add"),
    ("notify test r-desk --channel none", "none"),
)


@pytest.mark.usefixtures("_secrets")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_wrong_is_named_and_changes_nothing(town: Town, language: str) -> None:
    town.type("channel", "add", "there", *CHAT)
    town.type("contact", "add", "r-desk", "there")
    before = town.read("channel", "list"), town.read("contact", "list")
    for typed, named in WRONG:
        result = town.type(*typed.split(), language=language)
        assert result.exit_code in (1, 2), typed
        assert named in result.output, typed
        assert "plain-secret" not in result.output
    assert (town.read("channel", "list"), town.read("contact", "list")) == before


def test_the_kinds_are_told_with_their_options(town: Town) -> None:
    told = town.type("channel", "kinds").output
    assert "webhook: " in told
    kinds = {kind["kind"]: kind["options"] for kind in town.read("channel", "kinds")}
    assert {"name": "token", "required": True, "secret": True, "default": ""} in kinds["wecom"]


# -- the trial -----------------------------------------------------------------------------------


@pytest.fixture
def _ready(town: Town, service: HttpService, _secrets: None) -> None:
    town.type("channel", "add", "hook", *hook(service))
    assert town.type("contact", "add", "r-paired", "hook").exit_code == 0


@pytest.mark.usefixtures("_ready")
def test_a_trial_goes_by_the_real_way_and_says_what_was_answered(
    town: Town, service: HttpService
) -> None:
    service.behaviour = Says("thanks", 202)
    result = town.type("notify", "test", "r-paired", language="zh")
    assert result.exit_code == 0
    assert result.output == "hook 收下了：202 thanks\n"
    (asked,) = service.asked
    assert "lovebell.test" in asked.body.decode()
    assert "示例大姐" in asked.body.decode()
    assert town.read("events", "--limit", "1")[0]["sentence"] == (
        "hook has taken the message to 示例大姐: test (it said: 202 thanks)"
    )


@pytest.mark.usefixtures("_ready")
@pytest.mark.parametrize(("status", "verdict"), [(503, "later"), (404, "refused")])
def test_a_trial_that_is_not_taken_ends_with_1(
    town: Town, service: HttpService, status: int, verdict: str
) -> None:
    service.behaviour = Says("no", status)
    result = town.type("notify", "test", "r-paired", "--json")
    assert result.exit_code == 1
    assert f'"verdict": "{verdict}"' in result.output
    assert f"{status} no" in result.output
    line = town.read("events", "--limit", "1")[0]
    assert line["what"] == {"later": "message_given_up", "refused": "message_refused"}[verdict]
    assert f"{status} no" in line["sentence"]


@pytest.mark.usefixtures("_ready")
def test_a_trial_of_a_channel_whose_secret_cannot_be_read_says_so(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOOK_KEY")
    result = town.type("notify", "test", "r-paired", "--channel", "hook")
    assert result.exit_code == 1
    assert "HOOK_KEY" in result.output


@pytest.mark.usefixtures("_ready")
def test_a_step_that_only_a_message_reaches_is_not_dead(town: Town) -> None:
    town.type("responder", "add", "r-far", "--name", "示例远亲")
    town.type("contact", "add", "r-far", "hook")
    result = town.type("plan", "set", "h-1", "r-far 5min", "desk 60s")
    assert "reaches nobody" not in result.stderr
    assert "hook" in result.output
