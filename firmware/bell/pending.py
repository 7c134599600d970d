"""What has been pressed and has no receipt yet: when to say it again.

Owns the schedule of repetition that the protocol page prescribes (section 6), for presses and
acknowledgements alike. Pure: the flash is the journal's, the connection the link's.

An entry is a dict: `record` as the journal keeps it, `at` the tick of the press or None if
nobody knows any more, `first_at` the same for the first of several folded into one, `since` the
tick from which silence is counted or None if it has been too long, `tries` and `due` for the next
repetition.
"""

from bell.ticks import is_over, ticks_add, ticks_diff

REPEAT_MS = (3_000, 6_000, 12_000, 20_000)  # the last one for ever
UNHEARD_MS = 8_000
LATE_MS = 60_000
# Ticks tell an age only below half their period, some six days: after five it is unknown.
OLDEST_MS = 5 * 24 * 3600 * 1000


def restored(records: list, now: int) -> tuple:
    """The entries for records that were on flash when the board started: their age is unknown."""
    return tuple(_entry(record, None, None, now) for record in records)


def added(entries: tuple, noted: tuple, now: int) -> tuple:
    """`entries` and one for what the journal has noted: (record, absorbed, kept, at).

    The entry of the id it has absorbed, if any, is gone. What the flash did not keep is unheard
    from the start: only a receipt can make it safe.
    """
    record, absorbed, kept, at = noted
    first_at = at
    for entry in entries:
        if entry["record"]["id"] == absorbed:
            first_at = entry["first_at"]
    entry = _entry(record, at, first_at, now)
    if not kept:
        entry["since"] = None
    return without(entries, absorbed) + (entry,)


def without(entries: tuple, name: str | None) -> tuple:
    """`entries` without the one of that id."""
    return tuple(entry for entry in entries if entry["record"]["id"] != name)


def due(entries: tuple, now: int, everything: bool = False) -> tuple:
    """(entries, messages): what is to be sent now, as (leaf, fields).

    With `everything`, on a new connection, all of it, and the schedule begins anew. Before a cancel
    go all that it takes back: one that came first would find nothing to take back, and they ring.
    """
    kept = []
    messages = []
    cancels = -1  # the place of the last one that is sent
    for place, entry in enumerate(entries):
        if entry["record"].get("kind") == "cancel" and (everything or is_over(now, entry["due"])):
            cancels = place
    for place, entry in enumerate(entries):
        if everything or place < cancels or is_over(now, entry["due"]):
            entry = entry.copy()
            entry["tries"] = 0 if everything else entry["tries"] + 1
            wait_ms = REPEAT_MS[min(entry["tries"], len(REPEAT_MS) - 1)]
            entry["due"] = ticks_add(now, wait_ms)
            messages.append((entry["record"]["leaf"], _fields(entry, now)))
        kept.append(entry)
    return tuple(kept), messages


def aged(entries: tuple, now: int) -> tuple:
    """`entries` with what ticks will soon be unable to tell written down. Call it now and then."""
    kept = []
    for entry in entries:
        entry = entry.copy()
        for name in ("at", "first_at"):
            if entry[name] is not None and ticks_diff(now, entry[name]) > OLDEST_MS:
                entry[name] = None
        if entry["since"] is not None and _has_waited(entry, now):
            entry["since"] = None
        kept.append(entry)
    return tuple(kept)


def is_unheard(entries: tuple, now: int) -> bool:
    """Whether one of them has waited so long that the one who pressed must be told."""
    return any(_has_waited(entry, now) for entry in entries)


def notice(state: dict, now: int) -> None:
    """Write into a role's state since when something has been unheard, and whether for a minute."""
    if not is_unheard(state["pending"], now):
        state["unheard"] = None
        state["late"] = False
    elif state["unheard"] is None:
        state["unheard"] = now
    elif is_over(now, ticks_add(state["unheard"], LATE_MS)):
        state["late"] = True  # and stays so for longer than ticks can tell


def _has_waited(entry: dict, now: int) -> bool:
    since = entry["since"]
    return since is None or is_over(now, ticks_add(since, UNHEARD_MS))


def _entry(record: dict, at: int | None, first_at: int | None, now: int) -> dict:
    return {
        "record": record,
        "at": at,
        "first_at": first_at,
        "since": now if at is None else at,
        "tries": -1,
        "due": now,
    }


def _fields(entry: dict, now: int) -> dict:
    fields = {name: value for name, value in entry["record"].items() if name != "leaf"}
    if entry["at"] is not None:
        fields["age_ms"] = max(0, ticks_diff(now, entry["at"]))
    if fields.get("count", 1) > 1 and entry["first_at"] is not None:
        fields["first_age_ms"] = max(0, ticks_diff(now, entry["first_at"]))
    return fields
