import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.mandates.making import Party, a_party, euros
from tests.mandates.test_budgets import someone_waits

from thingdesk import mandates
from thingdesk.platform.database import Database


async def stop(party: Party) -> None:
    async with party.database.transaction() as tx:
        assert await mandates.revoke(tx, party.owner_id, "enough")


async def less(party: Party) -> None:
    await party.grant(per_case=euros(50))


@pytest.mark.parametrize(
    ("change", "code"), [(stop, "mandate_revoked"), (less, "over_case_budget")]
)
async def test_who_waited_for_the_money_goes_by_the_mandate_that_there_is_then(
    database: Database, change: Callable[[Party], Awaitable[None]], code: str
) -> None:
    """It was read before the wait, and its owner was told since that they are asked from now on."""
    party = await a_party(database)
    await party.grant()
    async with database.transaction() as tx:
        await mandates.check(tx, party.action())
        late = asyncio.create_task(party.code(party.action()))
        await someone_waits(database)
        await change(party)
    assert await late == code
