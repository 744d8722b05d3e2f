from uuid import UUID

from thingdesk.contact import errors, store
from thingdesk.contact.calendar import CallBacks
from thingdesk.contact.events import HoldTaken
from thingdesk.contact.model import Hold, State
from thingdesk.contact.outcomes import TAKEN, WAITED
from thingdesk.contact.tell import tell
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


async def take(
    tx: Transaction, staff_id: UUID, calls: CallBacks, hold_id: UUID | None = None
) -> Hold:
    """One of the staff is ready for the next who waits, or for this one; its machine is told to
    hand over. Of two who take the same at once, one has it.

    Raises Refused: `hold_in_hand` while they have somebody, `nobody_waits`, `hold_taken`.
    """
    await store.lock_staff(tx, staff_id)
    if await store.of_staff(tx, staff_id):
        raise errors.in_hand()
    found = await (store.lock(tx, hold_id) if hold_id else store.lock_next(tx))
    if found is None:
        raise errors.taken() if hold_id else errors.nobody_waits()
    if not found.may_become(State.READY):
        raise errors.taken()
    now = clock.now()
    new = found.taken(staff_id, now)
    await store.save(tx, new)
    append(tx, new.stream, HoldTaken(new.id, staff_id))
    await tell(tx, new, calls, "ready")
    tx.count(TAKEN, 1, found.state.value)
    if found.state is State.WAITING:
        WAITED.record((now - found.queued_at).total_seconds())
    return new
