"""The smallest HTTP server that takes webhooks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Posted:
    """What somebody posted; the headers' names are in lower case."""

    headers: dict[str, str]
    body: bytes


@asynccontextmanager
async def serving(port: int, take: Callable[[Posted], HTTPStatus]) -> AsyncIterator[None]:
    """Answer each request with what `take` says of it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            status = take(await _read(reader))
            answer = f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\n\r\n"
            writer.write(answer.encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever hung up sends it again
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


async def _read(reader: asyncio.StreamReader) -> Posted:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").strip().split("\r\n")[1:]
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    return Posted(headers, await reader.readexactly(int(headers.get("content-length", "0"))))
