"""Connections on which no request becomes whole are ended; all others are not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.waiting import until

from thingdesk.platform.serve import serve

SHORT = 0.3
HEAD = b"GET / HTTP/1.1\r\nhost: desk\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Slow:
    """An application whose answer waits until it may go."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def __call__(self, scope: Any, _: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.asked += 1
        await self.may_answer.wait()
        length = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def app() -> Slow:
    return Slow()


@asynccontextmanager
async def connected(app: Slow, within: float = SHORT) -> AsyncIterator[Streams]:
    async with serve(app, "127.0.0.1", 0, head_within=within) as served:
        port = urlsplit(served.url).port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.timeout(20):
                yield reader, writer
        finally:
            writer.close()


async def test_who_says_nothing_is_let_go(app: Slow) -> None:
    async with connected(app) as (reader, _):
        assert await reader.read() == b""


async def test_a_head_that_never_ends_is_ended_however_it_trickles(app: Slow) -> None:
    async with connected(app) as (reader, writer):
        writer.write(HEAD)
        ended = asyncio.create_task(reader.read())

        async def trickle() -> bool:
            writer.write(b"x-more: 1\r\n")
            return ended.done()

        await until(trickle)
        assert (await ended).startswith(b"HTTP/1.1 408 ")
    assert app.asked == 0


async def test_so_is_the_second_head_of_a_connection(app: Slow) -> None:
    app.may_answer.set()
    async with connected(app) as (reader, writer):
        writer.write(HEAD + b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")
        writer.write(HEAD)
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_an_answer_may_take_as_long_as_it_needs(app: Slow) -> None:
    async with connected(app) as (reader, writer):
        writer.write(HEAD + b"\r\n")

        async def asked() -> bool:
            return app.asked == 1

        await until(asked)
        writer.write(HEAD)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 3 * SHORT)
        app.may_answer.set()
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")
        writer.write(b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")
