import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from thingdesk.demo.network import Network, reaching


@dataclass
class Far:
    """Somebody who says everything twice, and how to reach them."""

    heard: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    network: Network = field(init=False)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.heard.put_nowait(line)
            writer.write(line + line)
        writer.close()
        await writer.wait_closed()

    async def call(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.network.port)


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    one = Far()
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    async with server, reaching("127.0.0.1", server.sockets[0].getsockname()[1]) as network:
        one.network = network
        yield one


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def test_what_is_sent_arrives_and_is_answered_until_the_network_is_gone(far: Far) -> None:
    async with asyncio.timeout(60):
        reader, writer = await far.call()
        writer.write(b"a\n")
        assert await reader.readexactly(4) == b"a\na\n"
        far.network.become("off")
        assert await reader.read() == b""
        other, other_writer = await far.call()
        assert await other.read() == b""
        await asyncio.gather(hang_up(writer), hang_up(other_writer))


async def test_where_it_is_deaf_what_is_sent_arrives_and_no_answer_comes(far: Far) -> None:
    async with asyncio.timeout(60):
        reader, writer = await far.call()
        writer.write(b"a\n")
        assert await reader.readexactly(4) == b"a\na\n"
        far.network.become("deaf")
        writer.write(b"b\n")
        assert [await far.heard.get(), await far.heard.get()] == [b"a\n", b"b\n"]
        far.network.become("off")
        assert await reader.read() == b""
        await hang_up(writer)
