import asyncio

from tests.platform.mqtt.test_connection import LET_IN

from thingdesk.platform.mqtt import BrokerAddress, Connection
from thingdesk.platform.mqtt.together import Together

CONNECT, PUBLISH, DISCONNECT = 0x10, 0x30, 0xE0


class Wire(asyncio.Transport):
    """What reached the system, call by call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes] = []
        self.closed_after: int | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.calls.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed_after is not None

    def close(self) -> None:
        self.closed_after = len(self.calls)


async def a_turn() -> None:
    turned = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turned.set_result, None)
    await turned


async def test_what_is_written_in_a_turn_leaves_in_one_call_and_in_order() -> None:
    wire = Wire()
    together = Together(wire)
    for n in range(100):
        together.write(b"%d," % n)
    assert wire.calls == []
    await a_turn()
    assert wire.calls == [b"".join(b"%d," % n for n in range(100))]
    together.write(b"later")
    await a_turn()
    assert wire.calls[1:] == [b"later"]


async def test_what_was_written_leaves_before_the_close_and_nothing_after_it() -> None:
    wire = Wire()
    together = Together(wire)
    together.write(b"last word")
    together.close()
    together.write(b"too late")
    await a_turn()
    assert (wire.calls, wire.closed_after, together.is_closing()) == ([b"last word"], 1, True)


def packets(said: bytes) -> list[int]:
    """The kinds of MQTT packets, each shorter than 128 bytes."""
    kinds = []
    while said:
        kinds.append(said[0] & 0xF0)
        said = said[2 + said[1] :]
    return kinds


async def test_a_connection_says_all_it_has_to_say_and_then_that_it_goes() -> None:
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = await reader.read(1024)
        writer.write(LET_IN)
        heard.set_result(said + await reader.read())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        address = BrokerAddress.read(f"mqtt://127.0.0.1:{port}", shared=False)
        async with Connection(address, "test") as connection:
            for n in range(3):
                connection.publish("td/car/receipts", b"%d" % n, qos=0)
        said = await heard
    assert packets(said) == [CONNECT, PUBLISH, PUBLISH, PUBLISH, DISCONNECT]
