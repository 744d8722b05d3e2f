from uuid import UUID

from thingdesk.fulfilment.appointments import store
from thingdesk.fulfilment.appointments.model import Appointment
from thingdesk.fulfilment.events import AppointmentCancelled, tell_case
from thingdesk.platform.database import Transaction


async def cancel_appointment(tx: Transaction, effect_id: UUID) -> Appointment | None:
    """Give an appointment back; as it then stands, None when there was none."""
    cancelled = await store.cancel(tx, effect_id)
    if cancelled is None:
        return await store.get(tx, effect_id)
    event = AppointmentCancelled(effect_id, cancelled.provider, cancelled.period.start)
    tell_case(tx, cancelled.case_id, event)
    return cancelled
