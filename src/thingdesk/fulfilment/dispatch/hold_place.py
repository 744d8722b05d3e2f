from uuid import UUID

from thingdesk.fulfilment.appointments import store as appointments
from thingdesk.fulfilment.appointments.known import known_provider
from thingdesk.fulfilment.dispatch.busy import busy
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse


async def hold_place(tx: Transaction, provider: UUID) -> None:
    """Keep a free place of the provider for this transaction, which offers them a job for now.

    Raises Refused `provider_busy`, which leaves nothing behind: the next one may have a place.
    """
    known = await known_provider(tx, provider)
    await appointments.lock_diaries(tx, [provider])
    if (await busy(tx, [provider], clock.now()))[provider] >= known.capacity:
        raise refuse("provider_busy", f"{known.name} has no place left", Recovery.CONTACT_US)
