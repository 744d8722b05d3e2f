from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from thingdesk import timeline
from thingdesk.parties import errors, events, validate
from thingdesk.parties import owner_store as store
from thingdesk.parties.links import end_links
from thingdesk.parties.model import NewOwner, Owner, Ownership
from thingdesk.parties.owner_session import forget_attempts
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Recovery, invalid, refuse

BEFORE_ALL = ("", UUID(int=0))


async def add_owner(tx: Transaction, new: NewOwner, by: UUID | None = None) -> Owner:
    """The owner with this e-mail address, added if there was none; `by` is one of the staff.

    Raises Refused.
    """
    fields = list(validate.owner(new))
    if fields:
        raise invalid("the owner cannot be added", fields)
    email = new.email.lower()
    added = await add_all(tx, {email: new}, by)
    return (await store.get_many(tx, [added[email]]))[added[email]]


async def add_all(
    tx: Transaction, new: Mapping[str, NewOwner], by: UUID | None = None
) -> dict[str, UUID]:
    """Add valid owners by their lower-case addresses, where they are new; the ids of all."""
    owners, added = await store.add(tx, new, clock.now())
    for one in added:
        timeline.append(tx, f"owner:{one}", events.OwnerRegistered(one, by))
    return owners


async def change_owner(
    tx: Transaction, owner_id: UUID, new: NewOwner, by: UUID | None = None
) -> None:
    """Change what is registered of an owner; to what it is already: nothing happens. With another
    address all their links end.

    Raises Refused: bad values, an unknown or erased owner, an address that is another owner's.
    """
    fields = list(validate.owner(new))
    if fields:
        raise invalid("the owner cannot be changed", fields)
    wanted = NewOwner(new.email.lower(), new.name, new.zone)
    known = await store.lock(tx, owner_id)
    if known is None:
        raise errors.unknown_owner(owner_id)
    if known.email is None:
        raise errors.erased_owner()
    changed = tuple(
        name for name in ("email", "name", "zone") if getattr(known, name) != getattr(wanted, name)
    )
    if not changed:
        return
    if not await store.change(tx, owner_id, wanted):
        field = FieldError("email", "is another owner's", "use the address of this one")
        raise invalid("the owner cannot be changed", [field])
    timeline.append(tx, f"owner:{owner_id}", events.OwnerChanged(owner_id, changed, by))
    if "email" in changed:  # who reads what was mailed to the former address may be a stranger
        await end_links(tx, owner_id, by)


async def erase_owner(tx: Transaction, owner_id: UUID, by: UUID | None = None) -> None:
    """Forget name, address and zone for ever; what machines were theirs, and when, stays.

    Repeating it changes nothing. Raises Refused: an unknown owner, or one for whom machines act.
    """
    known = await store.lock(tx, owner_id)
    if known is None:
        raise errors.unknown_owner(owner_id)
    if await store.owns_any(tx, owner_id):
        words = "machines act for this owner: transfer them first"
        raise refuse("owner_has_machines", words, Recovery.CONTACT_US)
    if known.email is not None:
        await store.erase(tx, owner_id)
        await forget_attempts(tx, known.email)
        timeline.append(tx, f"owner:{owner_id}", events.OwnerErased(owner_id, by))


async def get_owner(tx: Transaction, owner_id: UUID) -> Owner | None:
    return await tx.share(_get, owner_id)


async def _get(tx: Transaction, owner_ids: Sequence[UUID]) -> list[Owner | None]:
    found = await store.get_many(tx, owner_ids)
    return [found.get(one) for one in owner_ids]


async def get_owners(tx: Transaction, owner_ids: Sequence[UUID]) -> dict[UUID, Owner]:
    return await store.get_many(tx, owner_ids)


async def find_owners(
    tx: Transaction,
    words: str | None = None,
    after: tuple[str, UUID] = BEFORE_ALL,
    most: int = 50,
    machines: int = 4,
) -> list[tuple[Owner, list[str]]]:
    """A page of owners whose name or address has `words`, by name, each with the first of their
    `machines`; erased ones are not found. The next page goes on `after` the last name and id.
    """
    return await store.find(tx, words, after, clock.now(), most, machines)


async def owner_by_email(tx: Transaction, email: str) -> Owner | None:
    return await store.by_email(tx, email.strip().lower())


async def ownership_of(tx: Transaction, machine: str, at: datetime) -> Ownership | None:
    """The period that `at` is in."""
    return (await ownerships_of(tx, [(machine, at)]))[0]


async def ownerships_of(
    tx: Transaction, wanted: Sequence[tuple[str, datetime]]
) -> list[Ownership | None]:
    """The periods of many (machine, at), in the same order, by one statement."""
    return await store.periods_at(tx, wanted)


async def periods_of(tx: Transaction, machine: str, most: int = 100) -> list[Ownership]:
    """The periods of `machine`, the newest first."""
    return await store.periods_of(tx, machine, most)


async def owned_by(tx: Transaction, owner_id: UUID, at: datetime) -> list[Ownership]:
    """The periods in which machines were this owner's at `at`, ordered by machine."""
    return await store.owned_by(tx, owner_id, at)


async def speak_for(tx: Transaction, wanted: Sequence[tuple[str, str, datetime]]) -> list[bool]:
    """Whether each reporter may report about its subject, of (reporter, subject, at) in the same
    order: about itself, and about what is the same owner's at `at`. By one statement.
    """
    others = [one for one in wanted if one[0] != one[1]]
    may = dict(zip(others, await store.speak_for(tx, others), strict=True)) if others else {}
    return [may.get(one, True) for one in wanted]
