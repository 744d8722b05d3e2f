"""A database that was restored on another server: its transactions are numbered anew there."""

import pytest
from tests.diagnosis.test_advance import HOT, MINUTE, advance, machine, say

from thingdesk import diagnosis, signals
from thingdesk.platform import clock
from thingdesk.platform.database import Database

ELSEWHERE = 10**12


@pytest.fixture(autouse=True)
async def kept(database: Database) -> None:
    async with database.transaction() as tx:
        await signals.make_room(tx)


async def restore(database: Database) -> None:
    """What a dump of a server that has seen more transactions looks like here."""
    async with database.transaction() as tx:
        await tx.execute("update signal set tx = tx + $1", ELSEWHERE)
        await tx.execute("update diagnosis_shard set tx = tx + $1", ELSEWHERE)


async def settle(database: Database) -> bool:
    async with database.transaction() as tx:
        return await diagnosis.settle_in(tx)


async def test_what_comes_after_a_restore_is_read_and_what_was_not_read_before_too(
    database: Database,
) -> None:
    name, start = await machine(database, "press-1"), clock.now() - 10 * MINUTE
    await say(database, name, start, 120, 120)
    await advance(database)
    await say(database, name, start + 2 * MINUTE, 120)
    await restore(database)
    assert await settle(database)
    step = await advance(database)
    assert [one.rule for one in step.opened] == [HOT.name]
    await say(database, name, start + 3 * MINUTE, 80)
    step = await advance(database)
    assert len(step.observations) == 1
    assert [one.rule for one in step.cleared] == [HOT.name]


async def test_at_home_there_is_nothing_to_do(database: Database) -> None:
    name = await machine(database, "press-2")
    await say(database, name, clock.now() - MINUTE, 50)
    assert not await settle(database)
    await advance(database)
    await restore(database)
    assert await settle(database)
    assert not await settle(database)
    assert (await advance(database)).observations == ()
