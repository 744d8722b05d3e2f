from uuid import UUID

from thingdesk.decisions import store
from thingdesk.decisions.model import Decision
from thingdesk.platform.database import Transaction


async def get(tx: Transaction, decision: UUID) -> Decision | None:
    """The decision with this id, in whatever state."""
    return await store.get(tx, decision)


async def of_case(tx: Transaction, case_id: UUID, most: int = 100) -> list[Decision]:
    """Those of a case that are open, and the newest others, the oldest of them first."""
    return await store.of_case(tx, case_id, most)


async def open_for_owner(tx: Transaction, owner_id: UUID, most: int = 100) -> list[Decision]:
    """What an owner is asked at present, the oldest first."""
    return await store.open_for_owner(tx, owner_id, most)


async def open_for_staff(tx: Transaction) -> list[Decision]:
    """What staff are asked at present, the oldest first."""
    return await store.open_for_staff(tx)
