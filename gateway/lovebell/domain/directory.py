"""The books, indexed for the questions a press asks: whose is it, and who is called when?

Owns the turning of a plan's words into people, their chimes and their hours. Knows nothing of the
course of an episode. Time is an argument.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from lovebell.domain.model import Home, Link, ResponderKind, Step
from lovebell.domain.plan import DEFAULT, CallStep, Target
from lovebell.domain.rota import windows
from lovebell.domain.spans import ALWAYS, FOREVER, Spans, joined, within, without
from lovebell.domain.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from lovebell.domain.model import Books, Responder, Rota

HOUR_MS: Final = 3_600_000
#: An episode knows this far ahead, and so far back, who is on duty; the clock may be set. Beyond,
#: everybody counts as on duty. The engine looks again every hour.
AHEAD_MS: Final = 48 * HOUR_MS
BEHIND_MS: Final = 24 * HOUR_MS
#: Words that mean other people in every home.
_HOMES_OWN: Final = frozenset({"paired", "neighbours"})


class Directory:
    """The books at one moment. `default` is the plan of a home that has no other."""

    def __init__(self, books: Books, default: tuple[Step, ...] = DEFAULT) -> None:
        self.books = books
        self._default = default
        self._home_of: dict[str, str] = {}
        self._responder_of: dict[str, str] = {}
        self._chimes: defaultdict[str, list[str]] = defaultdict(list)
        self._stand_by: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for pairing in books.pairings:
            match pairing.link:
                case Link.BUTTON_HOME:
                    self._home_of[pairing.subject] = pairing.object
                case Link.CHIME_RESPONDER:
                    self._responder_of[pairing.subject] = pairing.object
                    self._chimes[pairing.object].append(pairing.subject)
                case Link.RESPONDER_HOME:
                    self._stand_by[pairing.object].append((pairing.rank, pairing.subject))
        self._contacts: defaultdict[str, list[str]] = defaultdict(list)
        for contact in sorted(books.contacts, key=lambda one: (one.rank, one.channel)):
            self._contacts[contact.responder].append(contact.channel)
        self._desk = [person.id for person in self._all_of(ResponderKind.DESK)]
        self._leaders: defaultdict[str, list[str]] = defaultdict(list)
        for leader in self._all_of(ResponderKind.GRID):
            self._leaders[leader.grid].append(leader.id)
        self._away: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for away in books.away:
            self._away[away.responder].append((away.from_ms, away.to_ms))
        self._known: dict[str, Target] = {}
        # Working out a rota takes longer than a press may wait: once an hour is enough.
        self._hour = -1
        self._hours: dict[str, dict[str, Spans]] = {}
        self._plans: dict[str, tuple[CallStep, ...]] = {}
        self._steps: dict[tuple[Step, str], CallStep] = {}

    def home_of(self, button: str) -> Home | None:
        """The home a button belongs to; None when it is paired with none."""
        return self.books.homes.get(self._home_of.get(button, ""))

    def responder_of(self, chime: str) -> Responder | None:
        """Whose chime it is; None when it is paired with nobody."""
        return self.books.responders.get(self._responder_of.get(chime, ""))

    def plan_of(self, home: Home) -> tuple[Step, ...]:
        """The home's own plan, or its community's, or the default."""
        own = self.books.plans.get(home.id)
        if own is not None:
            return own
        community = self.books.communities.get(home.community)
        return community.plan if community and community.plan else self._default

    def call_plan(self, home: Home | None, now: int) -> tuple[CallStep, ...]:
        """Whom a press at this time calls, step by step, and when each of them is on duty.

        A button that belongs to no home calls the desk: loud beats lost.
        """
        self._turn(now)
        key = home.id if home else ""
        plan = self._plans.get(key)
        if plan is None:
            steps = self.plan_of(home) if home else (Step(("desk",), 60_000),)
            plan = self._plans[key] = tuple([self._call_step(step, home, now) for step in steps])
        return plan

    def _call_step(self, step: Step, home: Home | None, now: int) -> CallStep:
        """A step of a press at this time; worked out once for all homes that have it alike."""
        grid = home.grid if home and "grid" in step.targets else ""
        known = self._steps.get((step, grid))
        if known is None:
            targets = self.targets(step.targets, home, now)
            known = CallStep(",".join(step.targets), step.for_ms, targets)
            if _HOMES_OWN.isdisjoint(step.targets):
                self._steps[step, grid] = known
        return known

    def rostered(
        self, plan: tuple[CallStep, ...], home: Home | None, now: int
    ) -> tuple[CallStep, ...]:
        """An episode's copy of a plan, with the hours of everybody as the books now have them.

        Its steps stay as they are, and nobody is taken out of them: an episode that runs is not
        disturbed. Whoever the same words now mean as well is added.
        """
        return tuple(
            replace(step, targets=self._merged(step, home, now)) if step.words else step
            for step in plan
        )

    def target(self, responder: Responder) -> Target:
        """The responder with their chimes and channels."""
        target = self._known.get(responder.id)
        if target is None:
            chimes = tuple(sorted(self._chimes.get(responder.id, ())))
            contacts = tuple(self._contacts.get(responder.id, ()))
            target = Target(responder.id, responder.name, chimes, contacts)
            self._known[responder.id] = target
        return target

    def current(self, was: Target) -> Target:
        """Somebody of an episode's plan with what is theirs now; nothing if they have left."""
        person = self.books.responders.get(was.responder)
        return Target(was.responder, was.name) if person is None else self.target(person)

    def renewed(
        self, plan: tuple[CallStep, ...], home: Home | None, now: int
    ) -> tuple[CallStep, ...]:
        """As `rostered`, and everybody with the chimes and channels that are theirs now: for an
        episode that nobody has kept up with the books.
        """

        def renew(was: Target) -> Target:
            current = self.current(was)
            return replace(was, chimes=current.chimes, contacts=current.contacts)

        mine = (replace(step, targets=tuple(map(renew, step.targets))) for step in plan)
        return self.rostered(tuple(mine), home, now)

    def people(self, words: Iterable[str], home: Home | None = None) -> tuple[str, ...]:
        """The ids of all whom words, responders and groups mean, each once; of a rota all who are
        in it. What is not in the books is left out.
        """
        return tuple(dict.fromkeys(chain.from_iterable(self._meant(w, home) for w in words)))

    def on_duty(self, rota: Rota, now: int) -> dict[str, Spans]:
        """Who of a rota is on duty when, around this time; beyond what is worked out, all are."""
        self._turn(now)
        known = self._hours.get(rota.id)
        if known is None:
            hour_ms = self._hour * HOUR_MS
            since, until = max(hour_ms - BEHIND_MS, 0), hour_ms + HOUR_MS + AHEAD_MS
            known = self._hours[rota.id] = self._worked_out(rota, since, until)
        return known

    def _turn(self, now: int) -> None:
        """What was worked out for another hour is forgotten."""
        hour = now // HOUR_MS
        if hour != self._hour:
            self._hour, self._hours, self._plans, self._steps = hour, {}, {}, {}

    def hours(self, words: Iterable[str], since: int, until: int) -> dict[str, Spans]:
        """When each of those is to be called whom the ids mean; outside of this stretch of time
        nothing is said of rotas.
        """
        return self._hours_of(words, None, lambda rota: self._worked_out(rota, since, until))

    def coverage(self, words: Iterable[str], home: Home | None, since: int, until: int) -> Spans:
        """When, from `since` to just before `until`, anybody of these can be reached."""
        hours = self._hours_of(words, home, lambda rota: self._worked_out(rota, since, until))
        there = (spans for person, spans in hours.items() if self._is_reachable(person))
        return within(joined(chain.from_iterable(there)), since, until)

    def is_entered(self, thing: str) -> bool:
        """Whether it is the id of somebody who can be named in a plan."""
        books = self.books
        return any(thing in things for things in (books.responders, books.groups, books.rotas))

    def holidays(self, community: str) -> frozenset[date]:
        """The holidays of a community, with those of everybody."""
        of = self.books.holidays
        return frozenset(of.get(community, {})) | frozenset(of.get("", {}))

    def zone(self, community: str) -> ZoneInfo:
        """The time zone of a community of the books."""
        return ZoneInfo(self.books.communities[community].zone)

    # -- who ------------------------------------------------------------------------------

    def targets(self, words: Iterable[str], home: Home | None, now: int) -> tuple[Target, ...]:
        """Everybody whom the words mean, with the hours in which they do."""
        hours = self._hours_of(words, home, lambda rota: self.on_duty(rota, now))
        return tuple(self._target_in(person, spans) for person, spans in hours.items())

    def _hours_of(
        self,
        words: Iterable[str],
        home: Home | None,
        on_duty: Callable[[Rota], dict[str, Spans]],
    ) -> dict[str, Spans]:
        """When each of those is to be called whom the words mean."""
        hours: dict[str, Spans] = {}
        for word in words:
            rota = self.books.rotas.get(word)
            if rota is None:
                hours |= dict.fromkeys(self._meant(word, home), ALWAYS)
                continue
            for person, spans in on_duty(rota).items():
                hours[person] = joined((*hours.get(person, ()), *spans))
        for person in hours.keys() & self._away.keys() if self._away else ():
            hours[person] = without(hours[person], joined(self._away[person]))
        return hours

    def _target_in(self, person: str, hours: Spans) -> Target:
        target = self.target(self.books.responders[person])
        return target if hours == ALWAYS else replace(target, duty=hours)

    def _merged(self, step: CallStep, home: Home | None, now: int) -> tuple[Target, ...]:
        fresh = {t.responder: t for t in self.targets(step.words.split(","), home, now)}
        kept = [
            replace(was, duty=fresh.pop(was.responder).duty) if was.responder in fresh else was
            for was in step.targets
        ]
        return (*kept, *fresh.values())

    def _meant(self, word: str, home: Home | None) -> Iterator[str]:
        """Whom a word of a plan, or an id in it, means."""
        if word == "desk":
            yield from self._desk
        elif word == "grid":
            yield from self._leaders.get(home.grid, ()) if home and home.grid else ()
        elif word in ("paired", "neighbours"):
            ranked = sorted(self._stand_by.get(home.id, ())) if home else []
            for rank, person in ranked:
                if (word == "neighbours" or rank == ranked[0][0]) and self._is_known(person):
                    yield person
        else:
            yield from self._expanded(word, set())

    def _expanded(self, thing: str, seen: set[str]) -> Iterator[str]:
        """The people of an id, through groups; none twice, and not for ever."""
        if thing in seen:
            return
        seen.add(thing)
        if self._is_known(thing):
            yield thing
        elif thing in self.books.groups:
            for member in self.books.groups[thing].members:
                yield from self._expanded(member, seen)
        elif thing in self.books.rotas:
            for shift in self.books.rotas[thing].shifts:
                for member in shift.members:
                    yield from self._expanded(member, seen)

    def _is_reachable(self, person: str) -> bool:
        return person in self._chimes or person in self._contacts

    def _is_known(self, person: str) -> bool:
        return person in self.books.responders

    def _all_of(self, kind: ResponderKind) -> list[Responder]:
        return [
            person for _, person in sorted(self.books.responders.items()) if person.kind == kind
        ]

    # -- when -----------------------------------------------------------------------------

    def _worked_out(self, rota: Rota, since: int, until: int) -> dict[str, Spans]:
        """The hours of everybody in a rota; outside of this stretch of time all are on duty."""
        try:
            zone, holidays = self.zone(rota.community), self.holidays(rota.community)
        except (KeyError, ValueError, OSError):
            # A time zone that this machine does not know: loud beats late. `check` names it.
            return dict.fromkeys(self.people((rota.id,)), ALWAYS)
        hours: dict[str, list[tuple[int, int]]] = {}
        for shift in rota.shifts:
            for person in self.people(shift.members):
                hours[person] = [(0, since), (until, FOREVER)]
        for begins, ends, shift in windows(rota.shifts, zone, holidays, since, until):
            for person in self.people(shift.members):
                hours[person].append((begins, min(ends, until)))
        return {person: joined(spans) for person, spans in hours.items()}
