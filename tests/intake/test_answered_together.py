"""What is stored of one machine at once is signed for together: signatures are dear."""

from tests.line import Line
from tests.saying import Caller, receipts, report
from tests.waiting import until

from thingdesk.platform.database import Database

MANY = 40
WAITS = (
    "select exists (select from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock')"
)


async def test_what_is_stored_at_once_comes_back_in_one_receipt(
    wire: Line, car: Caller, database: Database
) -> None:
    sent = [report(car.id) for _ in range(MANY)]

    async def is_waited_for() -> bool:
        async with database.transaction() as look:
            return bool(await look.fetchval(WAITS))

    async with database.transaction() as tx:
        await tx.execute("select from machine where id = $1 for update", car.id)
        for one in sent:
            wire.send("reports", one)
        await until(is_waited_for)
    keys = (await car.http.get("/v1/desk")).json()["keys"]
    told: dict[str, object] = {}
    answers = 0
    while len(told) < MANY:
        (one,) = await wire.heard()
        told |= receipts([one["data"]["receipt"]], keys, car.id)
        answers += 1
    assert told.keys() == {one["id"] for one in sent}
    assert answers < MANY / 2
