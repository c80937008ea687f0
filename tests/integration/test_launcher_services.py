"""What the platform relies on in the services it starts."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
import redis

TOPIC = "suedwest/test/gauge"
SECONDS = 20


def client(broker_url: str, name: str, *, password: str | None = None) -> mqtt.Client:
    address = urlsplit(broker_url)
    made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
    made.username_pw_set(address.username, password or address.password)
    return made


def connect(made: mqtt.Client, broker_url: str) -> bool:
    """Connect and say whether the broker let it in."""
    address = urlsplit(broker_url)
    answered, accepted = threading.Event(), []

    def on_connect(
        _client: object, _data: object, _flags: object, code: mqtt.ReasonCode, *_: object
    ) -> None:
        accepted.append(not code.is_failure)
        answered.set()

    made.on_connect = on_connect
    made.connect(str(address.hostname), address.port or 1883)
    made.loop_start()
    assert answered.wait(SECONDS)
    return accepted[0]


def test_the_broker_keeps_messages_for_a_subscriber_that_is_away(broker_url: str) -> None:
    subscriber = client(broker_url, "test-gauge")
    subscribed = threading.Event()
    subscriber.on_subscribe = lambda *_: subscribed.set()
    assert connect(subscriber, broker_url)
    subscriber.subscribe(TOPIC, qos=1)
    assert subscribed.wait(SECONDS)
    subscriber.disconnect()
    subscriber.loop_stop()

    publisher = client(broker_url, "test-sender")
    assert connect(publisher, broker_url)
    for number in range(50):
        publisher.publish(TOPIC, str(number), qos=1).wait_for_publish(SECONDS)
    publisher.disconnect()
    publisher.loop_stop()

    received: list[str] = []
    complete = threading.Event()

    def on_message(_client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        received.append(message.payload.decode())
        if len(received) >= 50:
            complete.set()

    again = client(broker_url, "test-gauge")
    again.on_message = on_message
    assert connect(again, broker_url)
    assert complete.wait(SECONDS)
    again.unsubscribe(TOPIC)
    again.disconnect()
    again.loop_stop()
    assert sorted(set(received), key=int) == [str(number) for number in range(50)]


def test_the_broker_asks_for_a_password(broker_url: str) -> None:
    stranger = client(broker_url, "test-stranger", password="wrong")
    assert connect(stranger, broker_url) is False
    stranger.loop_stop()


def test_redis_answers(redis_url: str) -> None:
    connection = redis.Redis.from_url(redis_url)
    assert connection.ping()
    assert connection.info()["redis_mode"] == "standalone"
    connection.close()


@pytest.mark.parametrize("key", ["Brücke", "pegel:1"])
def test_redis_keeps_what_it_is_given(redis_url: str, key: str) -> None:
    connection = redis.Redis.from_url(redis_url, decode_responses=True)
    connection.set(f"suedwest:test:{key}", "−0,01 m", ex=60)
    assert connection.get(f"suedwest:test:{key}") == "−0,01 m"
    connection.close()
