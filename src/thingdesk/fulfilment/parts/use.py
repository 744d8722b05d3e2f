from dataclasses import replace
from uuid import UUID

from thingdesk.fulfilment.events import PartUsed, tell_case
from thingdesk.fulfilment.parts import store
from thingdesk.fulfilment.parts.model import AFTER, Reservation, ReservationState
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse


async def use_part(tx: Transaction, effect_id: UUID) -> Reservation:
    """Reserved parts are built in. Raises Refused for parts that are not set aside any more."""
    held = await store.lock(tx, effect_id)
    if held is None:
        raise refuse("reservation_unknown", "nothing was reserved", Recovery.CONTACT_US)
    if held.state is ReservationState.USED:
        return held
    if ReservationState.USED not in AFTER[held.state]:
        raise refuse("reservation_released", "the parts went back", Recovery.CONTACT_US)
    used = replace(held, state=ReservationState.USED)
    await store.end(tx, used)
    tell_case(tx, held.case_id, PartUsed(effect_id, held.provider, held.part, held.quantity))
    return used
