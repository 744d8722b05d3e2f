from datetime import timedelta

from tests.fulfilment.making import overlapping

from thingdesk import signals
from thingdesk.platform import clock
from thingdesk.platform.database import Database


async def partitions(database: Database) -> set[str]:
    async with database.transaction() as tx:
        rows = await tx.fetch(
            "select inhrelid::regclass::text as name from pg_inherits"
            " where inhparent = 'signal'::regclass"
        )
    return {row["name"] for row in rows}


async def test_processes_that_start_together_make_the_partitions_once(database: Database) -> None:
    await overlapping(database, signals.make_room, signals.make_room)
    assert len(await partitions(database)) == 4  # three days, and what fits in none


async def test_days_that_are_over_go_one_a_step_and_say_how_late_they_are(
    database: Database,
) -> None:
    days, turnable = signals.Days(timedelta(days=30)), clock.Turnable()
    midnight = turnable().replace(hour=0, minute=0, second=0, microsecond=0)
    turnable.turn(midnight - turnable())
    with clock.reading(turnable):
        async with database.transaction() as tx:
            await signals.make_room(tx)
        first = f"signal_{turnable():%Y%m%d}"
        turnable.turn(timedelta(days=30))
        async with database.transaction() as tx:
            assert await days.overdue(tx) is None, "it ends within the thirty"
            assert await days.let_go(tx) == 0
        turnable.turn(timedelta(days=2))
        late, left = [], []
        for _ in range(3):
            async with database.transaction() as tx:
                late.append(await days.overdue(tx))
                left.append(await days.let_go(tx))
    assert [one and round(one / timedelta(hours=1)) for one in late] == [24, 0, None]
    assert left == [2, 1, 0]
    assert first not in await partitions(database)
    assert "signal_other" in await partitions(database)
