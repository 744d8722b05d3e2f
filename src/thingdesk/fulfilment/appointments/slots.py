from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.fulfilment.appointments import store
from thingdesk.fulfilment.appointments.known import known_provider
from thingdesk.fulfilment.appointments.model import LENGTH, MOST_DAYS, Period, Slot, grid, with_room
from thingdesk.platform.database import Transaction


async def slots(
    tx: Transaction, provider: UUID, start: datetime, days: int, length: timedelta = LENGTH
) -> list[Slot]:
    """The free slots of a provider from `start` on, for `days` days of its zone (60 at most)."""
    known = await known_provider(tx, provider)
    periods = list(grid(known, start, min(days, MOST_DAYS), length))
    if not periods:
        return []
    booked = await store.booked(tx, provider, Period(periods[0].start, periods[-1].end))
    return with_room(known, periods, booked)
