"""A real HTTP server on a free port that keeps what it was sent and answers as it is told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Respond = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Request:
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Listener:
    """`answer` is the raw answer, or writes it itself."""

    port: int = 0
    answer: bytes | Respond = b"HTTP/1.1 204 No Content\r\n\r\n"
    requests: asyncio.Queue[Request] = field(default_factory=asyncio.Queue)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/jobs"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.put_nowait(await _read(reader))
            if isinstance(self.answer, bytes):
                writer.write(self.answer)
            else:
                await self.answer(writer)
            await writer.drain()
        except ConnectionError:
            pass  # the other side has had enough: some tests are about that
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request:
    line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {}
    for one in lines:
        name, _, value = one.partition(": ")
        headers[name.lower()] = value
    return Request(line, headers, await reader.readexactly(int(headers["content-length"])))


@asynccontextmanager
async def listening(secured: ssl.SSLContext | None = None) -> AsyncIterator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0, ssl=secured)
    listener.port = server.sockets[0].getsockname()[1]
    async with server:
        yield listener
