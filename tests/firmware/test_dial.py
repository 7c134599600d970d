"""What a connection leaves behind when it is closed."""

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
