"""Releases of the firmware on disk, and how far each device is with the latest.

The running gateway and an operator's command both write here: each change raises the edition, and
the gateway writes only on top of the edition that it has read. What is written with it stands in
the record in the same transaction.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from lovebell.domain import rollout as rules
from lovebell.domain.episode import Note, What
from lovebell.domain.firmware import Release, is_newer
from lovebell.domain.rollout import Member, Rollout, Stage
from lovebell.store import schema
from lovebell.store.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

_TABLE = schema.firmware
_DEVICES = schema.firmware_device


@dataclass(frozen=True, slots=True)
class Published:
    """The latest release, its roll-out, and who published it when."""

    rollout: Rollout
    edition: int
    by: str
    at_ms: int


def head(connection: Connection) -> tuple[str, int] | None:
    """Version and edition of the latest release; None when nothing was ever published."""
    its = _TABLE.c
    row = connection.execute(
        select(its.version, its.edition).order_by(its.n.desc()).limit(1)
    ).one_or_none()
    return None if row is None else (row.version, row.edition)


def latest(connection: Connection) -> Published | None:
    """The latest release and how far it is; None when nothing was ever published."""
    columns = [column for column in _TABLE.c if column.name != "image"]
    row = connection.execute(select(*columns).order_by(_TABLE.c.n.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    release = Release(row.version, row.mpy, row.size, row.sha256, row.signature)
    wanted = select(_DEVICES).where(_DEVICES.c.version == row.version)
    members = {one.device: _member(one) for one in connection.execute(wanted)}
    rollout = Rollout(release, row.wave_ms, row.wave, row.good_ms, row.stopped, members)
    return Published(rollout, row.edition, row.by, row.published_ms)


def image(connection: Connection, version: str) -> bytes:
    """The image of a release; empty when a later one has been published."""
    wanted = select(_TABLE.c.image).where(_TABLE.c.version == version)
    return connection.execute(wanted).scalar_one()


def left(connection: Connection, version: str) -> set[str]:
    """The devices that may still have the offer of another release than this one."""
    its = _DEVICES.c
    stages = [one.value for one in rules.OPEN]
    wanted = select(its.device).where(its.version != version, its.stage.in_(stages))
    return set(connection.execute(wanted).scalars())


def save(
    connection: Connection,
    rollout: Rollout,
    edition: int,
    changed: Iterable[str],
    notes: Iterable[Note],
    at_ms: int,
) -> bool:
    """Write a roll-out and these of its devices, on top of an edition, and raise it; False, and
    nothing is written, if somebody else has written meanwhile."""
    if head(connection) != (rollout.release.version, edition):
        return False
    values = {
        "stopped": rollout.stopped,
        "wave": rollout.wave,
        "wave_ms": rollout.wave_ms,
        "good_ms": rollout.good_ms,
        "edition": edition + 1,
    }
    its = _TABLE.c.version == rollout.release.version
    connection.execute(update(_TABLE).where(its).values(**values))
    rows = [_row(rollout.release.version, rollout.members[device]) for device in changed]
    if rows:
        statement = upsert(_DEVICES)
        fresh = {
            column.name: statement.excluded[column.name]
            for column in _DEVICES.c
            if not column.primary_key
        }
        keys = ["version", "device"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh), rows)
    _note(connection, notes, at_ms)
    return True


# -- operators -----------------------------------------------------------------------------


def publish(
    connection: Connection,
    release: Release,
    image: bytes,
    waves: Sequence[str],
    by: str,
    at_ms: int,
) -> None:
    """Begin the roll-out of a release. Raises BooksError (not_newer, rollout_runs)."""
    before = latest(connection)
    if before is not None:
        last = before.rollout.release.version
        if not is_newer(release.version, last):
            raise BooksError("not_newer", version=release.version, last=last)
        if not before.rollout.stopped and not before.rollout.is_done(waves):
            raise BooksError("rollout_runs", last=last)
    connection.execute(update(_TABLE).values(image=b""))
    values = {**asdict(release), "image": image, "by": by}
    connection.execute(insert(_TABLE), {**values, "published_ms": at_ms, "wave_ms": at_ms})
    _say(connection, What.FIRMWARE_PUBLISHED, by, release.version, at_ms)


def stop(connection: Connection, by: str, at_ms: int) -> Published:
    """Stop the roll-out. Raises BooksError (no_release, rollout_stopped)."""
    known = _known(connection)
    if known.rollout.stopped:
        raise BooksError("rollout_stopped", version=known.rollout.release.version)
    stopped = rules.stopped(known.rollout)
    return _put(connection, known, stopped, What.FIRMWARE_STOPPED, by, at_ms)


def resume(connection: Connection, by: str, at_ms: int) -> Published:
    """Let it go on. Raises BooksError (no_release, rollout_goes_on)."""
    known = _known(connection)
    if not known.rollout.stopped:
        raise BooksError("rollout_goes_on", version=known.rollout.release.version)
    resumed = rules.resumed(known.rollout, at_ms)
    return _put(connection, known, resumed, What.FIRMWARE_RESUMED, by, at_ms)


def retry(connection: Connection, device: str, by: str, at_ms: int) -> Published:
    """Have a device offered it once more.

    Raises BooksError (no_release, no_turn, not_over, too_often).
    """
    known = _known(connection)
    member = known.rollout.members.get(device)
    version = known.rollout.release.version
    if member is None:
        raise BooksError("no_turn", id=device, version=version)
    try:
        retried = rules.retried(known.rollout, device, at_ms)
    except ValueError:
        code = "not_over" if member.attempt < rules.MOST_ATTEMPTS else "too_often"
        raise BooksError(code, id=device, version=version) from None
    return _put(connection, known, retried, What.FIRMWARE_RETRIED, by, at_ms, device=device)


def _known(connection: Connection) -> Published:
    known = latest(connection)
    if known is None:
        raise BooksError("no_release")
    return known


def _put(
    connection: Connection,
    known: Published,
    rollout: Rollout,
    what: What,
    by: str,
    at_ms: int,
    **detail: str,
) -> Published:
    changed = [d for d, one in rollout.members.items() if known.rollout.members.get(d) != one]
    save(connection, rollout, known.edition, changed, (), at_ms)
    _say(connection, what, by, rollout.release.version, at_ms, **detail)
    return replace(known, rollout=rollout, edition=known.edition + 1)


def _say(
    connection: Connection, what: What, by: str, version: str, at_ms: int, **detail: str
) -> None:
    _note(connection, [Note(what, by, {"version": version, **detail})], at_ms)


def _note(connection: Connection, notes: Iterable[Note], at_ms: int) -> None:
    lines = [
        {"at_ms": at_ms, "what": one.what.value, "who": one.who, "detail": dict(one.detail)}
        for one in notes
    ]
    if lines:
        connection.execute(insert(schema.event), lines)


def _member(row: Any) -> Member:
    return Member(
        *(row.device, row.wave, row.since_ms, row.heard_ms, Stage(row.stage)),
        *(row.attempt, row.why, row.at, row.excused),
    )


def _row(version: str, member: Member) -> dict[str, Any]:
    return {"version": version, **asdict(member), "stage": member.stage.value}
