from uuid import UUID

from thingdesk.hooks import delivery_store
from thingdesk.platform.database import Transaction


async def delivered(tx: Transaction, delivery_id: UUID) -> None:
    """The other side took it."""
    await delivery_store.settle(tx, delivery_id, None)
