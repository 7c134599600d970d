"""The loop that joins board, journal, link and the behaviour of the role.

Owns the order in which things happen: one event at a time goes through step(), and its actions
are carried out before the next one. Decides nothing.
"""

import asyncio

from bell import VERSION, board, flash, release, wire
from bell.board import Board
from bell.console import Console
from bell.journal import Journal
from bell.patterns import PATTERNS
from bell.starts import HEALTHY_MS
from bell.ticks import ticks_diff
from bell.vigil import Vigil

TICK_MS = 100
SUPPLY_MS = 60_000
STUCK_MS = 30_000  # half of what the watchdog waits


def _behaviour(role: str):
    # Only the one that is needed: the other would cost a tenth of the heap.
    if role == "button":
        from bell import button as behaviour
    else:
        from bell import chime as behaviour
    return behaviour


def _forget(role) -> None:
    """Let go of what only a start needs: the code of it takes room on the heap, and a board has one
    start and one device."""
    global _behaviour
    _behaviour = flash.put_aside = role.begin = None  # type: ignore
    App.__init__ = App._way = App._clear = App._mourn = None  # type: ignore
    Console.__init__ = Journal.__init__ = Vigil.__init__ = None  # type: ignore
    board.forget()


class App:
    """One device, at this start of it."""

    def __init__(self, settings: dict, directory: str, starts, proof: int | None) -> None:
        """`starts` is told when this one is healthy; `settings` and `proof` are what config.py
        has given of `directory`."""
        self._config = settings
        self._starts = starts
        self._directory = directory
        self._proof = proof
        self._is_proven = proof is None  # it is the good one
        self._name = settings["device"]
        self._role = _behaviour(settings["role"])
        supply = settings["supply"] or {}
        ratio_milli = supply.get("ratio_milli", 1000)
        self._board = Board(settings["pins"], settings["sound"], ratio_milli)
        self._board.guard()  # from here on nothing can hang unseen
        self._console = Console(self._board.now)
        self._journal = Journal(directory, starts.life, starts.boot)
        self._clear(self._role.NOTES)
        self._state = self._role.begin(settings, self._journal.records, self._board.now())
        self._room = self._state.copy()  # where the next one is made, and then the one before
        self._link = self._way()
        self._renewal = None  # firmware that comes, or the trial of this one
        self._up_ms = 0
        self._counted = self._board.now()
        self._beat_ms = 0
        self._every_s = settings["heartbeat_s"]
        self._supply_ms = SUPPLY_MS  # the first reading comes at once
        self._mv: int | None = None  # the supply, as last measured
        self._faults = ""
        self._events: list = []
        self._is_busy = False
        self._is_owed = False  # whether a press is not in the journal yet
        self._vigil = Vigil()
        self._hungry_ms = 0  # since the watchdog was fed
        self._is_healthy = False
        self._gesture = None
        if not settings["set_up"]:
            from bell import gesture  # for the first seconds only

            self._gesture = gesture.Gesture(settings, self._board.now())

    def say(self, line: str) -> None:
        """A line for the console."""
        self._console.say(line)

    async def run(self) -> None:
        """Until the device must start anew. Raises what has ended the link or the board."""
        self.say(
            "boot {} {} {} {}".format(self._starts.boot, self._config["role"], self._name, VERSION)
        )
        self._mourn()
        told = self._config["update"]
        if told is not None and told["state"] == "trial" and not self._config["set_up"]:
            self._renew(None)  # where nothing is to get through it could prove nothing
        self._happen(("tick",))
        self.fault("config", self._config["old"])
        link = asyncio.create_task(self._link.run())
        watch = asyncio.create_task(self._board.watch(self._happen))
        _forget(self._role)
        while not (link.done() or watch.done()):
            await asyncio.sleep(TICK_MS / 1000)
            self._count_time()
            self._happen(("tick",))
            self._feed()
            if self._renewal is not None and self._renewal.step():
                return
            if self._gesture is not None and self._heed(self._gesture):
                return
        await (link if link.done() else watch)

    def farewell(self) -> None:
        """run() has ended and the chip is about to start again: what was pressed since, or was
        not yet in the journal, is written there for the next start to send."""
        if self._config["role"] != "button":
            return
        if self._board.leftover() or self._is_owed:
            self._journal.add("press", {"kind": "call"})
            self._board.leave("")  # it must not wait for the set-up
        kinds = [record["kind"] for record in self._journal.records if record["kind"] != "test"]
        if kinds[-1:] == ["call"] and not self._journal.is_kept:
            self._board.leave("call")  # where the flash refuses it there is still the chip

    def connected(self) -> None:
        """The link has a new connection: subscribe, then what waits, then how we are."""
        topics = [(wire.PREFIX + self._name + "/" + leaf, 1) for leaf in self._role.HEARS]
        # With QoS 0 no press waits in the broker while this chime is away: it would be stale.
        topics += [(wire.topic(*one), 0) for one in self._role.subscriptions(self._config)]
        self._link.subscribe(topics)
        self._happen(("link", True, self._link.was_kept))
        state = {
            "online": True,
            "role": self._config["role"],
            "firmware": VERSION,
            "boot": self._starts.boot,
            "safe": self._config["safe"],
            "slot": self._config["slot"],
        }
        self._link.send(wire.topic(self._name, "state"), wire.encode("state", state), 1, True)
        if self._config["update"] is not None:
            payload = wire.encode("update", self._config["update"])
            self._link.send(wire.topic(self._name, "update"), payload, 1, True)
        self._beat()
        self.fault("config", self._config["old"])

    def subscribed(self) -> None:
        """The broker has taken our subscriptions: the configuration is good."""
        if self._renewal is not None:
            self._renewal.is_subscribed = True
        if not self._is_proven:
            self._is_proven = True
            self._ask_config("keep")

    def other(self) -> dict | None:
        """The configuration that is not in use, if there is another."""
        return self._ask_config("other", self._name)

    def choose_other(self) -> None:
        """Use that one from the next start on."""
        self._ask_config("choose_other")

    def lost(self) -> None:
        """The link has lost its connection."""
        if self._renewal is not None:
            self._renewal.is_subscribed = False
        self._happen(("link", False))

    def fault(self, word: str, is_there: bool) -> None:
        """Somebody has found that this fault of the protocol page is there, or is gone."""
        self._happen(("fault", word, is_there))

    def is_waiting(self) -> bool:
        """Whether a press or an acknowledgement has no receipt yet."""
        return bool(self._journal.records)

    def newest(self) -> str:
        """The id of the newest record in the journal."""
        return self._journal.records[-1]["id"] if self._journal.records else ""

    def role_state(self) -> dict:
        """The state of the role; not to be changed."""
        return self._state

    def received(self, topic: str, payload: bytes, retained: bool) -> None:
        """A message from the link. What the protocol page does not allow is dropped."""
        try:
            device, leaf, fields = wire.decode(topic, payload)
        except (wire.BadMessage, MemoryError) as why:
            self.say("dropped a message: {}".format(why))
            return
        if retained and leaf not in ("episode", "settings", "firmware"):
            return  # an event that somebody retained by mistake would happen again and again
        self._hear(device, leaf, fields, retained)

    def _hear(self, device: str, leaf: str, fields: dict, retained: bool) -> None:
        try:
            if leaf in ("firmware", "piece"):
                self._offered(leaf, fields)
            else:
                self._happen(("retained" if retained else "message", device, leaf, fields))
        except Exception as why:  # noqa: BLE001 - unacknowledged it would come again for ever
            self.say("dropped a message: {} {}".format(leaf, repr(why)))

    def _offered(self, leaf: str, fields: dict) -> None:
        # Most of the time what is offered is what runs.
        if self._renewal is None and fields.get("version", VERSION) != VERSION:
            self._renew(fields)
        if self._renewal is not None:
            self._renewal.hear(leaf, fields)

    def _renew(self, offer: dict | None) -> None:
        from bell import renewal

        about = (self._config, self._directory, self._board, self._link, self)
        self._renewal = renewal.begun(offer, *about)
        if self._renewal is None:
            release("renewal")
        self._board.blocked = True  # flash takes its time

    def renewed(self, offer: dict | None) -> None:
        """No more of new firmware for now, but for an offer that came meanwhile."""
        self._renewal = None
        release("renewal")
        if offer is not None:
            self._hear(self._name, "firmware", offer, True)

    def _happen(self, event: tuple) -> None:
        self._events.append(event)
        if self._gesture is not None:
            self._gesture.happen(event)
        if event[0] == "pressed":
            self._is_owed = True
        if self._is_busy:
            return  # whoever is at work below takes it next
        self._is_busy = True
        try:
            while self._events:
                event = self._events.pop(0)
                now = self._board.now()
                state, actions = self._role.step(self._state, event, now, self._room)
                self._room, self._state = self._state, state
                for action in actions:
                    self._perform(*action)
                if event[0] == "tick":  # it has gone through all that a press would go through
                    self._board.blocked = self._journal.tick() or self._board.blocked
        finally:
            self._is_busy = False

    def _perform(self, what: str, *arguments) -> None:
        if what == "note":
            leaf, fields, at = arguments
            record, absorbed, kept = self._journal.add(leaf, fields)
            self._is_owed = False
            self._board.blocked = True  # flash takes its time, and nobody saw the button
            self._happen(("noted", record, absorbed, kept, at))
            self._link.hurry()
        elif what == "drop":
            self._journal.drop(arguments[0])
            self._board.blocked = True
        elif what == "send":
            leaf, fields = arguments
            self._link.send(wire.topic(self._name, leaf), wire.encode(leaf, fields))
        elif what == "lamp":
            self._board.lamp(*arguments)
        elif what == "sound":
            self._board.sound(*arguments)
        elif what == "faults":
            self._faults = arguments[0]
            self.say("faults " + (self._faults or "-"))
            self._beat()
        elif what == "every":
            self._set_interval(arguments[0])
        elif what == "say":
            self.say(*arguments)

    def _way(self):
        """The link, or in its place the set-up of the Wi-Fi. Neither leaves room for the other."""
        if self._config["set_up"]:
            from bell.portal import Portal

            return Portal(self._config, self._directory, self._board, self)
        from bell.clock import Clock
        from bell.link import Link

        will = (wire.topic(self._name, "state"), wire.encode("state", {"online": False}))
        clock = Clock(self._directory, self._board)
        return Link(self._config, self._board, will, self, clock)

    def _heed(self, gesture) -> bool:
        """Whether somebody asks for the set-up with the service key: the next start is it."""
        now = self._board.now()
        if self._state.get("rings"):
            gesture.forget()  # a ringing chime must neither fall silent nor go away
        if gesture.is_to_be_told(now):
            self._board.sound(PATTERNS["setup"][1], 0)
        if gesture.is_made():
            self.say("set-up wanted: starting again")
            self._starts.healthy()  # this start ends without having failed
            self._board.leave("set-up")
            return True
        if gesture.is_over(now):
            self._gesture = None
            release("gesture")
        return False

    def _ask_config(self, what: str, *more) -> dict | None:
        self._board.blocked = True  # flash takes its time
        try:
            from bell import config  # again: it has been let go of

            return getattr(config, what)(self._directory, self._proof, *more)
        except MemoryError:
            self.say("no memory to look at the configuration")  # which is no reason to fail now
        finally:
            release("config")

    def _clear(self, leaf: str) -> None:
        """A board that was a button is a chime now, or the other way round: what it noted then
        was another device's, and nobody here knows what to do with it."""
        for record in [one for one in self._journal.records if one["leaf"] != leaf]:
            print("journal: {} {} was another device's".format(record["leaf"], record["id"]))
            self._journal.drop(record["id"])

    def _mourn(self) -> None:
        """A press that the flash has lost had been shown as sensed: call rather than be silent. So
        too for one that it never took."""
        if self._journal.broken:
            self.say("journal: {} unreadable, kept aside".format(self._journal.broken))
        is_owed = self._journal.broken or self._config["owed"]
        if is_owed and self._config["role"] == "button":
            self._perform("note", "press", {"kind": "call"}, None)

    def _feed(self) -> None:
        """Feed the watchdog when button, link and journal have all advanced."""
        if self._vigil.look((self._board.rounds, self._link.rounds, self._journal.rounds)):
            self._hungry_ms = 0
            self._board.guard()
            if self._up_ms >= HEALTHY_MS and not self._is_healthy:
                self._is_healthy = True
                self._starts.healthy()
                self._board.blocked = True
        elif self._hungry_ms >= STUCK_MS:
            self._hungry_ms = 0
            self.say("stuck: {}".format(self._vigil.stuck()))

    def _count_time(self) -> None:
        now = self._board.now()
        passed = ticks_diff(now, self._counted)
        self._counted = now
        self._up_ms += passed
        self._beat_ms += passed
        self._hungry_ms += passed
        self._supply_ms += passed
        if self._supply_ms >= min(SUPPLY_MS, self._every_s * 1000):
            self._supply_ms = 0
            self._mv = self._board.supply_mv()
            if self._mv is not None:
                self._happen(("supply", self._mv))
        # A twentieth early: the third after two that were lost still comes before three intervals
        # are over, and with them the gateway's patience.
        if self._beat_ms >= self._every_s * 950:
            self._beat()

    def _set_interval(self, every_s: int | None) -> None:
        wanted: int = self._config["heartbeat_s"] if every_s is None else every_s
        if wanted != self._every_s:
            self._every_s = wanted
            self._beat()

    def _beat(self) -> None:
        self._beat_ms = 0
        beat = {
            "every_s": self._every_s,
            "up_s": self._up_ms // 1000,
            "journal": len(self._journal.records),
            "heap": self._board.heap(),
            "reset": self._board.reset_cause(),
        }
        rssi = self._link.rssi()
        if rssi is not None:
            beat["rssi"] = rssi
        if self._mv is not None:
            beat["mv"] = min(self._mv, 60000)
        if self._faults:
            beat["fault"] = self._faults
        self._link.send(wire.topic(self._name, "heartbeat"), wire.encode("heartbeat", beat), 0)
