from collections.abc import Collection
from uuid import UUID

from thingdesk.hooks import delivery_store
from thingdesk.hooks.model import Delivery
from thingdesk.platform.database import Transaction


async def claim_due(
    tx: Transaction, most: int, *, each: int = 4, without: Collection[UUID] = ()
) -> list[Delivery]:
    """Up to `most` deliveries that are due, each for one attempt; `each` of one hook at most, and
    none of the hooks `without`.

    The next attempt comes by itself, later each time, unless `delivered` or `give_up` ends it.
    Commit before sending: then a crash leads to a repeat and never to a loss.
    """
    return await delivery_store.claim(tx, most, each, without)
