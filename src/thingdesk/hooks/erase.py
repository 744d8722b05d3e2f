from uuid import UUID

from thingdesk.hooks import store
from thingdesk.platform.database import Transaction


async def erase(tx: Transaction, owner_id: UUID) -> None:
    """Forget the addresses that an owner's machines registered, and all that was due there."""
    await store.erase(tx, owner_id)
