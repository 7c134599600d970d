"""What a message is, what a service may answer, and which kinds of channel there are.

Owns the value types that dispatcher and senders share, and the door through which a sender is
made. Knows nothing of queues, retries, templates or the database. A sender sends once and says
what the service answered; when to try again, and for how long, others decide.

A kind of channel is a `Kind`. Those of the house are listed here; further ones come from any
installed package through the entry-point group `lovebell.senders` (docs/senders.md).
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Final, Protocol, cast

from lovebell.notify.errors import BadChannelError, MissingSecretError, wrong
from lovebell.notify.guard import Guarded
from lovebell.notify.secrets import Secret, Secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

__all__ = [
    "Answer",
    "BadChannelError",
    "Kind",
    "Limit",
    "Message",
    "MissingSecretError",
    "Option",
    "Secret",
    "Secrets",
    "Sender",
    "Verdict",
    "check_address",
    "kinds",
    "make_sender",
]

GROUP: Final = "lovebell.senders"
_OURS: Final = {
    "webhook": "lovebell.notify.senders.webhook:KIND",
    "mail": "lovebell.notify.senders.mail:KIND",
    "wecom": "lovebell.notify.senders.wecom:KIND",
    "dingtalk": "lovebell.notify.senders.dingtalk:KIND",
    "feishu": "lovebell.notify.senders.feishu:KIND",
    "apprise": "lovebell.notify.senders.rest:KIND",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person.

    `key` is the idempotency key: the same over all retries, and no other message has it. `kind`
    is "call", "coming", "resolved", "fault", "test" and what may come. `link` is "" or a URL that
    is not in `text`. `fields` is the message for machines: the webhook's JSON, the parameters of
    an SMS template.
    """

    key: str
    kind: str
    subject: str
    text: str
    link: str
    fields: Mapping[str, str | int]


class Verdict(StrEnum):
    """What became of a message."""

    SENT = "sent"  # the service has taken it
    LATER = "later"  # not now: network, timeout, overload, rate limit; try again
    REFUSED = "refused"  # never: wrong token, wrong address; trying again changes nothing


@dataclass(frozen=True, slots=True)
class Answer:
    """`said` is what the service answered: short, on one line, and never a secret.

    `retry_after_ms` comes with LATER where the service wants no message at all from this channel
    for so long; what is about one address only has none.
    """

    verdict: Verdict
    said: str
    retry_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` messages in any `per_ms` milliseconds."""

    count: int
    per_ms: int


class Sender(Protocol):
    """One channel, ready to send."""

    @property
    def limit(self) -> Limit | None:
        """What the service allows; None where it names no limit."""
        ...

    async def send(self, message: Message, address: str) -> Answer:
        """Send once. Raises nothing but CancelledError: a timeout or a network failure is LATER.

        Safe to call side by side. A message whose fate is unknown (cut off, timed out) is LATER,
        so a person may get it twice, and never not at all.
        """
        ...

    async def close(self) -> None:
        """Give back connections. Raises nothing; nothing is sent afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of a kind of channel. A secret one is given as a reference only: `env:NAME` or
    `file:/path`. `value_is` is a regular expression for the whole value of one that is no secret;
    `about` and `rule`, what to write, are (Chinese, English).
    """

    name: str
    about: tuple[str, str]
    is_required: bool = False
    is_secret: bool = False
    default: str = ""
    value_is: str = r".+"
    rule: tuple[str, str] = ("一行文字", "a text on one line")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of channel. `about` and `address` (what an address is here) are (Chinese, English).

    `make` gets every option that has a value or a default, without the secret ones, and the
    secret ones that were given. It raises BadChannelError for a secret that cannot be one, and
    does no network. `check` raises it for plain options that do not go together, before secrets
    are read. `address_is` is a regular expression for the whole address.
    """

    name: str
    about: tuple[str, str]
    address: tuple[str, str]
    options: tuple[Option, ...]
    make: Callable[[Mapping[str, str], Mapping[str, Secret]], Sender]
    address_is: str = r".*"
    check: Callable[[Mapping[str, str]], None] | None = None


def kinds() -> tuple[Kind, ...]:
    """The kinds there are, the house's first, with their options for help texts.

    A plug-in that cannot be loaded is left out here; `make_sender` says what is wrong with it.
    """
    found: list[Kind] = []
    for name in _points():
        try:
            found.append(_kind(name))
        except BadChannelError:
            continue
    return tuple(found)


def make_sender(kind: str, options: Mapping[str, str], secrets: Secrets) -> Sender:
    """A sender of this kind. Does no network, but may read files and import a library: beside a
    running loop, call it in a thread.

    Raises BadChannelError, which names the option and the next move. Everything else is checked
    before the secrets are read: MissingSecretError, which is one of them, says that only a secret
    is not to be had on this machine.
    """
    found = _kind(kind)
    known = {option.name: option for option in found.options}
    for name in options:
        if name not in known:
            raise wrong("unknown_option", kind=kind, name=name, known=", ".join(known))
    plain, references = _sorted(found, options, secrets)
    with _named(kind):
        if found.check is not None:
            found.check(plain)
        read = {name: secrets.read(name, at) for name, at in references.items()}
        return Guarded(kind, found.make(plain, read), Answer(Verdict.LATER, ""))


def _sorted(
    found: Kind, options: Mapping[str, str], secrets: Secrets
) -> tuple[dict[str, str], dict[str, str]]:
    """The plain values, and the references to secrets, each checked as far as it can be here."""
    plain: dict[str, str] = {}
    references: dict[str, str] = {}
    for option in found.options:
        name = option.name
        value = options.get(name, "") or option.default
        if option.is_required and not value:
            raise wrong("option_needed", kind=found.name, name=name)
        if not value:
            continue
        if option.is_secret:
            secrets.check(name, value)
            references[name] = value
        elif len(value) > 500 or not re.fullmatch(option.value_is, value):
            zh, en = option.rule
            raise wrong("bad_option", name=name, value=value[:80], rule_zh=zh, rule=en)
        else:
            plain[name] = value
    return plain, references


def check_address(kind: str, address: str) -> None:
    """Raises BadChannelError when nothing can be sent there, and for a kind that is not there."""
    found = _kind(kind)
    if len(address) > 500 or not re.fullmatch(found.address_is, address):
        zh, en = found.address
        raise wrong("bad_address", address=address[:80], rule_zh=zh, rule=en)


def _points() -> dict[str, EntryPoint]:
    """By name, where each kind is found. Nobody takes the place of one of the house's."""
    plugged = {point.name: point for point in entry_points(group=GROUP)}
    ours = {name: EntryPoint(name, value, GROUP) for name, value in _OURS.items()}
    return ours | {name: plugged[name] for name in sorted(plugged) if name not in ours}


def _kind(name: str) -> Kind:
    points = _points()
    if name not in points:
        raise wrong("unknown_kind", kind=name, known=", ".join(points))
    with _named(name):
        return cast("Kind", points[name].load())


@contextmanager
def _named(kind: str) -> Generator[None, None, None]:
    """Whatever goes wrong, the kind is named. Only the type is told: the text may hold a secret."""
    try:
        yield
    except BadChannelError:
        raise
    except (Exception, SystemExit) as why:  # noqa: BLE001 - a plug-in may raise anything
        raise wrong("broken_kind", kind=kind, why=type(why).__name__) from None
