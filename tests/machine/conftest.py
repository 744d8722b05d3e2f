from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gmqtt.mqtt.constants import MQTTv50, MQTTv311
from tests.machine import brokers
from tests.machine.brokers import Broker
from tests.machine.desk import Desk, MqttDesk

from thingdesk_machine import Backoff, Identity, Machine, Options

QUICK = Options(
    patience=Backoff(first=0.2, longest=1.0), reconnect=Backoff(first=0.05, longest=0.2), poll=0.05
)
NO_MOSQUITTO = pytest.mark.skipif(brokers.MOSQUITTO is None, reason="mosquitto is not installed")
BROKERS = ["nats", pytest.param("mosquitto", marks=NO_MOSQUITTO)]


@dataclass
class Site:
    """A broker, a desk behind it, and a machine that may be started, again and again."""

    broker: Broker
    desk: Desk
    mqtt: MqttDesk
    identity: Identity
    queue: Path

    @property
    def version(self) -> int:
        return self.mqtt.version

    def machine(self, **changes: Any) -> Machine:
        settings: dict[str, Any] = {
            "identity": self.identity,
            "desk": self.broker.url,
            "queue": self.queue,
            "desk_keys": self.desk.keys,
            "options": QUICK,
        }
        return Machine(**(settings | changes))


@pytest.fixture(params=BROKERS)
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Broker]:
    made = brokers.nats(tmp_path) if request.param == "nats" else brokers.mosquitto(tmp_path)
    await made.start()
    yield made
    await made.kill()


@pytest.fixture
async def site(broker: Broker, tmp_path: Path) -> AsyncIterator[Site]:
    desk = Desk()
    mqtt = MqttDesk(desk, MQTTv311 if "nats" in broker.command[0] else MQTTv50)
    await mqtt.start(broker.port)
    yield Site(broker, desk, mqtt, Identity.create("car-1"), tmp_path / "car-1.queue")
    await mqtt.stop()
