"""What is left of a transaction on its connection, and of a listener: nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from select import select

import asyncpg
import pytest
from tests.waiting import until

from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.gather import Gatherer
from thingdesk.platform.loops import repeat
from thingdesk.platform.metrics import Counter
from thingdesk.platform.pool import NotCommitted, is_passing

LOCK = 4711


@pytest.fixture
async def one(database_url: str) -> AsyncIterator[Database]:
    """A pool of one connection: each transaction comes after the one before it."""
    found = await Database.connect(database_url, most=1)
    yield found
    await found.close()


async def server_process(database: Database) -> int:
    async with database.transaction() as tx:
        found: int = await tx.fetchval("select pg_backend_pid()")
    return found


async def seen(one: Database, other: Database) -> tuple[object, ...]:
    """What a transaction on this connection finds, and whether all others find the lock free."""
    async with one.transaction() as tx:
        settings = await tx.fetch("select name, setting from pg_settings")
        left = await tx.fetchval("select coalesce(current_setting('thingdesk.left', true), '')")
        cursors = await tx.fetchval("select count(*) from pg_cursors where name = 'left_open'")
        made = await tx.fetchval("select to_regclass('public.left_behind')")
        channels = await tx.fetchval("select count(*) from pg_listening_channels()")
    async with other.transaction() as tx:
        free = await tx.fetchval("select pg_try_advisory_xact_lock($1)", LOCK)
    return settings, left, cursors, made, channels, free


async def make_a_mess(tx: Transaction) -> None:
    await tx.execute("select set_config('thingdesk.left', 'here', true)")
    await tx.execute("set local search_path = nowhere, public")
    await tx.execute("create table public.left_behind (n int)")
    await tx.execute("select pg_advisory_xact_lock($1)", LOCK)
    await tx.execute("declare left_open cursor for select 1")


@asynccontextmanager
async def left_clean(one: Database, other: Database) -> AsyncIterator[None]:
    """What the block does with the only connection of `one` is not to be seen on it afterwards."""
    before = await server_process(one), await seen(one, other)
    assert before[1][1:] == ("", 0, None, 0, True)
    yield
    assert (await server_process(one), await seen(one, other)) == before


async def test_nothing_of_a_transaction_is_there_in_the_next(
    one: Database, database: Database
) -> None:
    async with left_clean(one, database), one.transaction(idle_limit=5) as tx:
        await make_a_mess(tx)
        await tx.execute("drop table public.left_behind")


async def test_nor_of_one_that_fails(one: Database, database: Database) -> None:
    async with left_clean(one, database):
        with suppress(LookupError):
            async with one.transaction(idle_limit=5) as tx:
                await make_a_mess(tx)
                raise LookupError


async def test_nor_of_one_that_the_database_has_aborted(one: Database, database: Database) -> None:
    async def make_and_fail(tx: Transaction) -> None:
        await make_a_mess(tx)
        await fail_quietly(tx)

    async with left_clean(one, database):
        with pytest.raises(NotCommitted):
            await run(one, make_and_fail)


async def run(database: Database, act: Callable[[Transaction], Awaitable[None]]) -> None:
    async with database.transaction(idle_limit=5) as tx:
        await act(tx)


async def fail_quietly(tx: Transaction) -> None:
    """What is never right: PostgreSQL takes nothing more after a statement that failed."""
    with suppress(asyncpg.DivisionByZeroError):
        await tx.execute("select 1 / 0")


async def release_a_failed_savepoint(tx: Transaction) -> None:
    with suppress(asyncpg.InFailedSQLTransactionError):
        async with tx.savepoint():
            await fail_quietly(tx)


@pytest.mark.parametrize("fail", [fail_quietly, release_a_failed_savepoint])
async def test_a_commit_that_was_none_is_an_error_and_counts_nothing(
    database: Database, fail: Callable[[Transaction], Awaitable[None]]
) -> None:
    counter = Counter(f"test.{fail.__name__}", "What was committed.")

    async def make_and_fail(tx: Transaction) -> None:
        await tx.execute("create table never_made (n int)")
        tx.count(counter)
        await fail(tx)

    with pytest.raises(NotCommitted):
        await run(database, make_and_fail)
    async with database.transaction() as tx:
        assert await tx.fetchval("select to_regclass('never_made')") is None
    assert counter.totals == {"": 0}


async def test_who_waits_for_a_group_that_was_not_committed_hears_it(database: Database) -> None:
    async def handle(tx: Transaction, items: Sequence[bool]) -> Sequence[bool]:
        for bad in items:
            if bad:
                await fail_quietly(tx)
        return items

    async with Gatherer(database, handle, kind="test") as group:
        all_ = [group.put(bad) for bad in (False, True, False, False)]
        answers = await asyncio.gather(*all_, return_exceptions=True)
    assert [type(one) for one in answers] == [bool, NotCommitted, bool, bool]


async def test_what_may_have_passed_is_tried_once_more_and_nothing_else(database: Database) -> None:
    tried: list[str] = []

    async def handle(_: Transaction, items: Sequence[str]) -> Sequence[str]:
        tried.extend(items)
        if items[0] == "deadlock" and tried.count("deadlock") == 1:
            raise asyncpg.DeadlockDetectedError("another one was first")
        if items[0] == "always":
            raise asyncpg.DeadlockDetectedError("another one is always first")
        if items[0] == "wrong":
            raise ValueError("it is wrong")
        return items

    async with Gatherer(database, handle, kind="test", most=1) as group:
        all_ = [group.put(one) for one in ("deadlock", "always", "wrong")]
        answers = await asyncio.gather(*all_, return_exceptions=True)
    assert [type(one) for one in answers] == [str, asyncpg.DeadlockDetectedError, ValueError]
    assert tried == ["deadlock", "deadlock", "always", "always", "wrong"]


@pytest.mark.parametrize("times", [1, 2])
async def test_nor_of_one_that_is_cancelled_even_while_it_ends(
    one: Database, database: Database, times: int
) -> None:
    waits = asyncio.Event()

    async def wait() -> None:
        async with one.transaction(idle_limit=5) as tx:
            await make_a_mess(tx)
            waits.set()
            await tx.execute("select pg_sleep(60)")

    async with left_clean(one, database):
        task = asyncio.create_task(wait())
        await waits.wait()
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_transaction_costs_two_statements_beside_its_own(one: Database) -> None:
    said: list[str] = []
    async with one.transaction() as tx:
        tx._connection.add_query_logger(lambda record: said.append(record.query))
    said.clear()
    async with one.transaction() as tx:
        await tx.execute("select 1")
    assert said == ["BEGIN;", "select 1", "COMMIT;"]


async def test_a_listeners_connection_goes_back_without_listening(
    one: Database, database: Database
) -> None:
    async with left_clean(one, database), one.listening("left", lambda: None):
        pass


async def test_a_listener_that_is_cancelled_leaves_none_that_listens(
    one: Database, database: Database
) -> None:
    listens = asyncio.Event()

    async def listen() -> None:
        async with one.listening("left", lambda: None):
            listens.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(listen())
    await listens.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await seen(one, database))[4] == 0


@asynccontextmanager
async def working(
    database: Database, stop: asyncio.Event, woken: asyncio.Event
) -> AsyncIterator[None]:
    async def act() -> int:
        woken.set()
        return 0

    async with asyncio.TaskGroup() as group:
        group.create_task(repeat(database, "left", act, stop, every=3600))
        yield
        stop.set()


async def test_work_whose_listener_was_cut_off_listens_again(database: Database) -> None:
    stop, woken = asyncio.Event(), asyncio.Event()

    async def listeners() -> list[int]:
        async with database.transaction() as tx:
            rows = await tx.fetch(
                "select pid from pg_stat_activity where query = 'LISTEN \"left\"'"
                " and datname = current_database()"
            )
        return [row["pid"] for row in rows]

    async with working(database, stop, woken):
        (cut,) = await until(listeners)
        async with database.transaction() as tx:
            await tx.execute("select pg_terminate_backend($1)", cut)

        async def another() -> bool:
            return bool(set(await listeners()) - {cut})

        await until(another)
        woken.clear()
        async with database.transaction() as tx:
            tx.notify("left")
        async with asyncio.timeout(60):
            await woken.wait()


@pytest.mark.parametrize("turns", range(6))
async def test_a_session_that_the_server_has_ended_is_tried_again_whenever_that_is_seen(
    one: Database, turns: int
) -> None:
    """What is raised depends on how much of the server's last words has been read by then."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - that is what is looked at
        await outstay(one, turns)
    assert is_passing(caught.value), repr(caught.value)


async def outstay(one: Database, turns: int) -> None:
    async with one.transaction(idle_limit=0.05) as tx:
        connection = tx._connection._con
        # nothing else goes on until the server has had enough: as when a module is loaded
        select([connection._transport.get_extra_info("socket")], [], [], 60)
        for _ in range(turns):
            await asyncio.sleep(0)
