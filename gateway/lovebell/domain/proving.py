"""The test that a chime makes of itself: the technician presses it with the service key held, and
the gateway rings that chime and no other.

Owns whom such a test calls. Without it a chime that stands in a home before its button is proven by
nothing until somebody needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lovebell.domain import wire
from lovebell.domain.model import DeviceKind
from lovebell.domain.plan import CallStep, Target

if TYPE_CHECKING:
    from lovebell.domain.directory import Directory

_FOR_MS: Final = 30_000  # as long as a test lives


def alone(directory: Directory, device: str) -> tuple[tuple[str, str], tuple[CallStep, ...]] | None:
    """(home, plan) of a test press on a chime: it belongs to no home, and calls that chime. None
    for every other device. A chime that is paired with nobody speaks for itself.
    """
    known = directory.books.devices.get(device)
    if known is None or known.kind is not DeviceKind.CHIME:
        return None
    person = directory.responder_of(device)
    whose = (device, device) if person is None else (person.id, person.name)
    label = device if person is None else f"{person.name} {device}"
    return ("", wire.fit(label, 160)), (CallStep(device, _FOR_MS, (Target(*whose, (device,)),)),)
