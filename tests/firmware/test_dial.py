"""What a connection leaves behind when it is closed."""

from bell import dial
from bell.dial import Connection


class Layer:
    def __init__(self, closed, name, under=None):
        self._closed = closed
        self._name = name
        if under is not None:
            self.s = under

    def close(self):
        self._closed.append(self._name)
        raise OSError("not connected")


def test_a_connection_that_failed_closes_what_tls_holds_and_the_socket():
    # A handshake that failed leaves some 20 kB outside of our heap, where nobody collects.
    closed = []
    raw = Layer(closed, "socket")
    stream = Layer(closed, "stream", Layer(closed, "tls"))
    Connection(stream, stream, raw).close()
    assert closed == ["stream", "tls", "socket"]


def test_a_connection_of_another_interpreter_has_its_stream_only():
    closed = []
    stream = Layer(closed, "stream")
    Connection(stream, stream, None).close()
    assert closed == ["stream"]


class Sockets:
    """A name that nobody knows, as an ESP32 tells it: an empty list."""

    AF_INET = SOCK_STREAM = 1
    found: list = []  # noqa: RUF012

    @classmethod
    def getaddrinfo(cls, host, port, family, kind):
        assert family == cls.AF_INET  # of IPv6 an ESP32 gives no address
        return cls.found


def test_a_name_that_nobody_knows_is_an_error_of_the_network():
    real = dial.socket
    dial.socket = Sockets
    try:
        dial.look_up("nowhere.example", 1883, 1)
    except OSError as why:
        assert "nowhere.example" in str(why)
    else:
        raise AssertionError("found")
    finally:
        dial.socket = real
