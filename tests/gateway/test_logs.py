"""Log lines: one an event, in both shapes, and no secret in them."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from typing import TYPE_CHECKING

import pytest

from lovebell import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG = logging.getLogger("lovebell.test")


class Writes(io.StringIO):
    """A stream that keeps every call apart."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def write(self, text: str) -> int:
        self.calls.append(text)
        return super().write(text)


@pytest.fixture
def stream() -> Iterator[Writes]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield Writes()
    root.handlers[:], level = before
    root.setLevel(level)


def test_a_text_line_has_time_level_logger_message_and_fields(stream: io.StringIO) -> None:
    logs.set_up("info", "text", stream)
    logs.event(LOG, "broker connected", broker="127.0.0.1:1883", note="two words", empty="")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info test: broker connected "
        r'broker=127\.0\.0\.1:1883 note="two words" empty=""\n',
        stream.getvalue(),
    )


def test_a_json_line_is_one_object(stream: io.StringIO) -> None:
    logs.set_up("info", "json", stream)
    logs.event(LOG, "按铃", logging.WARNING, name="奶奶", n=1)
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning", "logger": "lovebell.test", "message": "按铃", "name": "奶奶", "n": 1,
    }  # fmt: skip


@pytest.mark.parametrize("shape", ["text", "json"])
def test_an_event_is_one_line_whatever_is_in_it(stream: io.StringIO, shape: str) -> None:
    logs.set_up("info", "json" if shape == "json" else "text", stream)
    logs.event(LOG, "one\ntwo", text="three\nfour", other={"five": 6}, seven=object())
    try:
        raise ValueError("eight\nnine")
    except ValueError:
        LOG.exception("ten")
    assert len(stream.getvalue().splitlines()) == 2
    assert "eight" in stream.getvalue()


@pytest.mark.parametrize("shape", ["text", "json"])
def test_a_field_that_is_called_a_secret_is_blotted_out(stream: io.StringIO, shape: str) -> None:
    logs.set_up("info", "json" if shape == "json" else "text", stream)
    logs.event(LOG, "hello", broker_password="sesame", token="sesame")
    LOG.info("hello", extra={"passwd": "sesame"})
    assert "sesame" not in stream.getvalue()
    assert stream.getvalue().count("***") == 3


def test_fields_of_the_standard_extra_are_shown_too(stream: io.StringIO) -> None:
    logs.set_up("info", "json", stream)
    LOG.info("rung", extra={"fields": {"chime": "c-1"}})
    LOG.info("rung", extra={"chime": "c-2"})
    assert [json.loads(line)["chime"] for line in stream.getvalue().splitlines()] == ["c-1", "c-2"]


def test_a_field_cannot_take_the_place_of_the_lines_own(stream: io.StringIO) -> None:
    logs.set_up("info", "json", stream)
    logs.event(LOG, "hello", time="never", message="other")
    line = json.loads(stream.getvalue())
    assert (line["message"], line["message_"], line["time_"]) == ("hello", "other", "never")


@pytest.mark.parametrize("shape", ["text", "json"])
async def test_what_is_said_without_a_record_reads_the_same(stream: Writes, shape: str) -> None:
    logs.set_up("info", "json" if shape == "json" else "text", stream)
    fields = {"who": "", "note": "two words", "n": 1, "token": "sesame", "time": "never"}
    LOG.info("按铃\n", extra={"fields": fields})
    logs.sayer(LOG.name)("按铃\n", fields)
    await asyncio.sleep(0)
    (written,) = stream.calls
    when = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    first, second = (re.sub(when, "", line) for line in written.splitlines())
    assert first == second
    assert "***" in first


def test_what_is_said_without_a_record_goes_wherever_a_record_would(
    stream: Writes, caplog: pytest.LogCaptureFixture
) -> None:
    logs.set_up("warning", "text", stream)
    logs.sayer(LOG.name)("quiet", {})
    assert stream.calls == []
    with caplog.at_level("INFO", LOG.name):
        logging.getLogger().addHandler(caplog.handler)
        logs.sayer(LOG.name)("pressed", {"n": 1})
    assert [(record.message, vars(record)["fields"]) for record in caplog.records] == [
        ("pressed", {"n": 1})
    ]


def test_below_the_level_nothing_is_written(stream: io.StringIO) -> None:
    logs.set_up("warning", "text", stream)
    logs.event(LOG, "quiet")
    assert stream.getvalue() == ""


async def test_what_a_turn_of_the_loop_tells_is_written_after_it_in_one_piece(
    stream: Writes,
) -> None:
    logs.set_up("info", "text", stream)
    for n in range(3):
        logs.event(LOG, "pressed", n=n)
    assert stream.calls == []
    await asyncio.sleep(0)
    (written,) = stream.calls
    assert [line.rpartition(" ")[2] for line in written.splitlines()] == ["n=0", "n=1", "n=2"]


async def test_a_warning_is_written_at_once_behind_what_waited(stream: Writes) -> None:
    logs.set_up("info", "text", stream)
    logs.event(LOG, "pressed")
    LOG.warning("broker lost")
    assert [line.rpartition(" ")[2] for line in stream.getvalue().splitlines()] == [
        "pressed",
        "lost",
    ]
    await asyncio.sleep(0)
    assert len(stream.calls) == 1


async def test_a_log_that_cannot_be_written_stops_nobody(
    stream: Writes, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("info", "text", stream)
    stream.close()
    logs.event(LOG, "pressed")
    LOG.warning("broker lost")
    await asyncio.sleep(0)
    assert "I/O operation on closed file" in capsys.readouterr().err
