"""A client of our own behind the interface of umqtt.robust: simple, and a new connection whenever
one has ended."""

import time

from . import simple

AGAIN_S = 0.2


class MQTTClient(simple.MQTTClient):
    def reconnect(self):
        while True:
            try:
                return self.connect(False)
            except OSError:
                time.sleep(AGAIN_S)

    def publish(self, topic, msg, retain=False, qos=0):
        return self._insist(super().publish, topic, msg, retain, qos)

    def wait_msg(self):
        return self._insist(super().wait_msg)

    def _insist(self, call, *arguments):
        while True:
            try:
                return call(*arguments)
            except OSError:
                self.reconnect()
