from collections.abc import Sequence
from uuid import UUID

from thingdesk.journeys import store
from thingdesk.platform import durable
from thingdesk.platform.database import Transaction


async def erase(tx: Transaction, case_ids: Sequence[UUID]) -> None:
    """Forget what the journeys of these cases were told and found; what they did and what it cost
    stays in the ledger. For journeys that have ended.
    """
    await store.erase(tx, case_ids)
    await durable.drop(tx, await store.ended(tx, case_ids))
