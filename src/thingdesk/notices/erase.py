from collections.abc import Sequence
from uuid import UUID

from thingdesk.notices import store
from thingdesk.notices.model import Recipient
from thingdesk.platform.database import Transaction


async def erase(tx: Transaction, to: Recipient, case_ids: Sequence[UUID]) -> None:
    """Forget what was said to `to`, and to anybody in these cases; that it was said stays."""
    await store.erase(tx, to, case_ids)
