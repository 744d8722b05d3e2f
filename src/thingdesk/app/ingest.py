"""What comes from the broker and from IoT platforms."""

import asyncio
import logging
from contextlib import AsyncExitStack

from thingdesk import parties, signals
from thingdesk.app.desk import Desk
from thingdesk.channels import brokers, mqtt, platforms
from thingdesk.intake import Intake
from thingdesk.parties import DeskKey
from thingdesk.platform import clock, ids
from thingdesk.platform.loops import repeat
from thingdesk.platform.mqtt import BrokerAddress

_log = logging.getLogger(__name__)
_HERE = ("localhost", "127.0.0.1", "::1")


async def ingest(
    desk: Desk,
    doors: AsyncExitStack,
    group: asyncio.TaskGroup,
    intake: Intake,
    address: BrokerAddress,
) -> None:
    worker = ids.new()
    name = str(worker) if address.shared else "1"
    receiver = await doors.enter_async_context(mqtt.Receiver(address, intake, name))
    desk.operations.connected("ingest", lambda: receiver.is_connected)

    async def beat() -> int:
        if receiver.is_connected:
            async with desk.database.transaction() as tx:
                await signals.beat(tx, worker)
        return 0

    group.create_task(repeat(desk.database, "intake", beat, desk.stop, every=2.0))
    group.create_task(repeat(desk.database, "time", receiver.tell_time, desk.stop, every=1.0))
    ends: mqtt.EndsSessions | None = desk.broker
    since = clock.now()
    if ends is None and desk.settings.emqx_api_url is not None:
        ends = await doors.enter_async_context(brokers.EmqxSessions(desk.settings.emqx_api_url))
        since -= brokers.SESSION  # nobody looked while no desk ran
    if ends is not None:
        end = mqtt.ending_sessions(desk.database, ends, since)
        group.create_task(repeat(desk.database, parties.CALLERS, end, desk.stop, every=5.0))


async def platform_words(
    desk: Desk, stack: AsyncExitStack, group: asyncio.TaskGroup, key: DeskKey
) -> platforms.Taking | None:
    """What takes the words of IoT platforms, where there is a map of them."""
    if desk.map is None:
        return None
    taking = platforms.Taking(desk.database, desk.flow, key, desk.map)
    await stack.enter_async_context(taking.intake)
    group.create_task(taking.run(desk.stop))
    return taking


def hear_platform(desk: Desk, group: asyncio.TaskGroup, taking: platforms.Taking) -> None:
    """Read the broker of a platform, where there is one."""
    url = desk.settings.platform_broker_url
    if url is None:
        return
    address = BrokerAddress.read(url, shared=True)
    if desk.broker and address.port == desk.broker.port and address.host in _HERE:
        _log.error(
            "THINGDESK_PLATFORM_BROKER_URL is this desk's own broker, where no platform publishes: "
            "set the address of the platform's broker, or another THINGDESK_MQTT_PORT"
        )
        return
    bridge = platforms.Bridge(address, taking, str(ids.new()))
    group.create_task(bridge.run(desk.stop))
