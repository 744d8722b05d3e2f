from uuid import UUID

from thingdesk.notices import store
from thingdesk.notices.end import end
from thingdesk.notices.model import Recipient, State
from thingdesk.platform.database import Transaction


async def give_up(tx: Transaction, notice: UUID, reason: str) -> None:
    """Make no further attempt, for `reason`; a notice that has ended already stays as it is."""
    rows = await store.lock_open(tx, [notice])
    await end(tx, [store.Ending(row, State.GIVEN_UP, reason) for row in rows])


async def give_up_all(tx: Transaction, to: Recipient, reason: str) -> None:
    """The same for all that was told to `to` until now."""
    rows = await store.lock_open_to(tx, to)
    await end(tx, [store.Ending(row, State.GIVEN_UP, reason) for row in rows])
