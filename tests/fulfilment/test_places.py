from collections import Counter
from uuid import UUID

from tests.fulfilment.making import at_once, make_offer, make_provider

from thingdesk.fulfilment import effects
from thingdesk.platform.database import Database
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
