from uuid import UUID

from thingdesk.contact import errors, store
from thingdesk.contact.calendar import CallBacks
from thingdesk.contact.events import HoldMissed
from thingdesk.contact.model import WITH_STAFF, Hold, State
from thingdesk.contact.outcomes import OVER
from thingdesk.contact.see import expected, told
from thingdesk.contact.tell import tell
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


async def miss(tx: Transaction, staff_id: UUID, hold_id: UUID, calls: CallBacks) -> Hold:
    """Nobody was there, as one of the staff says. Raises Refused: `hold_unknown`, `hold_over`."""
    found = await store.lock(tx, hold_id)
    if found is None:
        raise errors.unknown()
    if found.state not in WITH_STAFF:
        raise errors.over(found)
    return await let_pass(tx, found, staff_id, calls)


async def let_pass(tx: Transaction, found: Hold, by: UUID | None, calls: CallBacks) -> Hold:
    """A hold that is locked goes back to the front of the queue, or is proposed a call back."""
    new = found.missed(clock.now())
    if new.state is State.WAITING:
        new = told(new, *await expected(tx, new))
    await store.save(tx, new)
    append(tx, new.stream, HoldMissed(new.id, new.state is State.WAITING, by))
    await tell(tx, new, calls, "missed")
    tx.count(OVER, 1, "missed")
    return new
