"""What is stored of one machine at once is signed for together; machines come in by two lanes."""

import asyncio
from zlib import crc32

import httpx
from tests.line import Line
from tests.saying import Caller, a_caller, receipts, report
from tests.waiting import until

from thingdesk.platform.database import Database

MANY = 40
TOGETHER = 16
WAITS = (
    "select exists (select from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock')"
)


async def test_what_is_stored_at_once_comes_back_in_few_receipts(
    wire: Line, car: Caller, database: Database
) -> None:
    sent = [report(car.id) for _ in range(MANY)]

    async with database.transaction() as tx:
        await tx.execute("select from machine where id = $1 for update", car.id)
        for one in sent:
            wire.send("reports", one)
        await until(lambda: is_waited_for(database))
    keys = (await car.http.get("/v1/desk")).json()["keys"]
    told: dict[str, object] = {}
    answers = 0
    while len(told) < MANY:
        (one,) = await wire.heard()
        signed = receipts([one["data"]["receipt"]], keys, car.id)
        assert len(signed) <= TOGETHER
        told |= signed
        answers += 1
    assert told.keys() == {one["id"] for one in sent}
    assert answers < MANY / 2


async def test_a_group_that_waits_does_not_hold_up_the_other_lane(
    database: Database, http: httpx.AsyncClient
) -> None:
    held = await a_caller(database, http)
    others = [await a_caller(database, http) for _ in range(8)]
    (free, *_) = [one for one in others if lane(one) != lane(held)]
    async with database.transaction() as tx:
        await tx.execute("select from machine where id = $1 for update", held.id)
        waiting = asyncio.create_task(held.case_of(report(held.id)))
        await until(lambda: is_waited_for(database))
        assert await free.case_of(report(free.id))
        assert not waiting.done()
    assert await waiting


def lane(one: Caller) -> int:
    return crc32(one.id.encode()) % 2


async def is_waited_for(database: Database) -> bool:
    async with database.transaction() as look:
        return bool(await look.fetchval(WAITS))
