from uuid import UUID

from thingdesk.contact import errors, store
from thingdesk.contact.events import HoldHandedOver
from thingdesk.contact.model import Hold, State
from thingdesk.contact.see import lock
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


async def owner_is_here(
    tx: Transaction, owner_id: UUID | None, hold_id: UUID, machine: str
) -> Hold:
    """The owner is there, as their machine says. Said again it changes nothing. Raises Refused:
    `hold_unknown`, `hold_not_ready`, `hold_over`.
    """
    return await _talk(tx, await lock(tx, owner_id, hold_id), machine)


async def they_talk(tx: Transaction, staff_id: UUID, hold_id: UUID) -> Hold:
    """The same, as one of the staff says."""
    found = await store.lock(tx, hold_id)
    if found is None:
        raise errors.unknown()
    return await _talk(tx, found, f"staff:{staff_id}")


async def _talk(tx: Transaction, found: Hold, by: str) -> Hold:
    if found.state is State.TALKING:
        return found
    if found.over:
        raise errors.over(found)
    if not found.may_become(State.TALKING):
        raise errors.not_ready()
    new = found.talking(clock.now())
    await store.save(tx, new)
    append(tx, new.stream, HoldHandedOver(new.id, by))
    return new
