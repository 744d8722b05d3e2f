"""A stretch of network that a test can cut, slow down and hold up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

from thingdesk.platform.loops import first_of

_SIZE = 65536
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Reach = Callable[[], Awaitable[Streams]]


class Proxy:
    """Hands on what comes at `port`. `delay` is for each piece and direction, in seconds; while
    `free` is not set, nothing is handed on, and nothing is lost either.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._links: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._closed = asyncio.Event()
        self.port = 0
        self.delay = 0.0
        self.free = asyncio.Event()
        self.free.set()

    def cut(self) -> None:
        """Every connection ends in this moment; new ones may come."""
        for link in self._links:
            link.transport.abort()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def close(self) -> None:
        self._closed.set()
        self.free.set()
        self.cut()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._links.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            with suppress(OSError):
                far_reader, far = await self._reach()
                self._links.add(far)
                await asyncio.gather(self._hand_on(reader, far), self._hand_on(far_reader, writer))
        finally:
            for one in filter(None, (writer, far)):
                self._links.discard(one)
                one.transport.abort()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(_SIZE):
                if self.delay:
                    await first_of(self._closed, seconds=self.delay)
                await self.free.wait()
                writer.write(piece)
                await writer.drain()
        finally:
            writer.close()


def to_port(port: int) -> Reach:
    """To a server of this computer."""
    return lambda: asyncio.open_connection("127.0.0.1", port)


def to_database(url: str) -> Reach:
    """To the PostgreSQL of this URL, by TCP or by its socket."""
    parts = urlsplit(url)
    if folder := parse_qs(parts.query).get("host"):
        return lambda: asyncio.open_unix_connection(f"{folder[0]}/.s.PGSQL.5432")
    return lambda: asyncio.open_connection(parts.hostname, parts.port or 5432)


def at_port(url: str, port: int) -> str:
    """The URL of the same database, reached at a port of this computer."""
    parts = urlsplit(url)
    login = f"{parts.username}:{parts.password}@" if parts.username else ""
    return f"{parts.scheme}://{login}127.0.0.1:{port}{parts.path}?sslmode=disable"


@asynccontextmanager
async def proxying(reach: Reach) -> AsyncIterator[Proxy]:
    """A proxy to where `reach` leads."""
    proxy = Proxy(reach)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
