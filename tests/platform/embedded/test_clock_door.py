"""The door for those who do not know the time: what it lets them do, and how many it lets in."""

import asyncio
import time

import pytest
from gmqtt import Message
from gmqtt.mqtt.handler import MQTTConnectError
from tests.platform.embedded.gate import Gate
from tests.platform.embedded.mqtt_peer import GOOD, PATIENCE, REFUSED, Peer, desk, machine

from thingdesk.platform.embedded import SESSION_PREFIX, EmbeddedBroker
from thingdesk.platform.embedded.callout import GUEST_STAYS, GUESTS_AT_ONCE
from thingdesk.topics import CLOCK, TIME


async def come_in(broker: EmbeddedBroker, number: int = 0, **options: object) -> Peer:
    one = Peer(f"clock:{number:02}", CLOCK, "", **{"clean_session": True, **options})
    await one.connect(broker)
    return one


async def test_without_a_token_one_hears_the_time_and_nothing_else(broker: EmbeddedBroker) -> None:
    async with desk(broker) as office, machine(broker, "car-1") as car:
        one = await come_in(broker)
        for topic in ("td/#", "#", "td/+", "td/car-1/receipts", "td/time/#", "$SYS/#", "$MQTT/#"):
            assert await one.subscribe(topic) == REFUSED, topic
        await car.subscribe("td/car-1/receipts")
        assert await one.subscribe(TIME) != REFUSED
        for topic in ("td/car-1/signals", "td/car-1/receipts", TIME):
            one.client.publish(topic, b"false", qos=1, retain=True)
        await office.publish("td/car-1/receipts", b"not for it")
        office.client.publish(TIME, b"noon", qos=0)
        assert await one.next() == (TIME, b"noon")
        assert await car.next() == ("td/car-1/receipts", b"not for it")
        heard = {await office.next(), await office.next()}
        assert heard == {("td/car-1/receipts", b"not for it"), (TIME, b"noon")}


async def test_its_last_will_is_not_done(broker: EmbeddedBroker) -> None:
    async with desk(broker) as office:
        one = await come_in(broker, will_message=Message("td/car-1/signals", b"will", qos=1))
        await asyncio.wait_for(one.gone.wait(), PATIENCE)
        await office.publish("td/car-1/commands", b"sentinel")
        assert await office.next() == ("td/car-1/commands", b"sentinel")


@pytest.mark.parametrize("client_id", ["car-1", f"{SESSION_PREFIX}test", "clock:100", "clock:x"])
async def test_it_takes_nobodys_session(broker: EmbeddedBroker, gate: Gate, client_id: str) -> None:
    async with desk(broker) as office, machine(broker, "car-1") as car:
        with pytest.raises(MQTTConnectError):
            await Peer(client_id, CLOCK, GOOD).connect(broker)
        reason = f"the client id {client_id!r} is none of {CLOCK}"
        assert await gate.next_refusal() == (CLOCK, reason)
        assert not car.gone.is_set()
        assert not office.gone.is_set()


async def test_nobody_stays_and_only_so_many_come_in(broker: EmbeddedBroker, gate: Gate) -> None:
    """Also of those who never leave: those who come later find room again."""
    began = time.monotonic()
    there = [await come_in(broker, number) for number in range(GUESTS_AT_ONCE)]
    if time.monotonic() - began < GUEST_STAYS:
        with pytest.raises(MQTTConnectError):
            await come_in(broker, 99)
        assert await gate.next_refusal() == (CLOCK, "too many come in at once")
    async with machine(broker, "car-1"):
        await asyncio.wait_for(there[-1].gone.wait(), 2 * GUEST_STAYS)
    assert time.monotonic() - began > GUEST_STAYS - 2
    assert all(one.gone.is_set() for one in there)
    await (await come_in(broker, 99)).close()
