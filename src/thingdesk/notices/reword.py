from collections.abc import Mapping, Sequence
from uuid import UUID

from thingdesk.notices import store
from thingdesk.notices.model import CHANNEL, Notice
from thingdesk.platform.database import Transaction


async def hold(tx: Transaction, ids: Sequence[UUID | None]) -> None:
    """Until `tx` ends nobody else rewords or sends these notices; None is nothing to hold."""
    if known := [one for one in ids if one]:
        await store.lock_open(tx, known)


async def reword(tx: Transaction, new: Mapping[UUID, Notice], *, unsent: bool = False) -> set[UUID]:
    """Let notices say something else from their next attempt on, to the same recipients, until the
    new `until`; with `unsent` only before the first attempt. The ids of those that now say it.
    """
    if not new:
        return set()
    reworded = await store.reword(tx, new, unsent=unsent)
    tx.notify(CHANNEL)
    return reworded
