"""The way to the broker: Wi-Fi, address, connection, and all of it again when it breaks.

Owns the order of brokers and the pause between tries. Knows nothing of what is said over the
link.
"""

import asyncio
import gc
import random

from bell import dial, mqtt, release
from bell.ticks import ticks_diff
from bell.trust import Trust
from bell.wifi import NoWifi, Wifi, station

FIRST_PAUSE_MS = 250
LONGEST_PAUSE_MS = 30_000
BROKEN_PAUSE_MS = 8_000  # where we were let in: a chime that waits for longer may miss its call
URGENT_PAUSE_MS = 2_000  # while a press waits
GOOD_MS = 20_000  # a connection that lasted so long was a good one: the next try comes soon
LOOK_MS = 500
# Without a connection for so long, the other configuration is tried, again and again: the time in
# which a home's router starts. With a press waiting it comes sooner.
OTHER_MS = 180_000
URGENT_OTHER_MS = 60_000
BREATH_MS = 50
BREATHS = 20


class Link:
    """The link of the device in `config`. `run` for ever; `send` when `is_up`."""

    def __init__(self, config: dict, board, will: tuple, owner, clock) -> None:
        """`board` has now(), fed and the attribute watchful; `owner` has connected(), subscribed(),
        lost(), is_waiting(), received(topic, payload, retained), fault(word, is_there), say(line),
        and other() and choose_other() for the configuration that is not in use."""
        self._config = config
        self._board = board
        self._will = will
        self._owner = owner
        self._clock = clock
        self._trust = Trust(clock, config["ntp"], board, owner.say)
        self._client = None
        self._hurry = asyncio.Event()
        self._pause_ms = FIRST_PAUSE_MS
        self._was_let_in = False  # at the last try
        self._broker_at = 0
        self._failed = 0  # brokers in a row
        self._wifi = Wifi(config["wifi"], board.now, station())
        self._said_up = False
        self._fault = None  # the one of ours that is told
        # The last change: a connection made or lost, or the other configuration tried.
        self._since = board.now()
        self.rounds = 0
        self.was_kept = False  # whether the broker may have kept messages while we were away

    @property
    def is_up(self) -> bool:
        """Whether there is a connection to say something on."""
        return self._client is not None

    def send(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """Queue a message if there is a connection."""
        if self._client is not None:
            self._client.publish(topic, payload, qos, retain)

    def subscribe(self, topics: list) -> None:
        """Subscribe to `topics`, (topic, QoS) each. Call it from connected()."""
        if self._client is not None:
            self._client.subscribe(topics)

    def hurry(self) -> None:
        """Somebody needs the link: try again now."""
        self._hurry.set()

    def rssi(self) -> int | None:
        """Signal in dBm, None when nobody knows."""
        return self._wifi.rssi()

    async def run(self) -> None:
        """Keep the link up: the first try is like every other. Returns only when the device must
        start with the other configuration."""
        while not await self._does_other_lead():
            self._board.watchful = True
            self.advance()
            try:
                await self._join()
                await self._talk(self._config["broker"][self._broker_at])
            except NoWifi as why:
                self._owner.say("broker down: {}".format(why))
                self._tell("password" if self._wifi.has_wrong_password else None)
            except asyncio.TimeoutError:
                self._fail("it does not answer")
            except (dial.Refused, mqtt.Broken, OSError, EOFError, ValueError, RuntimeError) as why:
                self._fail(why)  # the last one is how some versions tell what the Wi-Fi driver said
            except MemoryError:
                gc.collect()  # what the connection held is free by now
                self._fail("no memory")
            await self._pause()

    def _fail(self, why: object) -> None:
        """Try the next broker next time, and after all of them the next Wi-Fi."""
        self._owner.say("broker down: {}".format(" ".join(str(why).split())))
        brokers = len(self._config["broker"])
        self._broker_at = (self._broker_at + 1) % brokers
        self._failed += 1
        if self._failed % (2 * brokers) == 0:
            self._wifi.go_on()

    async def _does_other_lead(self) -> bool:
        """Whether the configuration in use has led nowhere for long, and the other one does to a
        broker. Then it is chosen. With neither, nothing changes: the router may be off."""
        patience_ms = URGENT_OTHER_MS if self._owner.is_waiting() else OTHER_MS
        if ticks_diff(self._board.now(), self._since) < patience_ms:
            return False
        other = self._owner.other()
        is_better = False
        if other is not None:
            from bell import rival

            await self._wifi.leave()
            is_better = await rival.leads(other, self._board, self._owner, self._clock, self)
            await self._wifi.leave()
            release("rival")
        self._since = self._board.now()
        return is_better

    async def _breathe(self) -> None:
        """Let the loop see to the button and the watchdog before a look-up of a name, which
        blocks: seven seconds for each DNS server that is silent, in lwIP as on an ESP32."""
        fed = self._board.fed
        self.advance()
        for _ in range(BREATHS):
            if self._board.fed != fed:
                break
            await asyncio.sleep(BREATH_MS / 1000)

    async def _pause(self) -> None:
        # Half of it by chance: after a power cut a whole village comes back at once.
        longest_ms = BROKEN_PAUSE_MS if self._was_let_in else LONGEST_PAUSE_MS
        if self._owner.is_waiting():
            longest_ms = URGENT_PAUSE_MS
        self._was_let_in = False
        self._pause_ms = min(longest_ms, self._pause_ms)
        pause_ms = self._pause_ms // 2 + random.getrandbits(15) * self._pause_ms // 65536
        self._pause_ms *= 2
        had_wifi = self._wifi.is_up
        began = self._board.now()
        while True:
            left_ms = pause_ms - ticks_diff(self._board.now(), began)
            if left_ms <= 0 or (self._wifi.is_up and not had_wifi):
                return
            self.advance()
            try:
                await asyncio.wait_for(self._hurry.wait(), min(LOOK_MS, left_ms) / 1000)
            except asyncio.TimeoutError:
                continue
            self._hurry.clear()
            self._pause_ms = FIRST_PAUSE_MS
            return

    async def _join(self) -> None:
        self._tell_wifi()
        await self._wifi.join()
        self._tell_wifi()

    def advance(self) -> None:
        """The link lives, as the watchdog is to know."""
        self.rounds = (self.rounds + 1) & 0xFFFF

    def _look(self) -> str | None:
        """What is wrong below the broker, asked again and again while there is a connection."""
        self.advance()
        self._trust.keep()
        # Not at the end: after a week ticks no longer tell how long it lasted.
        if self._broker_at >= 0 and ticks_diff(self._board.now(), self._since) >= GOOD_MS:
            self._pause_ms = FIRST_PAUSE_MS
            self._broker_at = -1  # which _fail() makes the first again
        return self._wifi.trouble

    def _tell_wifi(self) -> None:
        if self._wifi.is_up != self._said_up:
            self._said_up = not self._said_up
            self._owner.say("wifi up" if self._said_up else "wifi down")

    def _tell_broker(self) -> None:
        # Not before: what is sent to us until the subscription holds does not reach us.
        self._owner.subscribed()
        self._owner.say("broker up")

    def _tell(self, fault: str | None) -> None:
        if fault == self._fault:
            return
        for word, is_there in ((self._fault, False), (fault, True)):
            if word is not None:
                self._owner.fault(word, is_there)
        self._fault = fault

    async def _talk(self, broker: dict) -> None:
        connection = None
        try:
            connection, client = await self._reach(broker)
            await self._live(client)
        finally:
            if connection is not None:
                connection.close()

    async def _reach(self, broker: dict) -> tuple:
        """(connection, client) when the broker has let us in."""
        host = broker["host"]
        ca = self._config["ca"] if broker["tls"] else None
        connection = None
        try:
            if host.strip("0123456789."):
                await self._breathe()
            witness = self._trust.witness
            connection = await dial.dial(host, broker["port"], ca, self._board.now, witness)
            self.advance()
            client = self._client_on(connection)
            name = self._config["device"]
            user, password = self._config["user"], self._config["password"]
            self.was_kept = await client.connect(name, user, password, self._will)
        except BaseException as why:
            if connection is not None:
                connection.close()
            if not isinstance(why, Exception):
                raise
            if isinstance(why, mqtt.NotWelcome):
                self._tell("password")
            refusal = self._trust.judge(str(why), host) if ca else None
            if refusal is None:
                raise
            await self._mistrust()
            raise refusal
        if ca:
            self._trust.accept()
        return connection, client

    async def _mistrust(self) -> None:
        await self._breathe()
        await self._trust.ask()
        if self._trust.is_worth_another_try:
            self.hurry()
        else:
            self._tell("certificate")

    def _client_on(self, connection: dial.Connection) -> mqtt.Client:
        return mqtt.Client(
            connection.reader,
            connection.writer,
            self._board.now,
            self._owner.received,
            self._tell_broker,
            self._look,
        )

    async def _live(self, client: mqtt.Client) -> None:
        self._board.watchful = False
        self._was_let_in = True
        self._failed = 0
        self._hurry.clear()
        self._tell(None)
        self._since = self._board.now()
        self._client = client
        asking = asyncio.create_task(self._trust.ask(seldom=True))
        try:
            self._owner.connected()
            await client.run()
        finally:
            asking.cancel()
            self._client = None
            self._since = self._board.now()
            self._owner.lost()
