"""A client of our own behind the interface of umqtt.simple: what the comparison is tried with.

It blocks: whoever waits for an answer that never comes waits for ever.
"""

import socket

PUBACK = 0x40


def words(*parts):
    """Each with its length before it."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


class MQTTClient:
    def __init__(self, client_id, server, port=1883, keepalive=0):
        self.sock = None
        self._name = client_id.encode()
        self._address = socket.getaddrinfo(server, port)[0][-1]
        self._keepalive = keepalive.to_bytes(2, "big")
        self._number = 0

    def connect(self, clean_session=True):
        self.sock = socket.socket()
        self.sock.connect(self._address)
        flags = bytes([2 if clean_session else 0])
        body = words(b"MQTT") + b"\x04" + flags + self._keepalive + words(self._name)
        self.sock.write(b"\x10" + bytes([len(body)]) + body)
        answer = self._read(4)
        if answer[3]:
            raise OSError("not let in")

    def ping(self):
        self.sock.write(b"\xc0\x00")

    def publish(self, topic, msg, retain=False, qos=0):
        self._number += 1
        number = self._number.to_bytes(2, "big")
        body = words(topic) + number + msg
        self.sock.write(b"\x32" + bytes([len(body)]) + body)
        while self.wait_msg() != (PUBACK, number):
            pass

    def wait_msg(self):
        head = self.sock.read(1)
        self.sock.setblocking(True)
        if head is None:
            return None
        if not head:
            raise OSError("ended")
        return head[0], self._read(self._read(1)[0])

    def check_msg(self):
        self.sock.setblocking(False)
        return self.wait_msg()

    def _read(self, length):
        found = self.sock.read(length)
        if len(found) < length:
            raise OSError("ended")
        return found
