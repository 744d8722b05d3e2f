from collections.abc import Sequence
from uuid import UUID

from thingdesk.fulfilment.commands import store as commands
from thingdesk.fulfilment.jobs import store as jobs
from thingdesk.platform.database import Transaction


async def erase(tx: Transaction, case_ids: Sequence[UUID]) -> None:
    """Forget where and in what words things were to be done in these cases, and what was said of
    it; that they were, by whom, when and for how much stays.
    """
    await jobs.erase(tx, case_ids)
    await commands.erase(tx, case_ids)
