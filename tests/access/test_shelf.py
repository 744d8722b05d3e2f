"""Descriptions of applications: how long they are good, and who can take them away."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from tests.access.making import an_app
from tests.access.refusing import code_of
from tests.waiting import until

from thingdesk.access import Documents
from thingdesk.access.shelf import Shelf
from thingdesk.platform import clock
from thingdesk.platform.errors import refuse
from thingdesk.platform.outward import Names

OWN = "http://localhost:8080"


@dataclass
class Site:
    """Where an application says what it is, with what it answers."""

    url: str = ""
    status: str = "200 OK"
    said: dict[str, Any] = field(default_factory=dict)
    fetched: int = 0


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    one = Site()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        one.fetched += 1
        body = json.dumps({"client_id": one.url, "client_name": "App"} | one.said)
        head = "content-type: application/json\r\nconnection: close"
        writer.write(f"HTTP/1.1 {one.status}\r\n{head}\r\n\r\n{body}".encode())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        one.url = f"http://localhost:{server.sockets[0].getsockname()[1]}/client.json"
        yield one


@pytest.fixture
async def documents() -> AsyncIterator[Documents]:
    async with Documents(base=OWN) as made:
        yield made


@pytest.mark.parametrize("status", ["503 Away", "429 Slow", ""])
async def test_while_its_site_is_away_what_was_read_last_is_good_for_hours(
    documents: Documents, turnable: clock.Turnable, status: str
) -> None:
    async with site() as one:
        good = await documents.client(one.url)
        turnable.turn(timedelta(minutes=6))
        one.status = status
        assert await documents.client(one.url) == good
        assert await documents.client(one.url) == good
        assert one.fetched == 2, "it is not asked each time"
        turnable.turn(timedelta(hours=3))
        assert await code_of(documents.client(one.url)) == "client_unusable"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("404 Gone", {}),
        ("410 Gone", {}),
        ("200 OK", {"client_secret": "x"}),
        ("200 OK", {"client_name": "x" * 20_000}),
    ],
)
async def test_what_its_site_takes_back_is_good_no_more(
    documents: Documents, turnable: clock.Turnable, status: str, said: dict[str, Any]
) -> None:
    async with site() as one:
        await documents.client(one.url)
        turnable.turn(timedelta(minutes=6))
        one.status, one.said = status, said
        assert await code_of(documents.client(one.url)) == "client_unusable"
        turnable.turn(timedelta(minutes=1))
        one.status = "503 Away"
        assert await code_of(documents.client(one.url)) == "client_unusable"


def test_what_is_none_takes_no_place_of_what_is_one(turnable: clock.Turnable) -> None:
    shelf, app, bad = Shelf(), an_app(), refuse("client_unusable", "it is none")
    shelf.put(app)
    for n in range(2000):
        shelf.refuse(f"https://stranger.example/{n}", bad)
    assert shelf.find(app.id) == app
    assert shelf.find("https://stranger.example/0") is None
    assert shelf.find("https://stranger.example/1999") is bad
    turnable.turn(timedelta(seconds=31))
    assert shelf.find("https://stranger.example/1999") is None


def test_what_is_used_stays_longer_than_what_is_not() -> None:
    shelf, used, unused = Shelf(), an_app(), an_app()
    shelf.put(used)
    shelf.put(unused)
    for _ in range(999):
        shelf.find(used.id)
        shelf.put(an_app())
    assert (shelf.find(used.id), shelf.find(unused.id)) == (used, None)


async def test_slow_names_of_one_network_leave_the_others_their_places() -> None:
    leave, looked = threading.Event(), 0

    def look(name: str, *more: Any, **options: Any) -> list[Any]:
        nonlocal looked
        if name == "localhost":
            return socket.getaddrinfo(name, *more, **options)
        looked += 1
        leave.wait()
        raise OSError("no such name")

    async def twenty() -> bool:
        return looked == 20

    near, more = "203.0.113.{}", "https://n20.slow.example/x"
    try:
        async with site() as one, Documents(base=OWN, names=Names(look)) as documents:
            ask = documents.client
            slow = [ask(f"https://n{n}.slow.example/x", near.format(n)) for n in range(20)]
            held = [asyncio.create_task(each) for each in slow]
            await until(twenty)
            assert await code_of(ask(more, near.format(20))) == "desk_busy"
            assert (await ask(one.url, "198.51.100.7")).name == "App"
            leave.set()
            await asyncio.gather(*held, return_exceptions=True)
            assert await code_of(ask(more, near.format(20))) == "client_unusable", "it is asked"
    finally:
        leave.set()
