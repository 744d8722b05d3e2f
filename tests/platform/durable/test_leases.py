"""A worker that falls silent: when its runs fall to another, and what it may do no more."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest
from tests.platform.durable.ledger import begin, effect, effects, state
from tests.waiting import until

from thingdesk.platform import clock
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.durable import Engine, Run

LIMIT = "idle_in_transaction_session_timeout"


class Pause:
    """In the middle of a batch, until it is over."""

    def __init__(self) -> None:
        self.reached, self.over = asyncio.Event(), asyncio.Event()

    async def __call__(self, _: Transaction, items: Sequence[None]) -> Sequence[None]:
        self.reached.set()
        await self.over.wait()
        return items


async def test_the_server_is_told_of_the_lease_in_all_that_a_worker_does(ledger: Database) -> None:
    told: list[str] = []

    async def note(tx: Transaction, _: object) -> None:
        told.append(await tx.fetchval("select current_setting($1)", LIMIT))

    async def broken(run: Run) -> None:
        await note(run.tx, None)
        raise ValueError("as planned")

    await begin(ledger, "broken")
    await Engine(ledger, {"broken": broken}, lease=7.0, tell=note).once()
    assert told == ["7s"] * 3, "in the batch, alone, and when the failure is noted"


async def test_a_worker_that_falls_silent_loses_its_runs_and_cannot_commit(
    ledger: Database,
) -> None:
    pause = Pause()

    async def slow(run: Run) -> None:
        await effect(run, "by the one that paused")
        await run.tx.share(pause, None)

    await begin(ledger, "shared")
    paused = asyncio.create_task(Engine(ledger, {"shared": slow}, lease=0.3).once())
    await pause.reached.wait()

    async def quick(run: Run) -> None:
        await effect(run, "by the one that took over")

    other = Engine(ledger, {"shared": quick})
    async with asyncio.timeout(60):
        while await effects(ledger) == []:
            await other.once()
    pause.over.set()
    assert await paused == 0
    assert await effects(ledger) == ["by the one that took over"]


async def test_a_failure_of_a_worker_that_was_fenced_does_not_touch_the_run(
    ledger: Database,
) -> None:
    pause = Pause()

    async def slow(run: Run) -> None:
        await effect(run, "by the one that paused")
        await run.tx.share(pause, None)

    run_id = await begin(ledger, "shared")
    fenced = Engine(ledger, {"shared": slow}, lease=0.3, batch=1)
    paused = asyncio.create_task(fenced._one())
    await pause.reached.wait()

    async def quick(run: Run) -> None:
        await effect(run, "by the one that took over")

    other = Engine(ledger, {"shared": quick})
    async with asyncio.timeout(60):
        while await effects(ledger) == []:
            await other.once()
    pause.over.set()
    assert await paused is False
    assert await state(ledger, run_id) == ("ended", None)


async def test_a_worker_that_stopped_while_it_read_is_ended_after_the_lease(
    ledger: Database, database_url: str
) -> None:
    stuck = await Database.connect(database_url, most=1)
    async with stuck._pool.connection() as connection:
        await connection.execute("begin")
        me = await connection.fetchval("select pg_backend_pid()")
        statement = await connection.prepare(
            "select repeat('x', 1000000) from generate_series(1, 50)"
        )
        connection._con._transport.pause_reading()
        reading = asyncio.create_task(statement.fetch())
        await until(lambda: writes_for(ledger, me, 0.5))
        await Engine(ledger, {}, lease=600).sweep()
        assert await writes_for(ledger, me, 0.5)
        await Engine(ledger, {}, lease=0.4).sweep()
        await until(lambda: gone(ledger, me))
        connection._con._transport.resume_reading()
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await reading
    stuck.abandon()


async def writes_for(database: Database, pid: int, seconds: float) -> bool:
    """Whether that session has waited so long for its client to read."""
    query = """
    select count(*) from pg_stat_activity
    where pid = $1 and wait_event = 'ClientWrite' and clock_timestamp() - state_change >= $2
    """
    async with database.transaction() as tx:
        return bool(await tx.fetchval(query, pid, timedelta(seconds=seconds)))


async def gone(database: Database, pid: int) -> bool:
    async with database.transaction() as tx:
        query = "select count(*) from pg_stat_activity where pid = $1"
        return not await tx.fetchval(query, pid)


async def test_workers_whose_clocks_differ_by_an_hour_do_each_step_once(ledger: Database) -> None:
    """The one that is ahead comes early to what is due, and no lock or lease hangs on it."""

    async def two_steps(run: Run) -> None:
        await effect(run, "before")
        begun = await run.now()
        await run.wait(until=begun + timedelta(minutes=30))
        await effect(run, "after")

    run_id = await begin(ledger, "timed")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        await Engine(ledger, {"timed": two_steps}).once()
        turnable.turn(-timedelta(hours=1))
        assert await Engine(ledger, {"timed": two_steps}).once() == 0
        turnable.turn(timedelta(hours=2))
        assert await Engine(ledger, {"timed": two_steps}).once() == 1
        turnable.turn(-timedelta(hours=1))
        assert await Engine(ledger, {"timed": two_steps}).once() == 0
    assert await effects(ledger) == ["after", "before"]
    assert (await state(ledger, run_id))[0] == "ended"
