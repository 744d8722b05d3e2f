from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.fulfilment.appointments import store as appointments
from thingdesk.fulfilment.jobs import store as jobs
from thingdesk.fulfilment.jobs.offer import being_offered
from thingdesk.platform.database import Transaction


async def busy(tx: Transaction, providers: Sequence[UUID], at: datetime) -> Counter[UUID]:
    """The places that each provider has taken at `at`: by jobs for now, and by appointments.

    Counts what `tx` itself is about to offer, as of many journeys in one transaction.
    """
    ids = list(providers)
    taken = Counter(await jobs.busy(tx, ids))
    taken.update(await appointments.busy(tx, ids, at))
    taken.update(one.provider for one in being_offered(tx) if one.appointment is None)
    return taken
