"""A case that ends while others report the same problem."""

import asyncio
from datetime import timedelta
from uuid import UUID

from tests.cases.openings import opening

from thingdesk import cases
from thingdesk.cases import Outcome
from thingdesk.platform.database import Database


async def test_who_ends_a_case_and_who_joins_it_wait_for_each_other(database: Database) -> None:
    """Locked in another order each, they would die of each other (and be tried again later)."""

    async def join(subject: str) -> None:
        async with database.transaction() as tx:
            await cases.open(tx, [opening(subject)])

    async def end(case_id: UUID) -> None:
        async with database.transaction() as tx:
            await cases.end(tx, case_id, Outcome.FULFILLED, "Done.", {}, timedelta())

    for round_ in range(20):
        subjects = [f"busy-{round_}-{n}" for n in range(5)]
        async with database.transaction() as tx:
            opened = await cases.open(tx, [opening(subject) for subject in subjects])
        await asyncio.gather(
            *(join(subject) for subject in subjects), *(end(one.case_id) for one in opened)
        )
