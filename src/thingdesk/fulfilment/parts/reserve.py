from uuid import UUID

from thingdesk.fulfilment.events import PartReserved, tell_case
from thingdesk.fulfilment.parts import store
from thingdesk.fulfilment.parts.model import MOST, Reservation
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Recovery, refuse


async def reserve_part(
    tx: Transaction, effect_id: UUID, provider: UUID, part: str, quantity: int, *, case_id: UUID
) -> Reservation:
    """Set parts of a provider aside. Again with the same `effect_id`: the first reservation.

    Raises Refused `part_out_of_stock`, which leaves nothing behind: the next provider may have it.
    """
    if not 1 <= quantity <= MOST:
        wrong = FieldError("quantity", "is out of bounds", f"send 1 to {MOST}")
        raise refuse("quantity_invalid", "nothing can be reserved", fields=(wrong,))
    wanted = Reservation(effect_id, case_id, provider, part, quantity)
    # the row first: whoever repeats the effect at the same time waits here
    if earlier := await store.insert_or_lock(tx, wanted):
        return earlier
    if not await store.take(tx, provider, part, quantity):
        await store.delete(tx, effect_id)
        raise refuse(
            "part_out_of_stock",
            f"the provider has no {quantity} of {part} free",
            Recovery.FIX_INPUT,
        )
    tell_case(tx, case_id, PartReserved(effect_id, provider, part, quantity))
    return wanted
