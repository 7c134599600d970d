"""Presses and acknowledgements on flash until the gateway has a receipt for them.

Owns the file `journal` in its directory, and the ids. Knows nothing of the wire, of ticks or of
lamps; a record is a dict with `leaf`, `id` and what else the press or the acknowledgement needs
to be sent again after a power cut.
"""

import json

from bell import flash

NAME = "journal"
LIMIT = 6  # records of a kind: with some 80 bytes each the file stays a block of flash
MAX_COUNT = 65535
RETRY_TICKS = 50  # after which what the flash refused is offered again; then twice as many,
LONGEST_RETRY_TICKS = 36_000  # up to an hour: a flash that refuses for good would wear for nothing


class Journal:
    """The journal in `directory`, with ids of the form that protocol page, section 5, describes.

    `broken` counts the records that the flash has lost. `rounds` grows while the journal lives,
    as the watchdog is to know.
    """

    def __init__(self, directory: str, life: str, boot: int) -> None:
        self._path = directory + "/" + NAME
        self._start = "{}-{}-".format(life, boot)
        self._sequence = 0
        self._unsaved = 0  # ticks since the flash refused what it should hold, 0 if it holds it
        self._retry_ticks = RETRY_TICKS
        self.rounds = 0
        lines, self.broken = flash.read(self._path)
        self.records = [json.loads(line) for line in lines]
        if self.broken:
            flash.put_aside(self._path)
            self._save()

    def add(self, leaf: str, fields: dict) -> tuple:
        """Write a record. (record, absorbed, kept): the id of the one it replaces when there
        is room for no more of its kind, else None; and whether the flash took it. It is to be
        sent in any case.

        Presses fold, the newest two into one, with a count. It has a new id: under the old one
        the gateway may have seen it, and would take the new press for a repetition. Of
        acknowledgements the oldest gives way.
        """
        self._sequence += 1
        record: dict = {"leaf": leaf, "id": self._start + str(self._sequence)}
        record.update(fields)
        alike = [old for old in self.records if _kind(old) == _kind(record)]
        absorbed = None
        if len(alike) >= LIMIT:
            old = alike[-1] if leaf == "press" else alike[0]
            if leaf == "press":
                record["count"] = min(MAX_COUNT, old.get("count", 1) + 1)
            self.records.remove(old)
            absorbed = old["id"]
        self.records.append(record)
        return record, absorbed, self._save()

    def drop(self, name: str) -> bool:
        """Forget the record of that id. Whether there was one."""
        for record in self.records:
            if record["id"] == name:
                self.records.remove(record)
                self._save()
                return True
        return False

    def tick(self) -> bool:
        """Call it now and then: what the flash refused is offered to it again. Whether it was."""
        self.rounds = (self.rounds + 1) & 0xFFFF
        if self._unsaved:
            self._unsaved += 1
            if self._unsaved > self._retry_ticks:
                self._retry_ticks = min(LONGEST_RETRY_TICKS, 2 * self._retry_ticks)
                self._save()
                return True
        return False

    @property
    def is_kept(self) -> bool:
        """Whether the flash holds the records as they are."""
        return not self._unsaved

    def _save(self) -> bool:
        # Made one by one in there, where a heap without room for them is noticed.
        kept = flash.write(self._path, (json.dumps(record).encode() for record in self.records))
        self._unsaved = 0 if kept else 1
        if kept:
            self._retry_ticks = RETRY_TICKS
        return kept


def _kind(record: dict) -> tuple:
    return record["leaf"], record.get("kind")
