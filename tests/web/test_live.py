"""Open pages: news come at once, few at a time, and end with the desk."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import httpx
import pytest
from tests.web.people import PASSWORD, account, logged_in
from tests.web.site import MISFIRE, Site, open_site

from thingdesk import parties
from thingdesk.parties import LoggedIn
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.serve import listen, serve
from thingdesk.web.live import Live


@asynccontextmanager
async def running(live: Live, stop: asyncio.Event) -> AsyncIterator[None]:
    task = asyncio.create_task(live.run())
    try:
        yield
    finally:
        stop.set()
        await task


async def note(database: Database) -> None:
    async with database.transaction() as tx:
        tx.notify("timeline")


async def test_everything_comes_first_and_then_what_changed(database: Database) -> None:
    shown = {"counts": "1", "feed": "a"}

    async def draw(_: Transaction) -> dict[str, str]:
        return dict(shown)

    stop = asyncio.Event()
    live = Live(database, draw, stop)
    async with running(live, stop), aclosing(live.follow()) as changes:
        assert await anext(changes) == {"counts": "1", "feed": "a"}
        shown["feed"] = "b"
        await note(database)
        async with asyncio.timeout(60):
            assert await anext(changes) == {"feed": "b"}


async def test_many_events_are_drawn_once_for_all_who_look(database: Database) -> None:
    drawn = 0

    async def draw(_: Transaction) -> dict[str, str]:
        nonlocal drawn
        drawn += 1
        return {"feed": str(drawn)}

    stop = asyncio.Event()
    live = Live(database, draw, stop)
    async with running(live, stop), aclosing(live.follow()) as one, aclosing(live.follow()) as two:
        await anext(one)
        await anext(two)
        began, start = drawn, time.monotonic()
        for _ in range(60):
            await note(database)
        last = str(drawn)
        async with asyncio.timeout(60):
            while (await anext(one)).get("feed", last) == last:
                pass
        took = time.monotonic() - start
        assert drawn - began <= took / 0.4 + 2


async def test_nothing_is_drawn_while_nobody_looks(database: Database) -> None:
    drawn = 0

    async def draw(_: Transaction) -> dict[str, str]:
        nonlocal drawn
        drawn += 1
        return {}

    live = Live(database, draw, asyncio.Event())
    await live._act()
    assert drawn == 0
    async with aclosing(live.follow()) as changes:
        await anext(changes)
        await live._act()
        assert drawn == 2
    await live._act()
    assert drawn == 2


async def events(answer: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    name = ""
    data: list[str] = []
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            name, data = line.removeprefix("event: "), []
        elif line.startswith("data: "):
            data.append(line.removeprefix("data: "))
        elif not line and name:
            yield name, "\n".join(data)
            name = ""


@pytest.fixture
async def own(database: Database) -> Site:
    """A site that may be stopped."""
    return await open_site(database)


async def test_the_stream_tells_and_ends_with_the_desk(own: Site) -> None:
    async with logged_in(own) as browser:
        cookies = dict(browser.cookies)
    live = asyncio.create_task(own.live.run())
    async with (
        asyncio.timeout(60),
        serve(own.app, listen("127.0.0.1", 0, "PORT")) as served,
        httpx.AsyncClient(base_url=served.url, cookies=cookies, timeout=None) as browser,  # noqa: S113 - a stream
        browser.stream("GET", "/live") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        told = events(answer)
        first = [await anext(told) for _ in range(5)]
        assert {name for name, _ in first} == {"counts", "asked", "risks", "feed", "intake"}
        await own.car("car-told")
        await own.hand.opened("car-told", "vehicle.repair", MISFIRE)
        while True:
            name, html = await anext(told)
            if name == "feed" and "car-told" in html:
                break
        assert re.search(r'href="/cases/[\w-]{36}"', html)
        began = time.monotonic()
        own.pages.stop.set()
        assert [one async for one in told] == []
    await live
    assert time.monotonic() - began < 3, "nobody waits for an open page"


async def test_a_stream_ends_with_its_session(own: Site) -> None:
    email = await account(own, "leaver")
    async with own.hand.database.transaction() as tx:
        session = await parties.log_in(tx, email, PASSWORD, "a test")
    assert isinstance(session, LoggedIn)
    async with own.browser(Cookie=f"thingdesk={session.token}") as browser:
        assert (await browser.get("/")).status_code == 200
        async with own.hand.database.transaction() as tx:
            await parties.log_out(tx, session.token)
        assert (await browser.get("/live")).status_code == 401
