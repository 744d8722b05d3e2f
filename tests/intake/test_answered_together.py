"""What is stored of one machine at once is signed for together; machines come in by two lanes."""

import asyncio
from zlib import crc32

import httpx
from tests.desk import DeskProcess
from tests.line import Line, line
from tests.saying import Caller, a_caller, event, receipts, report, signal
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
    free = await beside(held, database, http, same=False)
    async with database.transaction() as tx:
        await tx.execute("select from machine where id = $1 for update", held.id)
        waiting = asyncio.create_task(held.case_of(report(held.id)))
        await until(lambda: is_waited_for(database))
        assert await free.case_of(report(free.id))
        assert not waiting.done()
    assert await waiting


async def test_one_that_cannot_be_answered_keeps_nobody_else_from_their_receipt(
    database: Database, http: httpx.AsyncClient, desk: DeskProcess
) -> None:
    """Of three that share a lane the first holds up the group of the other two, which are answered
    in one turn: first the one that cannot be.
    """
    held = await a_caller(database, http)
    bad, good = [await beside(held, database, http, same=True) for _ in range(2)]
    said = event(bad.id, "report", {"service": "faulty.mumble", "input": {"times": 1}})
    wanted = report(good.id)

    async def told() -> bool:
        return f"{bad.id} could not be answered" in desk.log()

    port = desk.mqtt_port
    async with line(bad.signing, port) as first, line(good.signing, port) as two:
        async with database.transaction() as tx:
            await tx.execute("select from machine where id = $1 for update", held.id)
            waiting = asyncio.create_task(held.case_of(report(held.id)))
            await until(lambda: is_waited_for(database))
            for wire, one in ((first, said), (two, wanted)):
                wire.send("reports", one)
                await wire.flushed()
        (answer,) = await two.heard()
        await until(told)
        assert await waiting
        # and it is there for that one, too
        (known,) = await first.say("signals", signal(bad.id))
    assert known["type"] == answer["type"] == "thingdesk.receipt"


async def beside(
    held: Caller, database: Database, http: httpx.AsyncClient, *, same: bool
) -> Caller:
    """A machine that comes in by the same lane, or by the other one."""
    while (lane(one := await a_caller(database, http)) == lane(held)) is not same:
        pass
    return one


def lane(one: Caller) -> int:
    return crc32(one.id.encode()) % 2


async def is_waited_for(database: Database) -> bool:
    async with database.transaction() as look:
        return bool(await look.fetchval(WAITS))
