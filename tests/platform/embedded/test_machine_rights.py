import asyncio
import json
from pathlib import Path

import pytest
from gmqtt import Message
from gmqtt.mqtt.handler import MQTTConnectError
from tests.platform.embedded.gate import Gate
from tests.platform.embedded.mqtt_peer import GOOD, PATIENCE, REFUSED, Peer, desk, machine

from thingdesk.platform.embedded import SESSION_PREFIX, EmbeddedBroker


async def test_a_machine_speaks_and_hears_on_its_own_topics(broker: EmbeddedBroker) -> None:
    async with desk(broker) as office, machine(broker, "car-1") as car:
        for word in ("receipts", "notices", "commands"):
            assert await car.subscribe(f"td/car-1/{word}") == 1
        for word in ("signals", "reports", "acks", "results"):
            await car.publish(f"td/car-1/{word}", word.encode())
            assert await office.next() == (f"td/car-1/{word}", word.encode())
        for word in ("receipts", "notices", "commands"):
            await office.publish(f"td/car-1/{word}", word.encode())
            assert await car.next() == (f"td/car-1/{word}", word.encode())


FOREIGN = (
    "td/car-2/receipts",
    "td/car-1/signals",
    "td/car-1/#",
    "td/+/receipts",
    "td/#",
    "#",
    "+/sub/#",
    "$MQTT/sub/#",
    "$SYS/#",
)


async def test_a_machine_hears_nothing_else(broker: EmbeddedBroker, gate: Gate) -> None:
    async with desk(broker) as office, machine(broker, "car-1") as car:
        assert {await car.subscribe(topic) for topic in FOREIGN} == {REFUSED}
        assert await gate.next_refusal() == ("car-1", "it may not subscribe to td/car-2/receipts")
        await car.subscribe("td/car-1/receipts")
        await office.publish("td/car-2/receipts", b"not for car-1")
        await office.publish("td/car-1/receipts", b"for car-1")
        assert await car.next() == ("td/car-1/receipts", b"for car-1")


async def test_what_a_machine_says_elsewhere_is_dropped_and_told(
    broker: EmbeddedBroker, gate: Gate
) -> None:
    elsewhere = ("td/car-2/signals", "td/car-1/notices", "td/car-1", "td/car-1/signals/x")
    async with desk(broker) as office, machine(broker, "car-1") as car:
        for topic in elsewhere:
            await car.publish(topic, b"false")
            await car.publish(topic, b"false", retain=True)
        await car.publish("td/car-1/signals", b"true")
        assert await office.next() == ("td/car-1/signals", b"true")
        told = [await gate.next_refusal() for _ in elsewhere]
        assert told == [("car-1", f"it may not publish to {topic}") for topic in elsewhere]
    async with desk(broker, "td/car-2/#") as office:
        await office.publish("td/car-2/commands", b"nothing was retained before this")
        assert await office.next() == ("td/car-2/commands", b"nothing was retained before this")


async def test_a_last_will_has_no_more_rights(broker: EmbeddedBroker, gate: Gate) -> None:
    async with desk(broker) as office:
        async with machine(
            broker, "car-1", will_message=Message("td/car-2/signals", b"will", qos=1)
        ) as car:
            await broker.end_session("car-1")
            await asyncio.wait_for(car.gone.wait(), PATIENCE)
        assert await gate.next_refusal() == ("car-1", "it may not publish to td/car-2/signals")
        await office.publish("td/car-2/commands", b"sentinel")
        assert await office.next() == ("td/car-2/commands", b"sentinel")


async def test_what_is_sent_at_quality_2_is_not_kept(broker: EmbeddedBroker) -> None:
    """It would be kept for whoever never releases it, until no machine finds room."""
    async with desk(broker) as office, machine(broker, "car-1") as car:
        car.client.publish("td/car-1/signals", b"begun, and never ended", qos=2)
        await asyncio.wait_for(car.gone.wait(), PATIENCE)
        with pytest.raises(MQTTConnectError):
            async with machine(
                broker, "car-3", will_message=Message("td/car-3/signals", b"will", qos=2)
            ):
                pass
        async with machine(broker, "car-1") as again:
            await again.publish("td/car-1/signals", b"at quality 1")
            assert await office.next() == ("td/car-1/signals", b"at quality 1")


async def test_a_valid_token_does_not_take_another_machines_session(
    broker: EmbeddedBroker, gate: Gate
) -> None:
    async with desk(broker) as office, machine(broker, "car-1") as car:
        await car.subscribe("td/car-1/notices")
        thief = Peer("car-1", "car-2", GOOD)
        with pytest.raises(MQTTConnectError):
            await thief.connect(broker)
        assert await gate.next_refusal() == (
            "car-2",
            "the client id 'car-1' is not the user name",
        )
        assert gate.asked == [("car-1", GOOD, "car-1")]
        await office.publish("td/car-1/notices", b"still here")
        assert await car.next() == ("td/car-1/notices", b"still here")
        assert not car.gone.is_set()


async def test_no_machine_takes_the_desks_session_or_its_name(
    broker: EmbeddedBroker, gate: Gate
) -> None:
    async with desk(broker) as office, machine(broker, "car-1") as car:
        for user, password in (("car-2", GOOD), ("thingdesk.desk", GOOD), ("", "")):
            with pytest.raises(MQTTConnectError):
                await Peer(f"{SESSION_PREFIX}test", user, password).connect(broker)
        told = {await gate.next_refusal() for _ in range(2)}
        assert ("thingdesk.desk", "the password is wrong") in told
        await car.publish("td/car-1/signals", b"heard")
        assert await office.next() == ("td/car-1/signals", b"heard")
        assert not office.gone.is_set()


@pytest.mark.parametrize(
    ("name", "token", "reason"),
    [
        ("car-1", "forged", "the token does not prove this name"),
        ("car-1", "", "the password is no token"),
        ("car-1", "x" * 9000, "the password is no token"),
        ("car-1", "defect", "the desk could not check the token"),
        ("car/1", GOOD, "the user name is none that may enter"),
        ("+", GOOD, "the user name is none that may enter"),
        ("x" * 65, GOOD, "the user name is none that may enter"),
    ],
)
async def test_who_proves_nothing_stays_outside(
    broker: EmbeddedBroker, gate: Gate, name: str, token: str, reason: str
) -> None:
    with pytest.raises(MQTTConnectError):
        await Peer("car-1", name, token).connect(broker)
    assert await gate.next_refusal() == (name[:64], reason)
    async with machine(broker, "car-1"):
        pass


@pytest.mark.usefixtures("broker")
async def test_the_brokers_own_entrance_is_closed_to_machines(tmp_path: Path, gate: Gate) -> None:
    config = (tmp_path / "broker" / "broker.conf").read_text()
    port = next(line for line in config.splitlines() if '"port"' in line).strip(' ,"port:')
    reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
    given = {"user": "car-1", "pass": GOOD, "verbose": False, "protocol": 1, "lang": "x"}
    writer.write(f"CONNECT {json.dumps(given)}\r\nPING\r\n".encode())
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b"Authorization Violation" in answer
    assert b"PONG" not in answer
    assert await gate.next_refusal() == ("car-1", "only MQTT is spoken here")


async def test_a_revoked_machine_is_cut_off_and_stays_out(
    broker: EmbeddedBroker, gate: Gate
) -> None:
    async with machine(broker, "car-1") as car, machine(broker, "car-2") as other:
        gate.revoked.add("car-1")
        assert await broker.end_session("car-1")
        await asyncio.wait_for(car.gone.wait(), PATIENCE)
        with pytest.raises(MQTTConnectError):
            await Peer("car-1", "car-1", GOOD).connect(broker)
        assert await gate.next_refusal() == ("car-1", "the key is revoked")
        assert not await broker.end_session("car-3")
        await other.publish("td/car-2/signals", b"not concerned")
        assert not other.gone.is_set()
