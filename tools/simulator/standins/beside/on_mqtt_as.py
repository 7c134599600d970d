"""A button that speaks by mqtt_as: events, a task for each press, QoS 1."""

import asyncio

import mqtt_as
from common import LOOK_MS, Button, settings

AGAIN_S = 5


async def told(event, words):
    """Say these words on the console whenever the client sets that event."""
    while True:
        await event.wait()
        event.clear()
        print(words)


async def main():
    config, topic, (host, port) = settings()
    mqtt_as.config.update(config.get("client", {}))
    mqtt_as.config.update({"client_id": config["device"], "server": host, "port": port})
    mqtt_as.config.update({"ssid": config["wifi"][0]["ssid"], "wifi_pw": "", "queue_len": 1})
    client = mqtt_as.MQTTClient(mqtt_as.config)
    button = Button()
    tasks = [
        asyncio.create_task(told(client.up, "broker up")),
        asyncio.create_task(told(client.down, "broker down")),
    ]
    print("lamp idle")
    while True:
        try:
            await client.connect()  # only the first one is ours to repeat
            break
        except OSError:
            await asyncio.sleep(AGAIN_S)
    while tasks:
        message = button.pressed()
        if message:
            asyncio.create_task(client.publish(topic, message, qos=1))  # noqa: RUF006
        await asyncio.sleep_ms(LOOK_MS)


def run():
    asyncio.run(main())
