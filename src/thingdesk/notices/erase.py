from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.notices import store
from thingdesk.notices.model import CHANNEL, Channel, Recipient
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def erase(tx: Transaction, to: Recipient, case_ids: Sequence[UUID]) -> None:
    """Forget what was said to `to`, and to anybody in these cases; that it was said stays."""
    await store.erase(tx, to, case_ids, clock.now())
    tx.notify(CHANNEL)


async def erased_since(tx: Transaction, channel: Channel, since: datetime) -> list[UUID]:
    """The notices of this channel that were forgotten since then."""
    return await store.erased_since(tx, channel, since)
