from uuid import UUID

from thingdesk.notices import store
from thingdesk.notices.end import end
from thingdesk.notices.model import State
from thingdesk.platform.database import Transaction


async def give_up(tx: Transaction, notice: UUID, reason: str) -> None:
    """Make no further attempt, for `reason`; a notice that has ended already stays as it is."""
    rows = await store.lock_open(tx, [notice])
    await end(tx, [store.Ending(row, State.GIVEN_UP, reason) for row in rows])
