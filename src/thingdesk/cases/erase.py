from uuid import UUID

from thingdesk.cases import erase_store as store
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse


async def erase(tx: Transaction, owner_id: UUID) -> list[UUID]:
    """Forget what was said in an owner's cases: input, evidence and words, also
    the reporters'; the ids of the cases.

    What service it was, how it ended and when stays. Raises Refused while one is open.
    """
    if await store.has_open(tx, owner_id):
        words = "a case of theirs is open: it has to end first"
        raise refuse("owner_has_cases", words, Recovery.CONTACT_US)
    return await store.erase(tx, owner_id)
