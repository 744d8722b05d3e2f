"""Connections on which no request becomes whole are ended; all others are not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import IPv4Network
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.waiting import until

from thingdesk.platform.serve import MOST_BODY_BYTES, listen, serve

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


class Hungry:
    """An application that reads each body to its end, and says how much there was."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        read, more = 0, True
        while more:
            message = await receive()
            read += len(message.get("body", b""))
            more = message.get("more_body", False)
        said = str(read).encode()
        length = [(b"content-length", str(len(said)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": said})


@asynccontextmanager
async def connected(app: Any, within: float = SHORT) -> AsyncIterator[Streams]:
    async with serve(
        app, listen("127.0.0.1", 0, "PORT"), head_within=within, body_within=within
    ) as served:
        port = urlsplit(served.url).port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.timeout(60):
                yield reader, writer
        finally:
            writer.close()


async def test_who_says_nothing_is_let_go(app: Slow) -> None:
    async with connected(app) as (reader, _):
        assert await reader.read() == b""


async def test_a_head_that_never_ends_is_ended_however_it_trickles(app: Slow) -> None:
    async with connected(app) as (reader, writer):
        writer.write(HEAD)
        told = asyncio.create_task(reader.readline())

        async def trickle() -> bool:
            writer.write(b"x-more: 1\r\n")
            return told.done()

        await until(trickle)
        assert (await told).startswith(b"HTTP/1.1 408 ")
        with suppress(ConnectionError):  # what still trickles in there is no longer taken
            await reader.read()
    assert app.asked == 0


async def test_so_is_the_second_head_of_a_connection(app: Slow) -> None:
    app.may_answer.set()
    async with connected(app) as (reader, writer):
        writer.write(HEAD + b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")
        writer.write(HEAD)
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def ask_and_begin_the_next(app: Slow, writer: asyncio.StreamWriter) -> None:
    """A request that waits for its answer, and behind it the beginning of another."""
    writer.write(HEAD + b"\r\n")

    async def asked() -> bool:
        return app.asked == 1

    await until(asked)
    writer.write(HEAD)


async def test_an_answer_may_take_as_long_as_it_needs(app: Slow) -> None:
    async with connected(app) as (reader, writer):
        await ask_and_begin_the_next(app, writer)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 3 * SHORT)
        writer.write(b"\r\n")
        app.may_answer.set()
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")


async def test_who_waited_for_an_answer_has_the_whole_time_for_the_next_head(app: Slow) -> None:
    now = asyncio.get_running_loop().time
    async with connected(app, within=1.0) as (reader, writer):
        await ask_and_begin_the_next(app, writer)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.6)
        app.may_answer.set()
        answered = now()
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
        assert now() - answered >= 1.0


def post(*more: str) -> bytes:
    return "\r\n".join(["POST / HTTP/1.1", "host: desk", *more, "", ""]).encode()


PIECES = "transfer-encoding: chunked"


def piece(size: int) -> bytes:
    return f"{size:x}\r\n".encode() + b"x" * size + b"\r\n"


async def trickling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Returns when the other side has ended it: what comes after that resets the connection."""

    ended = asyncio.create_task(reader.read())

    async def trickle() -> bool:
        writer.write(piece(1))
        return ended.done()

    await until(trickle)
    with suppress(ConnectionResetError):
        await ended


class Who:
    """An application that says who asks."""

    async def __call__(self, scope: Any, _: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": scope["client"][0].encode()})


@pytest.mark.parametrize(("proxies", "who"), [("127.0.0.0/8", "1.2.3.4"), ("10.0.0.0/8", None)])
async def test_only_a_known_proxy_says_for_whom_it_asks(proxies: str, who: str | None) -> None:
    known = [IPv4Network(proxies)]
    async with (
        serve(Who(), listen("127.0.0.1", 0, "PORT"), proxies=known) as served,
        httpx.AsyncClient(timeout=30) as http,
    ):
        asked = await http.get(served.url, headers={"X-Forwarded-For": "1.2.3.4"})
    assert asked.text == (who or "127.0.0.1")


async def test_a_body_that_is_too_large_is_ended() -> None:
    async with connected(Hungry(), within=60) as (reader, writer):
        writer.write(post(PIECES) + piece(MOST_BODY_BYTES) + piece(1))
        assert (await reader.read()).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("head", [post(PIECES), post("content-length: 1000000")])
async def test_a_body_that_never_comes_has_its_time(head: bytes) -> None:
    async with connected(Hungry()) as (reader, writer):
        writer.write(head + piece(1))
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_one_that_trickles_has_no_more() -> None:
    async with connected(Hungry()) as (reader, writer):
        writer.write(post(PIECES))
        await trickling(reader, writer)


async def test_nor_has_one_that_nobody_reads(app: Slow) -> None:
    """The answer is there, and the body goes on."""
    app.may_answer.set()
    async with connected(app) as (reader, writer):
        writer.write(post(PIECES))
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")
        await trickling(reader, writer)


async def test_the_largest_body_is_read_and_so_is_the_next() -> None:
    async with connected(Hungry(), within=60) as (reader, writer):
        for _ in range(2):
            writer.write(post(f"content-length: {MOST_BODY_BYTES}") + b"x" * MOST_BODY_BYTES)
            said = str(MOST_BODY_BYTES).encode()
            assert (await reader.readuntil(said)).startswith(b"HTTP/1.1 200 ")


PROXY = IPv4Network("127.0.0.0/8")


async def told_at_once(port: int | None) -> bytes:
    """What somebody hears who connects and says nothing yet; empty: they are waited for."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(30):
            return await reader.readline()
    finally:
        writer.close()


async def test_of_one_address_only_so_many_connections_are_open(app: Slow) -> None:
    app.may_answer.set()
    async with serve(app, listen("127.0.0.1", 0, "PORT"), connections=2) as served:
        port = urlsplit(served.url).port
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in held:
            writer.write(HEAD + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")
        assert await told_at_once(port) == b"HTTP/1.1 429 Too Many Requests\r\n"
        held[0][1].close()
        await held[0][1].wait_closed()

        async def served_again() -> bool:
            async with httpx.AsyncClient(timeout=30) as client:
                return (await client.get(served.url)).status_code == 200

        await until(served_again)
        held[1][1].close()


async def test_a_web_socket_is_asked_for_in_vain(app: Slow) -> None:
    app.may_answer.set()
    upgrade = HEAD + b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    async with connected(app, 30) as (reader, writer):
        writer.write(upgrade + b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")


async def test_a_proxy_connects_for_many(app: Slow) -> None:
    app.may_answer.set()
    door = listen("127.0.0.1", 0, "PORT")
    async with serve(app, door, connections=1, proxies=(PROXY,)) as served:
        port = urlsplit(served.url).port
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        for reader, writer in held:
            writer.write(HEAD + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")
        for _, writer in held:
            writer.close()


async def test_what_a_proxy_keeps_idle_outlives_that_of_a_stranger(app: Slow) -> None:
    app.may_answer.set()
    door, proxy = listen("127.0.0.1", 0, "PORT"), IPv4Network("127.0.0.2/32")

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")

    async with (
        serve(app, door, head_within=5.0, proxies=(proxy,)) as served,
        asyncio.timeout(60),
    ):
        port = urlsplit(served.url).port
        kept = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        await ask(*kept)
        stranger = await asyncio.open_connection("127.0.0.1", port)
        await ask(*stranger)
        assert await stranger[0].read() == b"", "it is idle for too long"
        await ask(*kept)
        kept[1].write(HEAD)
        assert (await kept[0].read()).startswith(b"HTTP/1.1 408 "), "a head has its time"
        for _, writer in (kept, stranger):
            writer.close()
