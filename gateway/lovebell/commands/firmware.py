"""`lovebell firmware`: the roll-out of a release, seen and steered."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from lovebell.commands.app import App, json_option, namer, pass_app, print_json, utc
from lovebell.commands.base import group
from lovebell.commands.orders import operator
from lovebell.commands.releases import add, key, publish
from lovebell.domain.rollout import Stage
from lovebell.store import firmware as store
from lovebell.store import record
from lovebell.store.books import load_books
from lovebell.story import clock_time
from lovebell.words.firmware import BECAUSE, STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lovebell.domain.records import Seen
    from lovebell.domain.rollout import Member
    from lovebell.store.firmware import Published


@group("firmware", help="固件远程更新：发布、分批升级。|Updates over the air: releases, roll-outs.")
def firmware() -> None:
    """The group."""


for _command in (key, publish, add):
    firmware.add_command(_command)


@firmware.command(
    "status",
    help="分批升级到了哪里，每台设备怎样。|How far the roll-out is, and each device with it.",
)
@json_option
@pass_app
def status(app: App, as_json: bool) -> None:
    """Show it."""
    with app.store.reading() as connection:
        known = store.latest(connection)
        heard = record.seen(connection)
        books = load_books(connection)
    if as_json:
        print_json(_document(app, known, heard))
    elif known is None:
        app.say("no_firmware")
    else:
        _show(app, known)
        members = sorted(known.rollout.members.values(), key=lambda one: (one.wave, one.device))
        if members:
            app.table(
                ("device", "wave", "stage", "attempt", "firmware", "since"),
                (_row(app, one, heard, namer(app, books)) for one in members),
            )


def _show(app: App, known: Published) -> None:
    rollout = known.rollout
    stages = Counter(one.stage for one in rollout.members.values())
    counted = (f"{_stage(app, one)} {stages[one]}" for one in Stage if stages[one])
    app.details(
        (
            ("firmware", rollout.release.version),
            ("published", f"{clock_time(known.at_ms)} {known.by}"),
            ("rollout", _state(app, known)),
            ("devices", ("；" if app.language == "zh" else "; ").join(counted)),
        )
    )


def _course(app: App, known: Published) -> str:
    """goes_on, done, or why it is stopped: failures or operator."""
    if known.rollout.stopped:
        return known.rollout.stopped
    return "done" if known.rollout.is_done(app.settings.firmware_waves) else "goes_on"


def _state(app: App, known: Published) -> str:
    waves = len(app.settings.firmware_waves) + 1
    needs = {"wave": min(known.rollout.wave + 1, waves), "waves": waves}
    return app.text(f"rollout_{_course(app, known)}", **needs)


def _stage(app: App, stage: Stage) -> str:
    return STAGES[stage][0 if app.language == "zh" else 1]


def _why(app: App, member: Member) -> str:
    told = BECAUSE.get(member.why)
    return told[0 if app.language == "zh" else 1] if told else member.why


def _row(
    app: App, member: Member, heard: Mapping[str, Seen], name: Callable[[str], str]
) -> tuple[object, ...]:
    seen = heard.get(member.device)
    how = [_stage(app, member.stage), _why(app, member)]
    return (
        name(member.device),
        member.wave + 1,
        ("：" if app.language == "zh" else ": ").join(part for part in how if part),
        member.attempt,
        seen.firmware if seen else "",
        clock_time(member.since_ms),
    )


def _document(app: App, known: Published | None, heard: Mapping[str, Seen]) -> dict[str, Any]:
    if known is None:
        return {"release": None, "rollout": None, "devices": []}
    rollout, release = known.rollout, known.rollout.release
    return {
        "release": {
            "version": release.version,
            "mpy": release.mpy,
            "size": release.size,
            "sha256": release.sha256,
            "by": known.by,
            "published": utc(known.at_ms),
        },
        "rollout": {
            "state": "stopped" if rollout.stopped else _course(app, known),
            "why": rollout.stopped or None,
            "wave": rollout.wave + 1,
            "waves": len(app.settings.firmware_waves) + 1,
            "since": utc(rollout.wave_ms),
        },
        "devices": [
            {
                "device": one.device,
                "wave": one.wave + 1,
                "stage": one.stage.value,
                "why": one.why or None,
                "attempt": one.attempt,
                "bytes": one.at,
                "firmware": heard[one.device].firmware if one.device in heard else None,
                "since": utc(one.since_ms),
            }
            for one in sorted(rollout.members.values(), key=lambda one: (one.wave, one.device))
        ],
    }


@firmware.command(
    "stop",
    help="停下分批升级；正在试运行的照旧。|Stop the roll-out; what is on trial goes on.",
)
@json_option
@pass_app
def stop(app: App, as_json: bool) -> None:
    """Stop it."""
    with app.store.writing() as connection:
        known = store.stop(connection, operator(), app.now())
    _tell(app, as_json, "firmware_stopped", known, {"stopped": known.rollout.release.version})


@firmware.command(
    "resume",
    help="让停下的分批升级继续，已有的失败不再算。|Let a roll-out that has stopped go on; what has "
    "failed counts no more.",
)
@json_option
@pass_app
def resume(app: App, as_json: bool) -> None:
    """Let it go on."""
    with app.store.writing() as connection:
        known = store.resume(connection, operator(), app.now())
    _tell(app, as_json, "firmware_resumed", known, {"resumed": known.rollout.release.version})


@firmware.command(
    "retry",
    help="让一台失败的设备再试一次。|Have a device that failed try it once more.",
)
@click.argument("device_id", metavar="DEVICE")
@json_option
@pass_app
def retry(app: App, device_id: str, as_json: bool) -> None:
    """Have it tried again."""
    with app.store.writing() as connection:
        known = store.retry(connection, device_id, operator(), app.now())
    attempt = known.rollout.members[device_id].attempt
    told = {"retried": known.rollout.release.version, "device": device_id, "attempt": attempt}
    code = "firmware_retried_later" if known.rollout.stopped else "firmware_retried"
    _tell(app, as_json, code, known, told)


def _tell(app: App, as_json: bool, code: str, known: Published, told: dict[str, Any]) -> None:
    if as_json:
        print_json(told)
    else:
        app.say(code, version=known.rollout.release.version, **told)
