"""Another broker is read as it is: a real mosquitto, and several bridges that share it."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.channels.platforms.conftest import stored
from tests.machine.brokers import MOSQUITTO, Mosquitto
from tests.waiting import until

from thingdesk.channels.platforms import Bridge, Taking
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.mqtt import BrokerAddress

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="not installed: mosquitto")


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    one = Mosquitto(tmp_path)
    await one.start()
    yield one
    await one.kill()


@asynccontextmanager
async def bridging(port: int, taking: Taking, name: str) -> AsyncIterator[Bridge]:
    stop = asyncio.Event()
    bridge = Bridge(BrokerAddress.read(f"mqtt://127.0.0.1:{port}", shared=True), taking, name)
    running = asyncio.create_task(bridge.run(stop))
    await until(_connected(bridge))
    yield bridge
    stop.set()
    await running


def _connected(bridge: Bridge) -> Any:
    async def look() -> bool:
        return bridge._connection.is_connected and bridge._connection._subscribed.is_set()

    return look


async def publish(broker: Mosquitto, topic: str, *lines: str, qos: int = 1) -> None:
    """As a platform does: each line is a message."""
    await asyncio.to_thread(
        subprocess.run,
        ["mosquitto_pub", "-p", f"{broker.port}", "-V", "5", "-q", f"{qos}", "-t", topic, "-l"],
        input="".join(f"{one}\n" for one in lines).encode(),
        check=True,
    )


def telemetry(n: int) -> str:
    return json.dumps({"ts": clock.now().timestamp() - n, "rpm": n})


async def test_what_another_broker_has_is_stored_once(
    broker: Mosquitto, taking: Taking, known: Database
) -> None:
    async with (
        bridging(broker.port, taking, "one"),
        bridging(broker.port, taking, "two"),
    ):
        payloads = [telemetry(n) for n in range(50)]
        await publish(broker, "factory/north/7/telemetry", *payloads, *payloads, "no JSON")
        await publish(broker, "elsewhere/7", payloads[0])
        await publish(broker, "zigbee/lamp-1/power", "3.5")

        async def all_stored() -> bool:
            return await stored(known, "lamp-1") == 1 and await stored(known, "north-7") == 50

        await until(all_stored)


async def test_a_flood_of_one_machine_slows_that_one_alone(
    broker: Mosquitto, taking: Taking, known: Database
) -> None:
    async with bridging(broker.port, taking, "one"):
        before = await stored(known, "lamp-1")
        await publish(broker, "zigbee/washer-1/power", *map(str, range(20_000)), qos=0)
        await publish(broker, "zigbee/lamp-1/power", "3.5")

        async def heard() -> bool:
            return await stored(known, "lamp-1") == before + 1

        await until(heard)
        assert await stored(known, "washer-1") < 20_000


async def test_a_broker_that_is_away_is_tried_again(
    taking: Taking, known: Database, tmp_path: Path
) -> None:
    late = Mosquitto(tmp_path)
    stop = asyncio.Event()
    address = BrokerAddress.read(f"mqtt://127.0.0.1:{late.port}", shared=True)
    bridge = Bridge(address, taking, "early", pause=0.1)
    running = asyncio.create_task(bridge.run(stop))
    await asyncio.sleep(0)
    await late.start()
    await until(_connected(bridge))
    before = await stored(known, "lamp-1")
    await publish(late, "zigbee/lamp-1/power", "3.5")

    async def heard() -> bool:
        return await stored(known, "lamp-1") == before + 1

    await until(heard)
    stop.set()
    await running
    await late.kill()
