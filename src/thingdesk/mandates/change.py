from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.mandates import store
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def changed_at(
    tx: Transaction, of: Sequence[tuple[UUID | None, str]]
) -> list[datetime | None]:
    """When it last changed what may be done for an owner and a machine, in the same order: by a
    mandate, an entitlement or the policy, given, taken back, begun or ended. None: never.
    """
    return await store.changed_at(tx, of, clock.now())
