from collections.abc import Sequence
from uuid import UUID

from thingdesk.decisions import store
from thingdesk.platform.database import Transaction


async def erase(tx: Transaction, case_ids: Sequence[UUID]) -> None:
    """Forget what was asked in these cases, in words; that and how it was answered stays."""
    await store.erase(tx, case_ids)
