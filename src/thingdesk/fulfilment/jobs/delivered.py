from uuid import UUID

from thingdesk.fulfilment.jobs import store
from thingdesk.platform.database import Transaction


async def delivered(tx: Transaction, delivery_id: UUID) -> None:
    """The provider's system took it; it was told for the last time."""
    await store.end_delivery(tx, delivery_id, None)
