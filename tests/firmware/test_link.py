"""The order of brokers, the pauses between tries, and what is told of a trouble."""

import asyncio

import bell
from bell import dial, link, mqtt, trust, wifi
from bell.link import Link
from bell.ticks import PERIOD, ticks_diff

link.LOOK_MS = wifi.LOOK_MS = 1
HOSTS = ("one.example", "two.example")


class Radio:
    def __init__(self):
        self.air = set()
        self.asked = []
        self.wanted = None

    def active(self, active):
        self.wanted = None

    def connect(self, ssid, password):
        self.asked.append(ssid)
        self.wanted = ssid

    def disconnect(self):
        self.wanted = None

    def isconnected(self):
        return self.wanted in self.air

    def status(self):
        return 1001

    def ifconfig(self):
        return ("192.168.1.20", "", "", "")


class Enough(BaseException):
    """The test has seen enough."""


class Away:
    """Board, owner, clock and all brokers at once. Time passes 250 ms whenever it is looked at."""

    def __init__(self, answers, start=0, hosts=HOSTS, networks=("home",)):
        self.answers = list(answers)
        self.start = self.time = start
        self.watchful = self.blocked = False
        self.feeds = 0
        self.others = None  # what other() gives, once each
        self.chosen = 0
        self.waiting = False
        self.dialled = []  # (host, time since the start)
        self.lines = []
        self.faults = []
        self.kept = 0
        config = {
            "device": "b-01",
            "user": "b-01",
            "password": "secret-1",
            "ca": "ca.der",
            "ntp": None,
            "wifi": [{"ssid": name, "password": "12345678"} for name in networks],
            "broker": [{"host": host, "port": 1, "tls": True} for host in hosts],
        }
        link.station = Radio
        self.link = Link(config, self, ("t", b"{}"), self, self)
        self.radio = self.link._wifi._wlan
        self.radio.air = dict.fromkeys(networks, 1010)

    def now(self):
        self.time = (self.time + 250) % PERIOD
        return self.time

    def pass_ms(self, ms):
        self.time = (self.time + ms) % PERIOD

    @property
    def fed(self):
        self.feeds += 1  # whoever looks for it lets it happen
        return self.feeds

    def is_waiting(self):
        return self.waiting

    def say(self, line):
        self.lines.append(line)

    def fault(self, word, is_there):
        self.faults.append((word, is_there))

    def today(self):
        return "2026-11-22"

    def proven(self):
        pass

    def keep(self):
        pass

    def connected(self):
        pass

    def lost(self):
        pass

    def subscribed(self):
        pass

    def other(self):
        return self.others.pop(0) if self.others else None

    def choose_other(self):
        self.chosen += 1

    def received(self, topic, payload, retained):
        pass

    async def dial(self, host, port, ca, now, seen=None):
        self.dialled.append((host, ticks_diff(self.time, self.start)))
        if not self.answers:
            raise Enough
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Connection(answer)

    def run(self):
        real = dial.dial, mqtt.Client
        dial.dial, mqtt.Client = self.dial, Client
        try:
            asyncio.run(self.link.run())
            self.has_ended = True
        except Enough:
            self.has_ended = False
        finally:
            dial.dial, mqtt.Client = real
        return self

    def pauses(self):
        times = [time for _, time in self.dialled]
        return [times[place + 1] - times[place] for place in range(len(times) - 1)]


class Connection:
    """One that lives so many milliseconds, or is refused with a reason."""

    def __init__(self, life):
        self.reader = self.writer = self
        self.life = life

    def close(self):
        self.life = None


class Client:
    def __init__(self, reader, writer, now, on_message, on_subscribed, look):
        self._life = reader.life
        self._now = now
        self._look = look

    async def connect(self, name, user, password, will):
        if isinstance(self._life, str):
            raise mqtt.NotWelcome(self._life)

    async def run(self):
        lived = 0
        before = self._now()
        while lived < self._life:  # ticks alone could not tell of a week
            self._look()
            now = self._now()
            lived += ticks_diff(now, before)
            before = now
        raise mqtt.Broken("closed by the broker")


def refused(times):
    return [OSError("refused") for _ in range(times)]


def test_pauses_grow_to_a_bound_and_are_not_all_alike():
    pauses = Away(refused(20)).run().pauses()
    assert max(pauses) <= link.LONGEST_PAUSE_MS + 2000
    assert pauses[0] <= 2000
    assert min(pauses[10:]) >= link.LONGEST_PAUSE_MS // 2
    assert len(set(pauses[10:])) > 5


def test_with_a_press_waiting_no_pause_is_long():
    away = Away(refused(20))
    away.waiting = True
    assert max(away.run().pauses()) <= link.URGENT_PAUSE_MS + 2000


def test_pauses_are_the_same_across_the_wrap_of_ticks():
    pauses = Away(refused(20), start=PERIOD - 60_000).run().pauses()
    assert 0 < min(pauses)
    assert max(pauses) <= link.LONGEST_PAUSE_MS + 2000


def test_brokers_are_tried_in_order_and_over_again():
    away = Away(refused(5)).run()
    assert [host for host, _ in away.dialled] == [HOSTS[0], HOSTS[1]] * 3


def test_after_a_good_connection_the_first_broker_comes_first_and_soon():
    away = Away([OSError("refused"), link.GOOD_MS + 1000]).run()
    assert [host for host, _ in away.dialled] == [HOSTS[0], HOSTS[1], HOSTS[0]]
    assert away.pauses()[-1] < link.GOOD_MS + 4000


def test_connections_that_break_at_once_are_not_hammered():
    # Two devices of one name push each other out: that must not become a storm.
    pauses = Away([200] * 12).run().pauses()
    assert min(pauses[6:]) >= link.BROKEN_PAUSE_MS // 2


def test_who_was_let_in_tries_again_before_a_call_is_missed():
    pauses = Away([200] * 12).run().pauses()
    assert max(pauses) <= link.BROKEN_PAUSE_MS + 2000


def test_brokers_that_all_fail_make_way_for_the_next_wifi():
    away = Away(refused(4 * len(HOSTS)), networks=("home", "neighbour")).run()
    assert away.radio.asked == ["home", "neighbour", "home"]


def test_a_broker_that_does_not_know_us_is_a_fault_until_one_does():
    away = Away(["wrong user or password", 1000, 1000]).run()
    assert away.faults == [("password", True), ("password", False)]
    assert not any("secret-1" in line for line in away.lines)


def test_a_refused_certificate_is_a_fault_and_a_sentence():
    expired = ValueError("\nThe certificate validity has expired\n")
    away = Away([expired, expired, 1000]).run()
    assert away.faults == [("certificate", True), ("certificate", False)]
    assert away.lines[1] == (
        "broker down: its certificate is refused: it has expired, today is 2026-11-22: renew it"
    )


def test_a_console_line_is_one_line():
    away = Away([ValueError("\nsomething\nelse\n")]).run()
    assert "broker down: something else" in away.lines


def test_a_hurry_ends_the_pause():
    away = Away(refused(12))
    away.link.hurry()
    before = away.run().pauses()
    assert before[0] <= 2000


def test_wifi_that_comes_back_ends_the_pause():
    away = Away(refused(12))

    async def story():
        away.link._pause_ms = link.LONGEST_PAUSE_MS
        away.radio.wanted = None
        pause = asyncio.create_task(away.link._pause())
        await asyncio.sleep(0)
        began = away.time
        away.radio.active(True)
        away.radio.connect("home", "12345678")
        await pause
        return ticks_diff(away.time, began)

    assert asyncio.run(story()) <= 3000


OTHER = {
    "device": "b-02",
    "user": "b-02",
    "password": None,
    "ca": None,
    "ntp": None,
    "wifi": [{"ssid": "another", "password": "87654321"}],
    "broker": [{"host": "192.0.2.7", "port": 1, "tls": False}],
}


def let_in(away, host):
    """From now on every broker refuses but that one, and both configurations have a Wi-Fi."""
    left = [100]
    away.radio.air = {"home": 1010, "another": 1010}
    link.station = lambda: away.radio
    real_dial = away.dial

    async def dial_(wanted, port, ca, now, seen=None):
        left[0] -= 1
        away.answers = [] if not left[0] else [1000 if wanted == host else OSError("refused")]
        return await real_dial(wanted, port, ca, now, seen)

    away.dial = dial_
    return away


def test_a_configuration_that_leads_nowhere_makes_way_for_one_that_leads_to_a_broker():
    for start in (0, PERIOD - 100_000):
        away = let_in(Away([], start=start), OTHER["broker"][0]["host"])
        away.others = [OTHER]
        away.run()
        assert away.has_ended
        assert away.chosen == 1
        assert away.dialled[-1][0] == "192.0.2.7"
        assert link.OTHER_MS <= away.dialled[-1][1] <= link.OTHER_MS + 60_000
        assert away.lines[-1] == "the other configuration leads to a broker: starting with it"


def test_with_a_press_waiting_the_other_configuration_is_tried_sooner():
    away = let_in(Away([]), OTHER["broker"][0]["host"])
    away.waiting = True
    away.others = [OTHER]
    away.run()
    assert away.has_ended
    assert away.dialled[-1][1] <= link.URGENT_OTHER_MS + 30_000


def test_with_no_broker_for_either_configuration_nothing_changes_and_both_are_tried():
    away = let_in(Away([]), "nobody")
    away.others = [OTHER] * 3
    away.run()
    assert not away.has_ended
    assert away.chosen == 0
    tried = [host for host, _ in away.dialled]
    back = [
        place
        for place in range(1, len(tried))
        if tried[place] in HOSTS and tried[place - 1] not in HOSTS
    ]
    assert len(back) >= 2
    assert away.dialled[tried.index("192.0.2.7")][1] >= link.OTHER_MS


def test_the_other_configuration_is_not_asked_for_while_there_is_a_connection():
    away = Away([link.OTHER_MS * 2, link.OTHER_MS * 2])
    asked = []
    away.other = lambda: asked.append(away.time)
    away.run()
    assert asked == []


def test_a_heap_that_is_full_ends_a_connection_and_not_the_link():
    away = Away([MemoryError(), OSError("refused"), 1000]).run()
    assert len(away.dialled) == 4
    assert "broker down: no memory" in away.lines


def test_what_the_wifi_driver_says_in_its_own_way_ends_a_try_and_not_the_link():
    away = Away([RuntimeError("Wifi Unknown Error 0x0101"), OSError("refused")]).run()
    assert len(away.dialled) == 3
    assert "broker down: Wifi Unknown Error 0x0101" in away.lines


def test_a_connection_of_a_week_was_a_good_one():
    # Longer than half a period of the ticks: by their difference it ended before it began.
    away = Away([OSError("refused")] * 9 + [PERIOD // 2 + 3_600_000])
    real_look = away.link._look

    def look():
        real_look()
        away.pass_ms(0 if away.answers else 600_000)

    away.link._look = look
    away.run()
    assert away.pauses()[-2] > 10_000
    assert away.dialled[-1][0] == HOSTS[0]
    assert away.link._pause_ms <= 2 * link.FIRST_PAUSE_MS


def test_before_each_look_up_of_a_name_the_watchdog_is_fed_and_before_an_address_nobody_waits():
    # With all its DNS servers dead a look-up blocks for long, and a press makes the next one come
    # at once: without a breath between them the watchdog would bite.
    for hosts, breaths in ((HOSTS, 6), (("192.0.2.1", "192.0.2.2"), 0)):
        away = Away(refused(5), hosts=hosts)
        away.waiting = True
        real_hurry = away.link._fail

        def hurried(why, away=away, real=real_hurry):
            real(why)
            away.link.hurry()

        away.link._fail = hurried
        away.run()
        assert len(away.dialled) == 6
        assert away.feeds == 2 * breaths


def test_a_time_server_is_asked_once_a_day():
    asked = []

    class Sntp:
        @staticmethod
        async def ask(server, earliest):
            asked.append(server)

    away = Away([])
    made = trust.Trust(away, "192.0.2.1", away, away.say)
    real = getattr(bell, "sntp", None)
    bell.sntp = Sntp
    try:

        async def story():
            for _ in range(5):
                await made.ask(seldom=True)
            away.time += trust.SELDOM_MS
            await made.ask(seldom=True)
            await made.ask()

        asyncio.run(story())
    finally:
        if real is not None:
            bell.sntp = real
    assert asked == ["192.0.2.1"] * 3
    assert away.blocked
