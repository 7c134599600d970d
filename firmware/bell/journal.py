"""Presses and acknowledgements on flash until the gateway has a receipt for them.

Owns the files journal.json and boots.json in its directory, and the ids. Knows nothing of the
wire, of ticks or of lamps; a record is a dict with `leaf`, `id` and what else the press or the
acknowledgement needs to be sent again after a power cut.

A file is written under another name and renamed: on littlefs a power cut leaves the old one or
the new one. Removing first and renaming then would leave none.
"""

import json
import os

LIMIT = 6  # records of a kind: with some 60 bytes each the file stays a block of flash
MAX_COUNT = 65535
_JOURNAL = "journal.json"
_BOOTS = "boots.json"


class Journal:
    """The journal in `directory`. To open it is to count a start of the board."""

    def __init__(self, directory: str = ".") -> None:
        self._directory = directory
        self._sequence = 0
        self.life, self.boot = self._count_start()
        self.records = self._read(_JOURNAL, _are_records, [])

    def add(self, leaf: str, fields: dict) -> tuple:
        """Write a record. (record, absorbed, kept): the id of the one it replaces when there
        is room for no more of its kind, else None; and whether the flash took it. It is to be
        sent in any case.

        Presses fold, the newest two into one, with a count. It has a new id: under the old one
        the gateway may have seen it, and would take the new press for a repetition. Of
        acknowledgements the oldest gives way.
        """
        self._sequence += 1
        record: dict = {"leaf": leaf, "id": "{}-{}-{}".format(self.life, self.boot, self._sequence)}
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

    def _count_start(self) -> tuple:
        start = self._read(_BOOTS, _is_start, None)
        if start is None:
            # A flash used for the first time, or one that lost the count: another life, so that
            # an id of the one before can never come again.
            start = {"life": _life(), "boot": 0}
        life, boot = start["life"], start["boot"] + 1
        if not self._write(_BOOTS, {"life": life, "boot": boot}):
            life = _life()
        return life, boot

    def _save(self) -> bool:
        return self._write(_JOURNAL, self.records)

    def _read(self, name: str, is_good, otherwise):
        try:
            with open(self._path(name)) as file:
                content = json.load(file)
        except (OSError, ValueError):
            return otherwise
        return content if is_good(content) else otherwise

    def _write(self, name: str, content: object) -> bool:
        try:
            with open(self._path(name + ".new"), "w") as file:
                json.dump(content, file)
            os.rename(self._path(name + ".new"), self._path(name))
        except OSError:
            return False
        return True

    def _path(self, name: str) -> str:
        return self._directory + "/" + name


def _life() -> str:
    return os.urandom(4).hex()


def _kind(record: dict) -> tuple:
    return record["leaf"], record.get("kind")


def _is_start(content: object) -> bool:
    return (
        isinstance(content, dict)
        and isinstance(content.get("life"), str)
        and isinstance(content.get("boot"), int)
    )


def _are_records(content: object) -> bool:
    return isinstance(content, list) and all(
        isinstance(record, dict) and "leaf" in record and "id" in record for record in content
    )
