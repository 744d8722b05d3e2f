from datetime import datetime
from uuid import UUID

from thingdesk.contact import errors, store
from thingdesk.contact.calendar import CallBacks
from thingdesk.contact.events import HoldBooked
from thingdesk.contact.model import Hold, State
from thingdesk.contact.outcomes import OVER
from thingdesk.contact.see import lock, promised
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


async def call_back(
    tx: Transaction, owner_id: UUID | None, hold_id: UUID, at: datetime, calls: CallBacks
) -> Hold:
    """Staff call the owner `at` this time, and the place in the queue is free for others. Another
    time takes the place of one that was booked; the same one again changes nothing.

    Raises Refused: `hold_unknown`, `hold_over`, `call_back_not_free`.
    """
    found = await lock(tx, owner_id, hold_id)
    if found.state is State.BOOKED and found.call_back_at == at:
        return found
    if not found.may_become(State.BOOKED):
        raise errors.over(found)
    now = clock.now()
    given = await promised(tx, found, calls)
    if given.get(at, 0) >= calls.people or at not in set(calls.times(now)):
        raise errors.not_free(at)
    new = found.booked(at, now)
    await store.save(tx, new)
    append(tx, new.stream, HoldBooked(new.id, at.isoformat()))
    tx.count(OVER, 1, "booked")
    return new
