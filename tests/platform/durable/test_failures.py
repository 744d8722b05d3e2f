"""What is said of runs that fail, and how stuck ones are taken up again."""

import asyncio
import inspect
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.durable import (
    MOST_FAILURES,
    Engine,
    Priority,
    Run,
    Trouble,
    Turn,
    failing,
    retry,
    send,
    standing,
    start,
    stuck,
    unknown,
)

HERE = Path(__file__).name


class Told:
    """What an engine told of its runs."""

    def __init__(self) -> None:
        self.troubles: list[Trouble] = []

    async def __call__(self, _: Transaction, one: Trouble) -> None:
        self.troubles.append(one)

    @property
    def turns(self) -> list[Turn]:
        return [one.turn for one in self.troubles]


@pytest.fixture
async def empty(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute("truncate durable_run, durable_message")
    return database


async def begin(database: Database, code: str) -> UUID:
    run_id = ids.new()
    async with database.transaction() as tx:
        start(tx, run_id, code, None, priority=Priority.NORMAL)
    return run_id


async def drain(engine: Engine, turnable: clock.Turnable, hours: int = 0) -> None:
    for _ in range(hours + 1):
        while await engine.once():
            pass
        if hours:
            turnable.turn(timedelta(hours=1))


async def ids_of(database: Database, find: Any) -> list[UUID]:
    async with database.transaction() as tx:
        return [one.id for one in await find(tx, 100)]


async def boom(_: Run) -> None:
    raise LookupError("no " * 500)


LINE = inspect.getsourcelines(boom)[1] + 1


async def test_a_failure_says_what_and_where_and_no_secret(empty: Database) -> None:
    async def leaks(_: Run) -> None:
        raise ValueError("cannot reach smtp://desk:secret@mail.example\nat all")

    told = Told()
    run_id, long = await begin(empty, "leaks"), await begin(empty, "boom")
    await Engine(empty, {"leaks": leaks, "boom": boom}, tell=told).once()
    async with empty.transaction() as tx:
        known = {one.id: one for one in await standing(tx, [run_id, long])}
    line = inspect.getsourcelines(leaks)[1] + 1
    words = "ValueError: cannot reach smtp://***@mail.example at all"
    assert known[run_id].problem == f"{words} (tests/platform/durable/{HERE}:{line})"
    assert known[long].failures == 1
    (first,) = [one.failure for one in told.troubles if one.run == long]
    assert first
    assert first.where == f"tests/platform/durable/{HERE}:{LINE}"
    assert len(first.error) == 300


async def test_it_is_told_once_then_that_it_is_stuck_then_that_it_goes_on(
    empty: Database, caplog: pytest.LogCaptureFixture
) -> None:
    told, broken, turns = Told(), [True], [0]

    async def counts(_: Run) -> None:
        turns[0] += 1
        if broken[0]:
            raise ValueError(f"attempt {turns[0]}")

    run_id = await begin(empty, "counts")
    engine, turnable = Engine(empty, {"counts": counts}, tell=told), clock.Turnable()
    with clock.reading(turnable), caplog.at_level(logging.INFO):
        await drain(engine, turnable, hours=12)
        assert told.turns == [Turn.FAILS, Turn.STUCK]
        # each attempt ran in its batch and then alone
        assert turns[0] == 2 * MOST_FAILURES
        assert [one.exc_info is not None for one in caplog.records].count(True) == 1
        async with empty.transaction() as tx:
            assert await retry(tx, [run_id]) == [run_id]
        broken[0] = False
        await drain(engine, turnable)
        async with empty.transaction() as tx:
            assert await retry(tx, [run_id]) == []
    assert told.turns[2:] == [Turn.GOES_ON]
    assert await ids_of(empty, stuck) == []


async def test_another_error_is_told_too(empty: Database) -> None:
    told, attempts = Told(), [0]

    async def fails(_: Run) -> None:
        attempts[0] += 1
        raise ValueError(f"attempt {attempts[0]}") if attempts[0] <= 4 else KeyError("other")

    await begin(empty, "fails")
    engine, turnable = Engine(empty, {"fails": fails}, tell=told), clock.Turnable()
    with clock.reading(turnable):
        await drain(engine, turnable, hours=3)
    assert [one.failure.kind for one in told.troubles if one.failure] == ["ValueError", "KeyError"]


async def test_what_passes_by_itself_is_not_told(empty: Database) -> None:
    told, left = Told(), [2]

    async def unlucky(_: Run) -> None:
        if left[0]:
            left[0] -= 1
            raise asyncpg.DeadlockDetectedError("deadlock detected")

    await begin(empty, "unlucky")
    engine, turnable = Engine(empty, {"unlucky": unlucky}, tell=told), clock.Turnable()
    with clock.reading(turnable):
        await engine.once()
        assert len(await ids_of(empty, failing)) == 1
        turnable.turn(timedelta(hours=1))
        await engine.once()
    assert told.turns == []
    assert await ids_of(empty, failing) == []


async def test_a_batch_that_fails_by_none_of_its_runs_is_logged_whole(
    empty: Database, caplog: pytest.LogCaptureFixture
) -> None:
    left = [1]

    async def unlucky(_: Run) -> None:
        if left[0]:
            left[0] -= 1
            raise asyncpg.DeadlockDetectedError("deadlock detected")

    await begin(empty, "unlucky")
    assert await Engine(empty, {"unlucky": unlucky}).once() == 1
    (record,) = [one for one in caplog.records if one.exc_info]
    assert "none of them alone" in record.message


async def waits(run: Run) -> None:
    await run.now()
    await run.wait("answer")


async def changed(run: Run) -> None:
    async def more() -> None:
        """Something that the code did not do before."""

    await run.step("more", more)
    await waits(run)


async def test_a_worker_tries_what_is_stuck_once_at_its_start_and_old_code_goes_on(
    empty: Database,
) -> None:
    """The code was edited in place while a run waited; then the old is back beside the new."""
    run_id, told, stop = await begin(empty, "it@1"), Told(), asyncio.Event()
    await Engine(empty, {"it@1": waits}).once()
    async with empty.transaction() as tx:
        send(tx, run_id, "answer", "yes")
    await Engine(empty, {"it@1": changed}, tell=told).once()
    assert told.turns == [Turn.STUCK]
    async with empty.transaction() as tx:
        (one,) = await stuck(tx)
    assert one.id == run_id
    assert "give the changed code a new version" in (one.problem or "")
    stop.set()

    async def restarted(first: Any) -> None:
        engine = Engine(empty, {"it@1": first, "it@2": changed}, tell=told)
        await engine.work(stop)  # stopped at once: it only looks for what is stuck
        turnable = clock.Turnable()
        with clock.reading(turnable):
            turnable.turn(timedelta(minutes=1))
            while await engine.once():
                pass

    await restarted(changed)
    assert await ids_of(empty, stuck) == [run_id], "one attempt, and it is stuck again"
    assert told.turns == [Turn.STUCK], "which is no news"
    engine = Engine(empty, {"it@2": changed}, tell=told)
    await engine.work(stop)
    assert await ids_of(empty, stuck) == [run_id], "not without its code"
    await restarted(waits)
    assert await ids_of(empty, stuck) == []
    assert told.turns == [Turn.STUCK, Turn.GOES_ON]
    async with empty.transaction() as tx:
        assert await standing(tx, [run_id]) == [], "it heard the answer that came meanwhile"


async def test_runs_without_code_are_counted(empty: Database) -> None:
    await begin(empty, "a@1")
    await begin(empty, "b@1")
    await begin(empty, "b@1")
    async with empty.transaction() as tx:
        assert await unknown(tx, ["a@1"]) == [("b@1", 2)]
        assert await unknown(tx, []) == [("a@1", 1), ("b@1", 2)]
