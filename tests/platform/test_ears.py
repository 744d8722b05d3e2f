"""All who listen in a process share one connection, and none of them deafens another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from tests.waiting import until

from thingdesk.platform.database import Database

CHANNELS = [f"ear_{n}" for n in range(20)]


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Database]:
    """A pool of two connections, of which one is left for work while any number listen."""
    found = await Database.connect(database_url, most=2)
    yield found
    await found.close()


async def notify(database: Database, *channels: str) -> None:
    async with asyncio.timeout(60), database.transaction() as tx:
        for one in channels:
            tx.notify(one)


async def hear_all(stack: AsyncExitStack, database: Database) -> dict[str, asyncio.Event]:
    heard = {name: asyncio.Event() for name in CHANNELS}
    for name in CHANNELS:
        await stack.enter_async_context(database.listening(name, heard[name].set))
    return heard


async def test_however_many_listen_work_finds_a_connection_and_each_hears_its_own(
    two: Database,
) -> None:
    async with AsyncExitStack() as stack:
        heard = await hear_all(stack, two)
        await notify(two, "ear_3")
        async with asyncio.timeout(60):
            await heard["ear_3"].wait()
        assert [name for name in CHANNELS if heard[name].is_set()] == ["ear_3"]
        await notify(two, *CHANNELS)
        async with asyncio.timeout(60):
            for event in heard.values():
                await event.wait()


async def test_two_on_one_channel_both_hear_until_they_leave(two: Database) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    async with two.listening("ear", first.set):
        async with two.listening("ear", second.set):
            await notify(two, "ear")
            async with asyncio.timeout(60):
                await first.wait()
                await second.wait()
        first.clear()
        second.clear()
        await notify(two, "ear")
        async with asyncio.timeout(60):
            await first.wait()
        assert not second.is_set()


async def test_one_that_is_cancelled_takes_nobody_elses_ear(two: Database) -> None:
    listens, heard, other = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def listen() -> None:
        async with two.listening("ear", other.set):
            listens.set()
            await asyncio.Event().wait()

    async with two.listening("ear", heard.set) as deaf:
        task = asyncio.create_task(listen())
        await listens.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await notify(two, "ear")
        async with asyncio.timeout(60):
            await heard.wait()
        assert not deaf.is_set()
        assert not other.is_set()


async def test_a_lost_connection_is_told_to_all_who_may_then_listen_again(
    two: Database, database: Database
) -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def cut() -> bool:
        async with database.transaction() as tx:
            return bool(
                await tx.fetchval(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                    " where query like 'LISTEN \"ear%' and datname = current_database()"
                )
            )

    async with two.listening("ear_1", first.set) as deaf, two.listening("ear_2", first.set) as too:
        await until(cut)
        async with asyncio.timeout(60):
            await deaf.wait()
            await too.wait()
        # those who have not left yet are in nobody's way
        async with two.listening("ear_2", second.set):
            await notify(database, "ear_2")
            async with asyncio.timeout(60):
                await second.wait()
        assert not first.is_set()


async def test_who_fails_again_and_again_leaves_nothing_behind(two: Database) -> None:
    woken: list[int] = []

    async def fail(n: int) -> None:
        async with two.listening("ear", lambda: woken.append(n)):
            raise RuntimeError(n)

    heard = asyncio.Event()
    async with two.listening("ear", heard.set) as deaf:
        for n in range(100):
            with pytest.raises(RuntimeError):
                await fail(n)
        await notify(two, "ear")
        async with asyncio.timeout(60):
            await heard.wait()
        (ear, _) = two._pool.ears._now or (None, None)
        assert ear is not None
        assert [len(wakes) for wakes in ear._wakes.values()] == [1]
        assert not deaf.is_set()
    assert not woken


async def test_who_stops_waiting_for_the_ear_leaves_the_others_theirs(two: Database) -> None:
    heard = asyncio.Event()
    async with two.listening("ear", heard.set):

        async def listen() -> None:
            async with two.listening("ear_new", asyncio.Event().set):
                raise AssertionError("it was cancelled before")

        for _ in range(5):
            task = asyncio.create_task(listen())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with two.listening("ear_new", heard.set):
            await notify(two, "ear_new")
            async with asyncio.timeout(60):
                await heard.wait()
