"""Whose a machine is."""

from datetime import datetime

from thingdesk import parties
from thingdesk.parties import Owner
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def owner_of(tx: Transaction, machine: str, at: datetime | None = None) -> Owner | None:
    """For whom `machine` acts now, or acted at `at`."""
    period = await parties.ownership_of(tx, machine, at or clock.now())
    return await parties.get_owner(tx, period.owner_id) if period else None
