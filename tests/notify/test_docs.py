"""The manuals of messages are true: every kind and option stands in them, and their code runs."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from notify import kit
from notify.servers import Says, http_service
from replay import replay

from lovebell.notify.sender import Kind, Secrets, Verdict, kinds, make_sender

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[2] / "docs"
BOTH = pytest.mark.parametrize("end", [".md", ".zh.md"])


def read(name: str, end: str) -> str:
    return (DOCS / f"{name}{end}").read_text(encoding="utf-8")


def section(kind: Kind, column: int) -> list[str]:
    """What the manual says of a kind, as the program knows it."""
    needed, secret, none = (("必填", "needed"), ("密钥", "secret"), ("无", "none"))
    reference = ("env:变量名 或 file:/路径", "env:NAME or file:/path")
    rows: list[str] = []
    for option in kind.options:
        words = [needed[column]] * option.is_required + [secret[column]] * option.is_secret
        if not option.is_required:
            words.append(f"`{option.default}`" if option.default else none[column])
        rule = reference if option.is_secret else option.rule
        told = ("、" if column == 0 else ", ").join(words)
        rows.append(f"| `{option.name}` | {option.about[column]} | {rule[column]} | {told} |")
    head = ("| 选项 | 含义 | 可以是 | 不写时 |", "| option | meaning | may be | if not given |")
    address = ("地址", "Address")[column]
    colon = ("：", ": ")[column]
    return [
        f"### `{kind.name}`{colon}{kind.about[column]}",
        "",
        f"{address}{colon}{kind.address[column]}{('。', '.')[column]}",
        "",
        head[column],
        "|---|---|---|---|",
        *rows,
    ]


@BOTH
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_every_kind_stands_in_the_manual_as_the_program_knows_it(kind: Kind, end: str) -> None:
    wanted = "\n".join(section(kind, 0 if end == ".zh.md" else 1))
    assert wanted in read("notification", end)


@BOTH
def test_every_answer_in_the_manual_is_what_the_command_prints(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WECOM_KEY", raising=False)
    path = DOCS / f"notification{end}"
    assert replay(path, tmp_path) == read("notification", end), f"python tests/replay.py {path}"


@BOTH
@pytest.mark.parametrize("name", ["notification", "senders"])
def test_every_link_to_another_page_leads_somewhere(name: str, end: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", read(name, end)):
        assert (DOCS / target).exists(), target


def recipe(end: str) -> Callable[[dict[str, str], bytes, str, float], bool]:
    """The manual's own way to verify a webhook."""
    (code,) = re.findall(r"```python\n(.*?def verify.*?)```", read("notification", end), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, f"notification{end}", "exec"), names)  # noqa: S102
    return names["verify"]


@BOTH
async def test_the_recipe_takes_our_webhook_and_no_other(end: str) -> None:
    verify = recipe(end)
    async with http_service() as service:
        await kit.send(kit.channel("webhook", service.url), "webhook")
        asked = service.asked[0]
    headers, secret = asked.headers, kit.ENVIRONMENT["T_HOOK"]
    sent_s = float(headers["webhook-timestamp"])
    assert verify(headers, asked.body, secret, sent_s)
    assert verify(headers, asked.body, f"whsec_{secret}", sent_s + 299)
    assert not verify(headers, asked.body, secret, sent_s + 301)
    assert not verify(headers, asked.body, secret, sent_s - 301)
    assert not verify(headers, asked.body + b" ", secret, sent_s)
    assert not verify({**headers, "webhook-id": "msg_other"}, asked.body, secret, sent_s)
    assert not verify({**headers, "webhook-signature": "v1,"}, asked.body, secret, sent_s)
    other = "b3RoZXItc2VjcmV0LW9mLXR3ZW50eS1mb3VyLWJ5dGVz"
    assert not verify(headers, asked.body, other, sent_s)


@BOTH
async def test_the_example_of_the_body_is_a_body(end: str) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", read("notification", end), re.DOTALL)
    async with http_service() as service:
        await kit.send(kit.channel("webhook", service.url), "webhook")
        body = json.loads(service.asked[0].body)
    shown = json.loads(example)
    assert shown.keys() == body.keys()
    assert shown["data"].keys() == body["data"].keys()
    assert shown["type"] == body["type"]


@BOTH
async def test_the_example_of_a_plug_in_can_be_installed_and_sends(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = read("senders", end)
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (points,) = re.findall(r"```toml\n.*?(\[project\.entry-points.*?)```", text, re.DOTALL)
    pair = re.search(r"(\w+) = \"(\w+):(\w+)\"", points)
    assert pair
    name, module, item = pair.groups()
    (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
    info = tmp_path / f"{module}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[lovebell.senders]\n{name} = {module}:{item}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        async with http_service() as service:
            options = {"url": f"{service.url}/sms", "key": "env:T_KEY"}
            sender = make_sender(name, options, Secrets(kit.ENVIRONMENT))
            for status, verdict in ((200, "sent"), (500, "later"), (403, "refused")):
                service.behaviour = Says('{"ok":true}', status)
                answer = await sender.send(kit.MESSAGE, "13800000000")
                assert answer.verdict is Verdict(verdict)
                kit.assert_no_secret(answer.said)
            await sender.close()
            assert kit.MESSAGE.key in service.asked[0].body.decode()
    finally:
        sys.modules.pop(module, None)
