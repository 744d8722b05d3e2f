from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from thingdesk.notices import store
from thingdesk.notices.end import end
from thingdesk.notices.model import State
from thingdesk.notices.plan import plan_of
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def delivered(tx: Transaction, notices: Sequence[UUID]) -> None:
    """The channel's other side (a mail server) took these.

    That ends plain information. What asks for an answer goes out again as a reminder, until it
    is acknowledged or given up. To say it twice changes nothing more than the reminder's time.
    """
    now = clock.now()
    plain, asking = [], []
    for row in await store.lock_open(tx, notices):
        plan = plan_of(row.notice.kind, row.notice.channel)
        if plan.answered:
            asking.append(replace(row, again_at=min(now + plan.remind, row.until)))
        else:
            plain.append(store.Ending(row, State.TAKEN))
    await end(tx, plain)
    if asking:
        await store.plan(tx, asking)
