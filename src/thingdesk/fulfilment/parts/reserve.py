from collections.abc import Sequence
from uuid import UUID

from thingdesk.fulfilment.events import PartReserved, tell_case
from thingdesk.fulfilment.parts import store
from thingdesk.fulfilment.parts.model import MOST, Reservation
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Recovery, Refused, refuse


async def reserve_part(
    tx: Transaction, effect_id: UUID, provider: UUID, part: str, quantity: int, *, case_id: UUID
) -> Reservation:
    """Set parts of a provider aside. Again with the same `effect_id`: the first reservation.

    Raises Refused `part_out_of_stock`, which leaves nothing behind: the next provider may have it.
    """
    if not 1 <= quantity <= MOST:
        wrong = FieldError("quantity", "is out of bounds", f"send 1 to {MOST}")
        raise refuse("quantity_invalid", "nothing can be reserved", fields=(wrong,))
    return await tx.share(_reserve, Reservation(effect_id, case_id, provider, part, quantity))


async def _reserve(tx: Transaction, wanted: Sequence[Reservation]) -> list[Reservation | Refused]:
    asked = {one.id: one for one in wanted}
    # the rows first: whoever repeats an effect at the same time waits here
    new = await store.insert(tx, list(asked.values()))
    short = await store.take(tx, [asked[one] for one in asked if one in new]) if new else set()
    if short:
        await store.delete(tx, short)
    answers: dict[UUID, Reservation | Refused] = {}
    for one in asked.values():
        if one.id in short:
            answers[one.id] = _out_of_stock(one)
        elif one.id in new:
            tell_case(tx, one.case_id, PartReserved(one.id, one.provider, one.part, one.quantity))
            answers[one.id] = one
        else:
            answers[one.id] = await store.lock(tx, one.id) or _out_of_stock(one)
    return [answers[one.id] for one in wanted]


def _out_of_stock(wanted: Reservation) -> Refused:
    words = f"the provider has no {wanted.quantity} of {wanted.part} free"
    return refuse("part_out_of_stock", words, Recovery.FIX_INPUT)
