import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.platform.embedded.gate import Gate, broker_in
from tests.platform.embedded.mqtt_peer import PATIENCE, desk, machine

from thingdesk.platform.embedded import Died, EmbeddedBroker, EmbeddedError
from thingdesk.topics import ACCESS

DESK = """
import asyncio, sys
from pathlib import Path
from thingdesk.topics import ACCESS
from thingdesk.platform.embedded import EmbeddedBroker

async def verify(machine: str, token: str, client_id: str) -> bool:
    return True

async def desk() -> None:
    data_dir = Path(sys.argv[1])
    async with EmbeddedBroker(data_dir, access=ACCESS, verifier=verify, mqtt_port=0) as broker:
        print(broker.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(desk())
"""


async def test_what_was_not_acknowledged_comes_back_after_ack_wait(
    broker: EmbeddedBroker,
) -> None:
    async with desk(broker) as office, machine(broker, "car-1") as car:
        office.held.add(b"held")
        await car.publish("td/car-1/signals", b"acknowledged after its handler")
        await car.publish("td/car-1/signals", b"held")
        seen = [(await office.next())[1] for _ in range(3)]
        assert seen == [b"acknowledged after its handler", b"held", b"held"]


async def test_the_default_of_gmqtt_would_acknowledge_before_the_handler(
    broker: EmbeddedBroker,
) -> None:
    async with machine(broker, "car-1", optimistic_acknowledgement=True) as car:
        async with desk(broker) as office:
            await car.subscribe("td/car-1/notices")
            car.held.add(b"lost if the handler fails")
            await office.publish("td/car-1/notices", b"lost if the handler fails")
            assert (await car.next())[1] == b"lost if the handler fails"
            office.held.add(b"comes back")
            await office.publish("td/car-1/commands", b"comes back")
            while (await office.next())[1] != b"comes back":
                pass
            assert (await office.next())[1] == b"comes back"  # so ack_wait has gone by
        assert car.arrived.empty()


async def test_a_sleeping_machine_gets_its_notices_when_it_wakes(tmp_path: Path) -> None:
    gate = Gate()
    async with broker_in(tmp_path, gate) as broker:
        async with machine(broker, "car-1") as car:
            await car.subscribe("td/car-1/notices")
        async with desk(broker) as office:
            await office.publish("td/car-1/notices", b"while it slept")
    async with broker_in(tmp_path, gate) as broker, machine(broker, "car-1") as car:
        assert await car.next() == ("td/car-1/notices", b"while it slept")


async def test_a_large_message_passes_and_a_huge_one_is_told(
    broker: EmbeddedBroker, gate: Gate
) -> None:
    large = b"x" * 256 * 1024
    async with desk(broker) as office, machine(broker, "car-1") as car:
        await car.publish("td/car-1/signals", large)
        assert (await office.next())[1] == large
        car.client.publish("td/car-1/signals", large * 5, qos=1)
        await asyncio.wait_for(car.gone.wait(), PATIENCE)
        name, reason = await gate.next_refusal()
        assert name == "car-1"
        assert "maximum payload exceeded" in reason


async def test_a_broker_that_dies_comes_back_with_its_sessions(tmp_path: Path, gate: Gate) -> None:
    deaths: asyncio.Queue[Died] = asyncio.Queue()
    async with EmbeddedBroker(
        tmp_path, access=ACCESS, verifier=gate.verify, mqtt_port=0, on_death=deaths.put_nowait
    ) as broker:
        async with machine(broker, "car-1") as car:
            await car.subscribe("td/car-1/notices")
        first, address = broker.pid, broker.url
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert (await asyncio.wait_for(deaths.get(), PATIENCE)).code == -signal.SIGKILL
        await asyncio.wait_for(broker.wait_until_serving(), PATIENCE)
        assert (broker.pid, broker.url) != (first, address)
        assert broker.url == address
        async with desk(broker) as office, machine(broker, "car-1") as car:
            await office.publish("td/car-1/notices", b"after the death")
            assert await car.next() == ("td/car-1/notices", b"after the death")
            assert await broker.end_session("car-1")


def a_desk(data_dir: Path) -> tuple[subprocess.Popen[str], psutil.Process]:
    """Another desk, in a process of its own, and the broker that it started."""
    running = subprocess.Popen(
        [sys.executable, "-c", DESK, str(data_dir)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert running.stdout is not None
    return running, psutil.Process(int(running.stdout.readline()))


async def test_a_killed_desk_leaves_no_broker(tmp_path: Path, gate: Gate) -> None:
    running, server = await asyncio.to_thread(a_desk, tmp_path)
    running.kill()
    await asyncio.to_thread(running.communicate)
    _, alive = await asyncio.to_thread(psutil.wait_procs, [server], timeout=PATIENCE)
    assert alive == []
    async with broker_in(tmp_path, gate) as broker, machine(broker, "car-1"):
        pass


async def test_a_second_desk_on_the_same_data_is_told_who_has_it(
    broker: EmbeddedBroker, tmp_path: Path, gate: Gate
) -> None:
    with pytest.raises(EmbeddedError, match=f"Another desk .process {os.getpid()}. already"):
        await broker_in(tmp_path, gate).__aenter__()
    async with machine(broker, "car-1"):
        pass


async def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path, gate: Gate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedError, match=rf"Port {port} .* taken.*THINGDESK_MQTT_PORT"):
            await EmbeddedBroker(
                tmp_path, access=ACCESS, verifier=gate.verify, mqtt_port=port
            ).__aenter__()


async def test_a_broker_that_does_not_start_is_explained(tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "store").write_text("in the way")
    with pytest.raises(EmbeddedError, match=r"ended by itself: .*storage directory"):
        await broker_in(tmp_path, gate).__aenter__()


async def test_secrets_are_for_the_owner_alone(broker: EmbeddedBroker, tmp_path: Path) -> None:
    secret = [tmp_path / "broker.password", tmp_path / "broker" / "broker.conf"]
    assert {file.stat().st_mode & 0o777 for file in secret} == {0o600}
    assert (tmp_path / "broker").stat().st_mode & 0o777 == 0o700
    assert psutil.Process(broker.pid).uids().effective != 0
