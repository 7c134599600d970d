"""Which firmware starts: the one a technician has set up, or one of two that came over the air.

Owns the file `slots` in its directory, and the tries of a firmware on trial. main.py asks here, by
the technician's firmware, what to start; a firmware on trial says here how it went. Imported only
when there is such a file or one is to be made.

The file has one line of seven words, which every later version must be able to read and to write;
it may add words behind them:

    good newest trial tries version attempt why

`good` is the slot that has proved itself, `-` for the technician's firmware; `newest` the newest
version that ever has; `trial` the slot on trial, `-` for none, and `tries` how often that was
started. `version`, `attempt` and `why` are of the last one that was to be taken: `why` is `good`,
or the word of the protocol page, section 3, for what went wrong, while it is on trial for what
goes wrong if this try is its last.
"""

from bell import flash

NAME = "slots"
SLOTS = ("a", "b")
MOST_TRIES = 3
# Twice what leads to safe mode: what fails in that too makes way for the technician's firmware,
# until a start has been healthy.
MOST_FAILED = 10
NONE = "-"  # no slot, no version; as a slot the root of the flash


def read(directory: str) -> dict:
    """What the file says. Without one that can be read: the technician's firmware, nothing else."""
    lines, _ = flash.read(directory + "/" + NAME)
    try:
        good, newest, trial, tries, version, attempt, why = lines[0].decode().split(" ")[:7]
        numbers = int(tries), int(attempt)
    except (IndexError, ValueError):
        good = newest = trial = version = why = NONE
        numbers = 0, 0
    return {
        "good": good if good in SLOTS else NONE,
        "newest": newest,
        "trial": trial if trial in SLOTS else NONE,
        "tries": numbers[0],
        "version": version,
        "attempt": numbers[1],
        "why": why,
    }


def write(directory: str, slots: dict) -> bool:
    """Replace the file, at once or not at all. Whether the flash took it."""
    names = ("good", "newest", "trial", "tries", "version", "attempt", "why")
    line = " ".join([str(slots[name]) for name in names])
    return flash.write(directory + "/" + NAME, (line.encode(),))


def begin(directory: str) -> tuple:
    """The slots to start, by turns until one can be imported. One on trial is counted first: if
    the flash does not take the count, it is not tried, since its tries would have no end."""
    slots = read(directory)
    good = (NONE,) if slots["good"] == NONE else (slots["good"], NONE)
    starts = _starts(directory)
    if starts is not None and int(starts[2]) >= MOST_FAILED:
        good = (NONE,) + good
    if slots["trial"] == NONE:
        return good
    if slots["tries"] >= MOST_TRIES:
        print("slot {}: {} tries, {}".format(slots["trial"], slots["tries"], slots["why"]))
        fail(directory, slots["why"])
        return good
    slots.update({"tries": slots["tries"] + 1, "why": "crash"})
    return (slots["trial"],) + good if write(directory, slots) else good


def cannot_start(directory: str, slot: str) -> None:
    """The firmware in that slot cannot even be imported; on trial it need not be tried again."""
    if slot == read(directory)["trial"]:
        fail(directory, "start")


def fail(directory: str, why: str) -> bool:
    """The firmware on trial is given up; nothing happens if there is none. Whether the flash took
    it. Its failed starts are forgiven, or the good one would soon be in safe mode."""
    slots = read(directory)
    if slots["trial"] == NONE:
        return True
    slots.update({"trial": NONE, "tries": 0, "why": why})
    is_kept = write(directory, slots)
    starts = _starts(directory)
    if starts is not None:
        flash.write(directory + "/starts", (starts[0] + b" " + starts[1] + b" 0",))
    return is_kept


def _starts(directory: str) -> list | None:
    """Life, count and failed ones in a row, as starts.py keeps them; None if nobody knows."""
    lines, _ = flash.read(directory + "/starts")
    words = lines[0].split(b" ") if lines else []
    return words if len(words) == 3 and words[2].isdigit() else None


def story(directory: str, slot: str) -> dict | None:
    """What the firmware that runs in `slot` has to tell, as the fields of an `update` message;
    None if there never was an update."""
    slots = read(directory)
    if slots["version"] == NONE:
        return None
    told = {"version": slots["version"], "attempt": slots["attempt"]}
    if slots["trial"] == slot != NONE:
        told["state"] = "trial"
    elif slots["trial"] != NONE:  # it waits for a flash that takes its count
        told["state"] = "ready"
    elif slots["why"] == "good" and slots["good"] == slot:
        told["state"] = "good"
    else:
        why = "start" if slots["why"] == "good" else slots["why"]
        told["state"] = "failed" if why in ("start", "link", "crash") else "refused"
        told["why"] = why
    return told
