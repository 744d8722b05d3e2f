"""What ended lately is looked at every few seconds, whatever there was before."""

from thingdesk.access import grant_store
from thingdesk.platform import clock
from thingdesk.platform.database import Database


async def test_it_is_found_by_an_index_in_each_table(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("set local enable_seqscan = off")
        read = "explain " + grant_store._ENDED_FOR
        rows = await tx.fetch(read, clock.now(), "", 10)
    plan = "\n".join(row["QUERY PLAN"] for row in rows)
    assert "Seq Scan" not in plan, plan
    for index in ("access_grant_ended", "access_ended_at", "access_grant_made"):
        assert index in plan, plan
