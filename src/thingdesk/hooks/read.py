from datetime import datetime
from uuid import UUID

from thingdesk.hooks import delivery_store, standing_store, store
from thingdesk.hooks.errors import unknown
from thingdesk.hooks.model import FAILS_AFTER, Delivery, Hook, Standing
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def get(
    tx: Transaction, machine: str, owner_id: UUID | None, form: str, hook_id: UUID
) -> Hook:
    """A hook of this machine in its present ownership. Raises Refused when there is none."""
    found = await store.get(tx, hook_id)
    if not found or found.ended_at or not _is_theirs(found, machine, owner_id, form):
        raise unknown()
    return found


async def of_machine(tx: Transaction, machine: str, owner_id: UUID | None, form: str) -> list[Hook]:
    """Its hooks of this form, the oldest first."""
    found = await store.of_parties(tx, [machine])
    return [one for one in found if _is_theirs(one, machine, owner_id, form)]


async def given_up(
    tx: Transaction, after: tuple[datetime, UUID] | None, most: int
) -> list[Delivery]:
    """What was given up, the newest first; a page goes on after the last (settled, id)."""
    return await delivery_store.given_up(tx, after, most)


async def standings(tx: Transaction, machine: str, most: int) -> list[Standing]:
    """How it stands with each of its hooks, first with those where something fails."""
    return await standing_store.of_machine(tx, machine, most)


async def failing(tx: Transaction, most: int) -> list[Standing]:
    """The hooks at which something has been tried in vain for more than an hour, the longest first;
    of each what is tried for longest.
    """
    return await standing_store.failing(tx, clock.now() - FAILS_AFTER, most)


async def number_failing(tx: Transaction) -> int:
    """How many there are of them."""
    return await standing_store.number_failing(tx, clock.now() - FAILS_AFTER)


def _is_theirs(one: Hook, machine: str, owner_id: UUID | None, form: str) -> bool:
    return (one.asked.machine, one.asked.owner_id, one.asked.form) == (machine, owner_id, form)
