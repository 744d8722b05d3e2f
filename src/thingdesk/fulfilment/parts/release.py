from dataclasses import replace
from uuid import UUID

from thingdesk.fulfilment.events import PartReleased, tell_case
from thingdesk.fulfilment.parts import store
from thingdesk.fulfilment.parts.model import AFTER, Reservation, ReservationState
from thingdesk.platform.database import Transaction


async def release_part(tx: Transaction, effect_id: UUID) -> Reservation | None:
    """Put reserved parts back; the reservation as it then stands, None when there was none.

    Parts that were used stay used: look at the state.
    """
    held = await store.lock(tx, effect_id)
    if held is None or ReservationState.RELEASED not in AFTER[held.state]:
        return held
    released = replace(held, state=ReservationState.RELEASED)
    await store.end(tx, released)
    await store.give_back(tx, held.provider, held.part, held.quantity)
    event = PartReleased(effect_id, held.provider, held.part, held.quantity)
    tell_case(tx, held.case_id, event)
    return released
