from dataclasses import replace
from datetime import timedelta

from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.durable import (
    KEPT,
    Engine,
    Priority,
    Run,
    forget_unheard,
    send,
    start,
    store,
)


async def waiting(run: Run) -> None:
    await run.wait("answer")


async def test_runs_that_ended_long_ago_are_let_go_with_their_messages(database: Database) -> None:
    engine = Engine(database, {"waiting": waiting})
    ended, waits = [ids.new() for _ in range(3)], ids.new()
    async with database.transaction() as tx:
        for run_id in (*ended, waits):
            start(tx, run_id, "waiting", None, priority=Priority.NORMAL)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        while await engine.once():
            pass
        async with database.transaction() as tx:
            for run_id in ended:
                send(tx, run_id, "answer", "yes")
        while await engine.once():
            pass
        gone = []
        for days in (100, 50, 0, 0):
            turnable.turn(timedelta(days=days))
            async with database.transaction() as tx:
                gone.append(await replace(KEPT[0], most=2).let_go(tx))
    async with database.transaction() as tx:
        left = await tx.fetch("select id from durable_run")
        messages = await tx.fetchval("select count(*) from durable_message")
    assert gone == [0, 2, 1, 0]
    assert [row["id"] for row in left] == [waits], "what waits is never let go"
    assert messages == 0


async def test_a_message_that_came_while_its_run_ended_is_not_due_for_ever(
    database: Database,
) -> None:
    engine, run_id = Engine(database, {"waiting": waiting}), ids.new()
    async with database.transaction() as tx:
        start(tx, run_id, "waiting", None, priority=Priority.NORMAL)
    await engine.once()
    async with database.transaction() as late:
        send(late, run_id, "too late", None)
        await late.flush()
        async with database.transaction() as tx:
            send(tx, run_id, "answer", "yes")
        await engine.once()
    async with database.transaction() as tx:
        assert await tx.fetchval("select state from durable_run where id = $1", run_id) == "ended"
        assert (await store.measure(tx, clock.now()))["told"] == 0


async def test_a_message_to_a_run_that_is_gone_goes_too(database: Database) -> None:
    engine, gone, waits = Engine(database, {"waiting": waiting}), ids.new(), ids.new()
    async with database.transaction() as tx:
        for key in ("one", "two", "three"):
            send(tx, gone, key, None)
        start(tx, waits, "waiting", None, priority=Priority.NORMAL)
        send(tx, waits, "not yet", None)
    steps = []
    for _ in range(3):
        async with database.transaction() as tx:
            steps.append(await forget_unheard(tx, most=2))
    async with database.transaction() as tx:
        left = await tx.fetch(
            "select key from durable_message where run_id in ($1, $2)", gone, waits
        )
    assert steps == [2, 1, 0]
    assert [row["key"] for row in left] == ["not yet"]
    await engine.once()
