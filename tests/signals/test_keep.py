from datetime import timedelta

from tests.fulfilment.making import overlapping

from thingdesk import signals
from thingdesk.platform.database import Database, Transaction

DAYS = timedelta(days=400)


async def test_processes_that_start_together_make_the_partitions_once(database: Database) -> None:
    async def keep(tx: Transaction) -> None:
        await signals.keep(tx, DAYS)

    await overlapping(database, keep, keep)
    async with database.transaction() as tx:
        made = await tx.fetchval(
            "select count(*) from pg_inherits where inhparent = 'signal'::regclass"
        )
    assert made == 4  # three days, and what fits in none
