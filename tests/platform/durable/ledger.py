"""Runs that write what they did into a table of their own."""

from typing import Any

from thingdesk.platform import ids
from thingdesk.platform.database import Database
from thingdesk.platform.durable import Priority, Run, start


async def begin(database: Database, code: str, data: object = None) -> Any:
    run_id = ids.new()
    async with database.transaction() as tx:
        start(tx, run_id, code, data, priority=Priority.NORMAL)
    return run_id


async def effects(database: Database) -> list[str]:
    async with database.transaction() as tx:
        return [row["name"] for row in await tx.fetch("select name from happened order by name")]


async def state(database: Database, run_id: Any) -> tuple[str, str | None]:
    async with database.transaction() as tx:
        row = await tx.fetchrow("select state, problem from durable_run where id = $1", run_id)
        assert row
        return row["state"], row["problem"]


def effect(run: Run, name: str) -> Any:
    async def act() -> str:
        await run.tx.execute("insert into happened values ($1, $2)", run.id, name)
        return name

    return run.step(name, act)
