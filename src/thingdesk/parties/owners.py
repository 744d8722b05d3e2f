from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.parties import errors, validate
from thingdesk.parties import owner_store as store
from thingdesk.parties.model import NewOwner, Owner, Ownership
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def add_owner(tx: Transaction, new: NewOwner) -> Owner:
    """The owner with this e-mail address, added if there was none. Raises Refused."""
    fields = list(validate.owner(new))
    if fields:
        raise errors.invalid("the owner cannot be added", fields)
    email = new.email.lower()
    added = await store.add(tx, {email: new}, clock.now())
    return (await store.get_many(tx, [added[email]]))[added[email]]


async def get_owner(tx: Transaction, owner_id: UUID) -> Owner | None:
    return (await store.get_many(tx, [owner_id])).get(owner_id)


async def get_owners(tx: Transaction, owner_ids: Sequence[UUID]) -> dict[UUID, Owner]:
    return await store.get_many(tx, owner_ids)


async def owner_by_email(tx: Transaction, email: str) -> Owner | None:
    return await store.by_email(tx, email.strip().lower())


async def owner_of(tx: Transaction, machine: str, at: datetime) -> Owner | None:
    """For whom `machine` acted at `at`."""
    period = await ownership_of(tx, machine, at)
    return await get_owner(tx, period.owner_id) if period else None


async def ownership_of(tx: Transaction, machine: str, at: datetime) -> Ownership | None:
    """The period that `at` is in."""
    return (await ownerships_of(tx, [(machine, at)]))[0]


async def ownerships_of(
    tx: Transaction, wanted: Sequence[tuple[str, datetime]]
) -> list[Ownership | None]:
    """The periods of many (machine, at), in the same order, by one statement."""
    return await store.periods_at(tx, wanted)


async def periods_of(tx: Transaction, machine: str) -> list[Ownership]:
    """All periods of `machine`, the newest first."""
    return await store.periods_of(tx, machine)


async def speaks_for(tx: Transaction, reporter: str, subject: str, at: datetime) -> bool:
    """Whether `reporter` may report about `subject`: itself, or both one owner's at `at`."""
    return (await speak_for(tx, [(reporter, subject, at)]))[0]


async def speak_for(tx: Transaction, wanted: Sequence[tuple[str, str, datetime]]) -> list[bool]:
    """`speaks_for` many (reporter, subject, at), in the same order, by one statement."""
    return await store.speak_for(tx, wanted)
