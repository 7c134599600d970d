"""`lovebell figures`: how quickly help came, by month and place, against the goals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lovebell.commands.app import App, json_option, pass_app, print_json
from lovebell.commands.base import command
from lovebell.commands.months import Month, Zone, begins, month_namer, next_month
from lovebell.domain.figures import PERCENTILES, Figures, Sample, Share, grouped
from lovebell.domain.figures import figures as figures_of
from lovebell.store.figures import call_times

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from zoneinfo import ZoneInfo

    from lovebell.store.figures import CallTimes

_HEADINGS = (
    *("calls", "cancelled", "received", "answered"),
    *("within_60s", "within_180s", "at_door", "within_45min"),
)


@command("figures", help="帮助来得多快，按月和地方。|How quickly help came, by month and place.")
@click.option(
    "--by",
    type=click.Choice(["grid", "community"]),
    default="grid",
    help="按网格或社区，默认网格。|By grid or by community, else by grid.",
)
@click.option("--month", type=Month(), metavar="YYYY-MM", help="只看一个月。|Only this month.")
@click.option(
    "--zone",
    type=Zone(),
    metavar="NAME",
    help="按哪个时区分月，默认本机的。|The time zone of the months, else this machine's.",
)
@json_option
@pass_app
def figures(app: App, by: str, month: date | None, zone: ZoneInfo | None, as_json: bool) -> None:
    """Show the figures."""
    since = begins(month, zone) if month else 0
    until = begins(next_month(month), zone) if month else 2**62
    named, now = month_namer(zone), app.now()
    with app.store.reading() as connection:
        samples = [_sample(one, by, named, now) for one in call_times(connection, since, until)]
    groups, total = grouped(samples), figures_of(samples)
    if as_json:
        rows = [{"month": m, by: p or None, **_document(f)} for (m, p), f in groups.items()]
        print_json({"groups": rows, "total": _document(total)})
    elif not samples:
        app.say("no_calls")
    else:
        rows = [(m, p or app.text("none"), *_cells(app, f)) for (m, p), f in groups.items()]
        app.table(("month", by, *_HEADINGS), [*rows, (app.text("total"), "", *_cells(app, total))])
        app.say("goals")


def _sample(one: CallTimes, by: str, named: Callable[[int], str], now: int) -> Sample:
    def after(at_ms: int | None) -> int | None:
        return None if at_ms is None else max(at_ms - one.pressed_ms, 0)

    return Sample(
        named(one.begun_ms),
        one.grid if by == "grid" else one.community,
        max(one.received_ms - one.pressed_ms, 0),
        after(one.answered_ms),
        after(one.arrived_ms),
        after(now if one.ended_ms is None else one.ended_ms) or 0,
        one.ended_ms is None,
        one.is_cancelled,
    )


def _cells(app: App, found: Figures) -> tuple[object, ...]:
    """A row: the medians, and the shares with a mark where the goal is missed."""
    median = {name: times[0] if times else None for name, (_, times) in found.times.items()}
    fast, later, door = (_percent(app, share) for share in found.shares)
    times = [_clock(median[name]) for name in ("received", "answered", "arrived")]
    return (found.calls, found.cancelled, times[0], times[1], fast, later, times[2], door)


def _percent(app: App, share: Share) -> str:
    if share.per_mille is None:
        return "-"
    whole, tenth = divmod(share.per_mille, 10)
    mark = "" if share.is_met else app.text("missed_goal")
    return f"{whole}.{tenth} %{mark}"


def _clock(time_ms: int | None) -> str:
    """A length of time for a human: seconds below two minutes, else minutes and seconds."""
    if time_ms is None:
        return "-"
    if time_ms < 120_000:
        return f"{time_ms / 1000:.1f} s"
    minutes, seconds = divmod(time_ms // 1000, 60)
    return f"{minutes}:{seconds:02} min"


def _document(found: Figures) -> dict[str, Any]:
    times: dict[str, Any] = {}
    for name, (count, values) in found.times.items():
        names = [f"p{p / 10:g}_ms" for p in PERCENTILES] + ["longest_ms"]
        times[name] = {"calls": count} | dict(zip(names, values, strict=bool(values)))
    goals = [
        {
            "of": share.goal.of,
            "within_s": share.goal.within_ms // 1000,
            "goal_percent": share.goal.per_mille / 10,
            "calls": share.counted,
            "within": share.within,
            "is_met": share.is_met,
        }
        for share in found.shares
    ]
    return {"calls": found.calls, "cancelled": found.cancelled, "times": times, "goals": goals}
