from collections.abc import Sequence
from uuid import UUID

from thingdesk import parties
from thingdesk.fulfilment.appointments import store
from thingdesk.fulfilment.appointments.diary import Diary
from thingdesk.fulfilment.appointments.known import unknown
from thingdesk.fulfilment.appointments.model import Appointment, Period, is_offered
from thingdesk.fulfilment.events import AppointmentBooked, tell_case
from thingdesk.parties import Provider
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused, refuse


async def book(
    tx: Transaction, effect_id: UUID, provider: UUID, slot: Period, machine: str, case_id: UUID
) -> Appointment:
    """Book a slot for a machine. Again with the same `effect_id`: the first appointment.

    Raises Refused `slot_taken` when others were faster, and `slot_not_offered` for a time that is
    past or not in the provider's hours; both leave nothing behind: choose another slot. Of those
    who book together, each finds what the ones before it have left.
    """
    period = Period(slot.start, slot.end)
    return await tx.share(_book, Appointment(effect_id, case_id, machine, provider, period))


async def _book(tx: Transaction, wanted: Sequence[Appointment]) -> list[Appointment | Refused]:
    providers = await parties.get_providers(tx, list({one.provider for one in wanted}))
    await store.lock_diaries(tx, sorted(providers))
    earlier = await store.appointments(tx, [one.id for one in wanted])
    diary = Diary(await store.how_many(tx, {(one.provider, one.period) for one in wanted}))
    refused: dict[UUID, Refused] = {}
    new: dict[UUID, Appointment] = {}
    for one in wanted:
        if one.id in earlier or one.id in new or one.id in refused:
            continue
        if why := _why_not(one, providers.get(one.provider), diary):
            refused[one.id] = why
        else:
            diary.write(one)
            new[one.id] = one
    booked = await store.insert(tx, list(new.values())) if new else set()
    if len(booked) < len(new):  # the same effect with another provider, whose diary is another
        earlier |= await store.appointments(tx, list(new))
    for one in new.values():
        if one.id in booked:
            event = AppointmentBooked(one.id, one.provider, one.period.start, one.period.end)
            tell_case(tx, one.case_id, event)
    return [refused.get(one.id) or earlier.get(one.id) or new[one.id] for one in wanted]


def _why_not(one: Appointment, provider: Provider | None, diary: Diary) -> Refused | None:
    if provider is None:
        return unknown()
    if not is_offered(provider, one.period, clock.now()):
        return refuse("slot_not_offered", "this slot is not offered", Recovery.FIX_INPUT)
    if diary.at(one) >= provider.capacity:
        return refuse("slot_taken", "this slot is taken: choose another", Recovery.FIX_INPUT)
    return None
