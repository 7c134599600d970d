"""A button that speaks by umqtt.robust: a poll loop, check_msg() to notice an end, QoS 1.

What is set besides: `timeout_s`, after which a publication that has no answer is given up and made
again on a new connection. By itself umqtt waits without end, also on the new connection.
"""

import asyncio
import time

from common import LOOK_MS, Button, settings
from umqtt import robust, simple

AGAIN_S = 5
KEEPALIVE_S = 60
PING_MS = KEEPALIVE_S * 500


class Client(robust.MQTTClient):
    """umqtt.robust that says when it loses its connection and when it has a new one."""

    timeout_s = None
    is_publishing = False

    def reconnect(self):
        print("broker down")
        done = super().reconnect()
        print("broker up")
        return done

    def publish(self, topic, msg, retain=False, qos=0):
        self.is_publishing = True
        super().publish(topic, msg, retain, qos)
        self.is_publishing = False

    def wait_msg(self):
        if not (self.timeout_s and self.is_publishing):
            return super().wait_msg()
        # Not the one of robust: that would take the connection anew and wait on, where nothing
        # has been published. publish() does both.
        self.sock.settimeout(self.timeout_s)
        return simple.MQTTClient.wait_msg(self)


async def connected(client):
    while True:
        try:
            client.connect()
            break
        except OSError:
            await asyncio.sleep(AGAIN_S)
    print("broker up")


async def main():
    config, topic, (host, port) = settings()
    client = Client(config["device"], host, port=port, keepalive=KEEPALIVE_S)
    client.timeout_s = config.get("client", {}).get("timeout_s")
    button = Button()
    print("lamp idle")
    await connected(client)
    pinged = time.ticks_ms()
    while True:
        message = button.pressed()
        if message:
            client.publish(topic.encode(), message, qos=1)
        client.check_msg()
        if time.ticks_diff(time.ticks_ms(), pinged) > PING_MS:
            pinged = time.ticks_ms()
            ping(client)
        await asyncio.sleep_ms(LOOK_MS)


def ping(client):
    try:
        client.ping()
    except OSError:  # robust does not catch this one
        client.reconnect()


def run():
    asyncio.run(main())
