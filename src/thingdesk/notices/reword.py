from collections.abc import Sequence
from uuid import UUID

from thingdesk.notices import store
from thingdesk.notices.model import CHANNEL, Notice
from thingdesk.platform.database import Transaction


async def hold(tx: Transaction, ids: Sequence[UUID | None]) -> None:
    """Until `tx` ends nobody else rewords or sends these notices; None is nothing to hold."""
    if known := [one for one in ids if one]:
        await store.lock_open(tx, known)


async def reword(tx: Transaction, notice: UUID, new: Notice, *, unsent: bool = False) -> bool:
    """Say what `new` says from the next attempt on, to the same recipient, until `new.until`; with
    `unsent` only before the first attempt. Whether it was open, and so.
    """
    reworded = await store.reword(tx, notice, new, unsent=unsent)
    tx.notify(CHANNEL)
    return reworded
