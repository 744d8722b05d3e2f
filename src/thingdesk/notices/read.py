from uuid import UUID

from thingdesk.notices import store
from thingdesk.notices.model import Outgoing, Recipient
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def pending(tx: Transaction, machine: str, most: int = 100) -> list[Outgoing]:
    """What `machine` has not acknowledged yet, the oldest first."""
    return await store.pending(tx, Recipient.machine(machine), clock.now(), most)


async def get(tx: Transaction, notice: UUID) -> Outgoing | None:
    """The notice with this id, in whatever state."""
    return await store.get(tx, notice)


async def of_case(tx: Transaction, case_id: UUID, most: int = 100) -> list[Outgoing]:
    """What was told last in a case, the oldest of it first."""
    return await store.of_case(tx, case_id, most)
