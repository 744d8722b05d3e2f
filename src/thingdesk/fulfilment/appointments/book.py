from uuid import UUID

from thingdesk.fulfilment.appointments import store
from thingdesk.fulfilment.appointments.known import known_provider
from thingdesk.fulfilment.appointments.model import Appointment, Period, is_offered
from thingdesk.fulfilment.events import AppointmentBooked, tell_case
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse


async def book(
    tx: Transaction, effect_id: UUID, provider: UUID, slot: Period, machine: str, case_id: UUID
) -> Appointment:
    """Book a slot for a machine. Again with the same `effect_id`: the first appointment.

    Raises Refused `slot_taken` when others were faster, and `slot_not_offered` for a time that is
    past or not in the provider's hours; both leave nothing behind: choose another slot.
    """
    known = await known_provider(tx, provider)
    await store.lock_diary(tx, provider)
    if earlier := await store.get(tx, effect_id):
        return earlier
    period = Period(slot.start, slot.end)
    if not is_offered(known, period, clock.now()):
        raise refuse("slot_not_offered", "this slot is not offered", Recovery.FIX_INPUT)
    if await store.how_many(tx, provider, period) >= known.capacity:
        raise refuse("slot_taken", "this slot is taken: choose another", Recovery.FIX_INPUT)
    wanted = Appointment(effect_id, case_id, machine, provider, period)
    if earlier := await store.insert_or_get(tx, wanted):
        return earlier
    event = AppointmentBooked(effect_id, provider, period.start, period.end)
    tell_case(tx, case_id, event)
    return wanted
