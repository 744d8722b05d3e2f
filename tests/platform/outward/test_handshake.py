"""Who is called and does not shake hands keeps no socket of ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from ipaddress import ip_network

import httpx
import pytest

from thingdesk.platform.outward import End, Names, Unfetched, ask, make_http, post

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Mute:
    """Takes connections, reads the hello of each, and says nothing."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[None] = asyncio.Queue()
        self.closed: asyncio.Queue[None] = asyncio.Queue()

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            if await reader.read(1000):
                self.begun.put_nowait(None)
            while await reader.read(1000):
                pass
        self.closed.put_nowait(None)
        writer.close()


@pytest.fixture
async def mute() -> AsyncIterator[tuple[Mute, str]]:
    one = Mute()
    server = await asyncio.start_server(one.hold, "127.0.0.1", 0)
    async with server:
        yield one, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with make_http() as client:
        yield client


async def test_its_socket_is_closed_when_the_time_is_over(
    mute: tuple[Mute, str], http: httpx.AsyncClient
) -> None:
    held, url = mute
    for _ in range(3):
        attempt = await post(http, url, {}, b"x", names=Names(), allowed=LOOPBACK, limit=0.3)
        assert attempt.end is End.FAILED
    with pytest.raises(Unfetched):
        await ask(http, url, names=Names(), allowed=LOOPBACK, within=0.3)
    async with asyncio.timeout(60):
        for _ in range(4):
            await held.closed.get()


async def test_and_when_whoever_asked_has_gone(
    mute: tuple[Mute, str], http: httpx.AsyncClient
) -> None:
    held, url = mute
    asking = asyncio.create_task(ask(http, url, names=Names(), allowed=LOOPBACK, within=600))
    async with asyncio.timeout(60):
        await held.begun.get()
        asking.cancel()
        await held.closed.get()
    with pytest.raises(asyncio.CancelledError):
        await asking
