"""The books on disk: homes, responders, devices, pairings and plans.

Owns reading and editing them. Every edit raises the revision in its own transaction, so that a
running gateway takes it up. Knows nothing of episodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from lovebell.domain.codec import plan_from_json
from lovebell.domain.model import (
    Books,
    Device,
    DeviceKind,
    Home,
    Link,
    Pairing,
    Responder,
    ResponderKind,
)
from lovebell.store import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection


def load_books(connection: Connection) -> Books:
    """Everything an operator has entered, as it stands in this transaction."""
    homes = connection.execute(select(schema.home).order_by(schema.home.c.id))
    responders = connection.execute(select(schema.responder).order_by(schema.responder.c.id))
    devices = connection.execute(select(schema.device).order_by(schema.device.c.id))
    now = schema.pairing.c.until_ms.is_(None)
    pairings = connection.execute(select(schema.pairing).where(now).order_by(schema.pairing.c.n))
    plans = connection.execute(select(schema.plan))
    return Books(
        homes={
            row.id: Home(
                row.id, row.name, row.address, row.phone, row.notes, row.care_level, row.grid
            )
            for row in homes
        },
        responders={
            row.id: Responder(row.id, row.name, ResponderKind(row.kind), row.phone, row.grid)
            for row in responders
        },
        devices={row.id: Device(row.id, DeviceKind(row.kind), row.note) for row in devices},
        pairings=tuple(
            Pairing(Link(row.link), row.subject, row.object, row.rank) for row in pairings
        ),
        plans={row.home: plan_from_json(row.steps) for row in plans},
    )
