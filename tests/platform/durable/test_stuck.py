import asyncio

from tests.waiting import until

from thingdesk.platform import ids
from thingdesk.platform.database import Database
from thingdesk.platform.durable import Changed, Engine, Function, Priority, Run, start, tell_stuck


async def test_what_is_stuck_is_told_once_and_gets_one_more_try_when_a_worker_starts(
    database: Database,
) -> None:
    async def broken(_: Run) -> None:
        raise Changed("as planned")

    async def mended(_: Run) -> None:
        pass

    async def work(function: Function, wanted: str) -> None:
        stop = asyncio.Event()
        async with database.transaction() as tx:
            epoch = await tx.fetchval("select epoch from durable_run where id = $1", run_id)
        engine = Engine(database, {"broken": function})

        async def reached() -> bool:
            async with database.transaction() as tx:
                found = "select state = $2 and epoch > $3 from durable_run where id = $1"
                return bool(await tx.fetchval(found, run_id, wanted, epoch))

        async with asyncio.TaskGroup() as group:
            group.create_task(engine.work(stop))
            await until(reached)
            stop.set()

    run_id = ids.new()
    async with database.transaction() as tx:
        start(tx, run_id, "broken", None, priority=Priority.NORMAL)
    await work(broken, "stuck")
    for expected in ([(run_id, "broken", "Changed: as planned")], []):
        async with database.transaction() as tx:
            assert await tell_stuck(tx) == expected
    await work(broken, "stuck")
    async with database.transaction() as tx:
        assert await tell_stuck(tx) == [], "it is the same problem"
    await work(mended, "ended")
