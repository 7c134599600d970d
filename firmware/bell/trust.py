"""Whether a broker's certificate is believed, when the date is not certain.

Owns what happens when they do not agree. Nothing is ever left unverified: a chain that does not
lead to our authority, another name or an expired certificate is refused, and the console says
which. Only the date may give way, forwards: see clock.py. Knows nothing of sockets and brokers.

A press never waits for a time server: it is asked beside a connection that works, or after one
that was refused.
"""

from bell import dial, release
from bell.ticks import ticks_diff

SELDOM_MS = 24 * 3600 * 1000


class Trust:
    """`server` is the name of a time server or None; `board` has now() and blocked."""

    def __init__(self, clock, server: str | None, board, say) -> None:
        self._clock = clock
        self._server = server
        self._board = board
        self._say = say
        self._asked_at = None
        self._begins = 0  # the latest beginning in a chain
        self._is_curious = False
        self.is_worth_another_try = False

    @property
    def witness(self):
        """To be called with each certificate of the next chain; None if nobody wants to know."""
        return self._see if self._is_curious else None

    def accept(self) -> None:
        """A certificate has been accepted."""
        self._is_curious = False
        self._clock.proven()
        self.keep()

    def keep(self) -> None:
        """Call it now and then while there is a connection."""
        if self._clock.keep():
            self._board.blocked = True  # flash takes its time

    def judge(self, words: str, host: str) -> dial.Refused | None:
        """What the TLS library's `words` mean; None if they are not about the certificate."""
        from bell import reasons

        refusal = reasons.refusal(words, host, self._clock.today())
        release("reasons")
        was_curious = self._is_curious
        self._is_curious = self.is_worth_another_try = False
        if refusal is not None and refusal.only_date:
            # Signed by our authority, so from the past: whatever this board believes, it is later.
            # The library does not say when it begins. Look at the next one, which is the same.
            self.is_worth_another_try = not was_curious or self._clock.at_least(self._begins)
            self._is_curious = not was_curious
        self._begins = 0
        return refusal

    async def ask(self, seldom: bool = False) -> None:
        """Ask the time server, if there is one; with `seldom`, if it was not asked today and is
        given by its address."""
        now = self._board.now()
        if self._server is None:
            return
        if seldom and self._asked_at is not None and ticks_diff(now, self._asked_at) < SELDOM_MS:
            return
        if seldom and self._server.strip("0123456789."):
            return  # to look up a name blocks: beside a connection a press would wait for it
        self._asked_at = now
        from bell import sntp

        self._board.blocked = True  # the look-up of the name does
        try:
            seconds = await sntp.ask(self._server, self._clock.kept)
        except OSError as why:
            self._say("no time from {}: {}".format(self._server, why))
            return
        if seconds is None:
            self._say("no time from {}".format(self._server))
        elif not self._clock.told(seconds):
            self._say("{} is behind: not believed".format(self._server))

    def _see(self, certificate) -> None:
        from bell.certificate import beginning

        try:
            self._begins = max(self._begins, beginning(certificate))
        except ValueError:
            pass  # then it cannot help
