from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.machine.brokers import MOSQUITTO, Broker, Embedded, Mosquitto
from tests.machine.desk import Desk, MqttDesk

from thingdesk_machine import Backoff, Identity, Machine, Options

QUICK = Options(
    patience=Backoff(first=0.2, longest=1.0), reconnect=Backoff(first=0.05, longest=0.2), poll=0.05
)
NO_MOSQUITTO = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
BROKERS = ["embedded", pytest.param("mosquitto", marks=NO_MOSQUITTO)]


@dataclass
class Site:
    """A broker, a desk behind it, and a machine that may be started, again and again."""

    broker: Broker
    desk: Desk
    mqtt: MqttDesk
    identity: Identity
    queue: Path

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.broker.port}"

    def machine(self, **changes: Any) -> Machine:
        settings: dict[str, Any] = {
            "identity": self.identity,
            "desk": self.url,
            "queue": self.queue,
            "desk_keys": self.desk.keys,
            "options": QUICK,
        }
        return Machine(**(settings | changes))


@pytest.fixture
def identity() -> Identity:
    return Identity.create("car-1")


@pytest.fixture
def known(identity: Identity) -> dict[str, Identity]:
    """The machines that the embedded broker lets in."""
    return {identity.machine: identity}


@pytest.fixture(params=BROKERS)
async def broker(
    request: pytest.FixtureRequest, tmp_path: Path, known: dict[str, Identity]
) -> AsyncIterator[Broker]:
    made = Embedded(tmp_path, known) if request.param == "embedded" else Mosquitto(tmp_path)
    await made.start()
    yield made
    await made.kill()


@pytest.fixture
async def site(broker: Broker, identity: Identity, tmp_path: Path) -> AsyncIterator[Site]:
    desk = Desk()
    mqtt = MqttDesk(desk, broker.version, broker.desk)
    await mqtt.start(broker.port)
    yield Site(broker, desk, mqtt, identity, tmp_path / "car-1.queue")
    await mqtt.stop()
