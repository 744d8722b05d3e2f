import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from tests.platform.embedded.mqtt_peer import machine
from tests.waiting import until

from thingdesk.platform.embedded import EmbeddedBroker
from thingdesk.platform.mqtt import BrokerAddress, Connection

SUBSCRIBE = 0x82
NOTHING, NOT_AUTHORISED, LET_IN = b"", b"\x20\x02\x00\x05", b"\x20\x02\x00\x00"


class Door:
    """Answers connection after connection as it is told; MQTT 3.1.1, CONNACK and SUBACK."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self._inside: set[asyncio.StreamWriter] = set()
        self.subscribed = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        answer = self._answers.pop(0)
        writer.write(answer)
        self._inside.add(writer)
        while answer == LET_IN and (packet := await reader.read(1024)):
            if packet[0] == SUBSCRIBE:
                self.subscribed += 1
                writer.write(b"\x90\x03" + packet[2:4] + b"\x01")
        writer.close()

    def cut(self) -> None:
        for writer in self._inside:
            writer.close()


@asynccontextmanager
async def door(*answers: bytes) -> AsyncIterator[Door]:
    one = Door(*answers)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    async with server:
        one.url = f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield one
        one.cut()


def heard(_: str, __: bytes, ___: int, ____: Callable[[], None]) -> None:
    raise AssertionError("nobody sends anything here")


async def test_a_broker_that_does_not_let_the_desk_in_is_an_error_that_says_so() -> None:
    async with door(NOT_AUTHORISED) as one:
        connection = Connection(BrokerAddress.read(one.url, shared=False), "test", ["td/#"], heard)
        with pytest.raises(ConnectionError, match="does not let the desk in"):
            await connection.__aenter__()


async def test_a_broker_that_was_killed_does_not_leave_the_desk_deaf(
    broker: EmbeddedBroker,
) -> None:
    came: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    def handle(topic: str, payload: bytes, _: int, done: Callable[[], None]) -> None:
        came.put_nowait((topic, payload))
        done()

    address = BrokerAddress.read(broker.url, shared=False)
    async with Connection(address, "test-deaf", ["td/+/reports"], handle):
        killed = broker.pid
        assert killed
        os.kill(killed, signal.SIGKILL)

        async def restarted() -> bool:
            return broker.pid not in (None, killed)

        async with asyncio.timeout(60):
            await until(restarted)
            await broker.wait_until_serving()
            async with machine(broker, "press-7") as peer:
                topic, payload = "td/press-7/reports", b"after the broker came back"
                await peer.publish(topic, payload)
                assert await came.get() == (topic, payload)


async def test_after_refusals_it_tries_again_and_subscribes_again() -> None:
    async with door(LET_IN, NOT_AUTHORISED, NOT_AUTHORISED, LET_IN) as one:
        address = BrokerAddress.read(one.url, shared=False)

        async def subscribed_again() -> bool:
            return one.subscribed > 1

        async with Connection(address, "test-again", ["td/#"], heard):
            assert one.subscribed == 1
            one.cut()
            await until(subscribed_again)


def puback(packet: int) -> bytes:
    return b"\x40\x02" + packet.to_bytes(2, "big")


def publish(packet: int) -> bytes:
    return b"\x32\x07\x00\x03td/" + packet.to_bytes(2, "big")


async def test_a_message_is_acknowledged_when_it_is_done_with_and_not_before() -> None:
    said: asyncio.Queue[bytes] = asyncio.Queue()
    handled: asyncio.Queue[Callable[[], None]] = asyncio.Queue()

    def handle(_: str, __: bytes, ___: int, done: Callable[[], None]) -> None:
        handled.put_nowait(done)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(LET_IN)
        packet = await reader.read(1024)
        writer.write(b"\x90\x03" + packet[2:4] + b"\x01" + publish(1) + publish(2))
        while heard := await reader.read(1024):
            said.put_nowait(heard)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        address = BrokerAddress.read(f"mqtt://127.0.0.1:{port}", shared=False)
        async with Connection(address, "test", ["td/#"], handle):
            first, second = [await handled.get() for _ in range(2)]
            second()
            assert await said.get() == puback(2)
            first()
            assert await said.get() == puback(1)
        second()  # nobody is there any more


async def test_one_that_ends_the_first_connection_is_tried_again() -> None:
    async with door(NOTHING, LET_IN) as one:
        address = BrokerAddress.read(one.url, shared=False)
        async with asyncio.timeout(60), Connection(address, "test-first", ["td/#"], heard):
            assert one.subscribed == 1


async def test_one_that_is_not_there_is_named() -> None:
    async with door() as one:
        gone = one.url
    connection = Connection(BrokerAddress.read(gone, shared=False), "test", ["td/#"], heard)
    where = gone.removeprefix("mqtt://")
    with pytest.raises(ConnectionError, match=f"the broker at {where} cannot be used: ."):
        await connection.__aenter__()
