"""The network between a machine and the desk, with places where there is none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from thingdesk.demo.plan import Band

_SIZE = 65536


class Network:
    """Forwards what a machine sends and hears, as far as there is reception."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._band: Band = "on"
        self._links: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0

    def become(self, band: Band) -> None:
        """`off` cuts what is connected and lets nothing in; `deaf` loses what comes down."""
        self._band = band
        if band == "off":
            for link in self._links:
                link.close()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the machine."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def close(self) -> None:
        """Cut everything, and return when it is gone."""
        self.become("off")
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with _linked(self._links, writer):
            if self._band == "off":
                return
            with suppress(OSError):
                up_reader, up_writer = await asyncio.open_connection(*self._to)
                async with _linked(self._links, up_writer):
                    await asyncio.gather(
                        self._forward(reader, up_writer, down=False),
                        self._forward(up_reader, writer, down=True),
                    )

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, down: bool
    ) -> None:
        with suppress(ConnectionError):
            while some := await reader.read(_SIZE):
                if down and self._band == "deaf":
                    continue
                writer.write(some)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def _linked(
    links: set[asyncio.StreamWriter], writer: asyncio.StreamWriter
) -> AsyncIterator[None]:
    links.add(writer)
    try:
        yield
    finally:
        links.discard(writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def reaching(host: str, port: int) -> AsyncIterator[Network]:
    """A network to `host`, reached at `network.port` of this computer."""
    network = Network(host, port)
    server = await asyncio.start_server(network.accept, "127.0.0.1", 0)
    network.port = server.sockets[0].getsockname()[1]
    try:
        yield network
    finally:
        server.close()
        await network.close()
