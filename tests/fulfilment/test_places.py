from collections import Counter
from uuid import UUID

from tests.fulfilment.making import at_once, make_offer, make_provider, overlapping

from thingdesk import fulfilment
from thingdesk.fulfilment import effects
from thingdesk.platform import ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Refused


async def offer_for_now(database: Database, provider: UUID) -> str:
    try:
        async with database.transaction() as tx:
            await effects.hold_place(tx, provider)
            await effects.offer_job(tx, make_offer(provider))
    except Refused as refused:
        return refused.refusal.code
    return "offered"


async def test_no_more_jobs_for_now_are_offered_at_once_than_there_are_places(
    database: Database,
) -> None:
    provider = (await make_provider(database, capacity=3)).id
    outcomes = await at_once(database, *(offer_for_now(database, provider) for _ in range(20)))
    assert Counter(outcomes) == {"offered": 3, "provider_busy": 17}


async def test_jobs_in_one_transaction_count_before_they_are_written(database: Database) -> None:
    provider = (await make_provider(database, capacity=2)).id
    outcomes = []
    async with database.transaction() as tx:
        for _ in range(4):
            try:
                await effects.hold_place(tx, provider)
            except Refused as refused:
                outcomes.append(refused.refusal.code)
            else:
                await effects.offer_job(tx, make_offer(provider))
    assert outcomes == ["provider_busy"] * 2


async def send_the_only_one(tx: Transaction, machine: str) -> str:
    try:
        await effects.only_one(tx, machine, "tow")
    except Refused as refused:
        return refused.refusal.code
    await effects.offer_job(tx, make_offer(ids.new(), machine=machine))
    return "offered"


async def test_of_those_who_want_to_be_the_only_one_one_is(database: Database) -> None:
    machine = str(ids.new())
    first, second = (lambda tx: send_the_only_one(tx, machine) for _ in range(2))
    assert await overlapping(database, first, second) == "dispatched_already"
    async with database.transaction() as tx:
        assert await send_the_only_one(tx, str(ids.new())) == "offered"
        assert await fulfilment.is_under_way(tx, machine, "tow")
        assert not await fulfilment.is_under_way(tx, machine, "inspect")
