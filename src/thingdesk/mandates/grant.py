from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from thingdesk import parties, timeline
from thingdesk.mandates import given_store, money_store, passing, store
from thingdesk.mandates.budget import CASES, period_scope
from thingdesk.mandates.events import MandateRevoked
from thingdesk.mandates.model import Mandate, Terms, period_of
from thingdesk.mandates.sound import check_terms
from thingdesk.parties import Ended
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import refuse
from thingdesk.platform.money import Money


async def grant(
    tx: Transaction,
    owner_id: UUID,
    terms: Terms,
    *,
    to: str | None = None,
    parent: UUID | None = None,
    seen: str | None = None,
) -> Mandate:
    """What the owner permits from now on, countersigned by the desk; versions never change.

    Without `to` it is a new version of the standing mandate, in place of the one before. To a
    machine it is a mandate of its own, beside whatever that machine was given before. With a
    `parent` it is what the terms leave of that one, passed on to the machine: the same again is the
    one that is there. What was spent in the period stays spent. With `seen`, the `standing` of the
    standing mandate that is to be replaced (empty for none), only that one is: so of two who grant
    at once one is refused, and who did not know of a stop cannot undo it. Raises Refused.
    """
    check_terms(terms)
    if await parties.get_owner(tx, owner_id) is None:
        raise parties.unknown_owner(owner_id)
    if to is not None and await parties.get_machine(tx, to) is None:
        raise parties.unknown_machine(to)
    await store.take_turns(tx, owner_id)
    if parent is not None:
        return await passing.pass_on(tx, owner_id, parent, to, terms)
    now = clock.now()
    if to is not None:
        new = await given_store.add(tx, owner_id, to, None, now)
        return await passing.write(tx, Mandate(new, owner_id, 1, terms, now, to=to))
    named = await store.grant(tx, owner_id, seen)
    if named is None:
        raise refuse("mandate_changed", "The mandate was changed or stopped meanwhile.")
    return await passing.write(tx, Mandate(named[0], owner_id, named[1], terms, now))


async def revoke(
    tx: Transaction, owner_id: UUID, reason: str, *, mandate_id: UUID | None = None
) -> bool:
    """Take back one of the owner's mandates and all that was passed on of it, or without an id all
    of them: from this commit on every effect under them is asked for.

    Whether there was one: repeating it, or revoking where there is none, changes nothing.
    """
    await store.take_turns(tx, owner_id)
    now = clock.now()
    revoked = await given_store.revoke(tx, owner_id, now, reason, mandate_id)
    standing = await store.revoke(tx, owner_id, now, reason, mandate_id)
    revoked += [(*standing, None)] if standing else []
    return _ended(tx, owner_id, revoked, reason)


async def stop(tx: Transaction, owner_id: UUID, machine: str, reason: str) -> bool:
    """Take back all that the owner, and others for the owner, gave to a machine, and all that was
    passed on of it. What it asks for by its own key is under the standing mandate, as before.

    Whether there was something: repeating it changes nothing.
    """
    await store.take_turns(tx, owner_id)
    revoked = await given_store.revoke(tx, owner_id, clock.now(), reason, None, machine)
    return _ended(tx, owner_id, revoked, reason)


def _ended(
    tx: Transaction, owner_id: UUID, revoked: Sequence[tuple[UUID, int, str | None]], reason: str
) -> bool:
    for mandate_id, version, machine in revoked:
        event = MandateRevoked(mandate_id, version, reason, machine)
        timeline.append(tx, f"owner:{owner_id}", event)
    if revoked:
        tx.notify(parties.CALLERS)
    return bool(revoked)


async def end_given_to(tx: Transaction, machine: str, owner_id: UUID | None, reason: str) -> None:
    """The machine is this owner's now, or nobody's: what others have given to it ends."""
    for giver, mandate_id in await given_store.given_to(tx, machine, owner_id):
        await revoke(tx, giver, reason, mandate_id=mandate_id)


async def get(tx: Transaction, mandate_id: UUID) -> Mandate | None:
    """The newest version of a mandate; revoked when it is, or one that it was narrowed from."""
    chain = (await given_store.chains(tx, [mandate_id])).get(mandate_id)
    return chain[0] if chain else None


async def get_many(tx: Transaction, wanted: Collection[UUID]) -> dict[UUID, Mandate]:
    """The same of many at once, by id."""
    return {one: chain[0] for one, chain in (await given_store.chains(tx, wanted)).items()}


async def revoked_of(
    tx: Transaction, after: datetime, beyond: str = "", most: int = 1000
) -> list[Ended]:
    """The mandates of machines that were taken back after `after`, or then and have an id beyond
    `beyond`, the oldest first.
    """
    return await given_store.revoked_of(tx, after, beyond, most)


async def given_by(tx: Transaction, owner_id: UUID, most: int = 100) -> list[Mandate]:
    """What an owner has given to machines, and what was passed on of their standing mandate and is
    not over: first what is not over, and the newest; nothing that was taken back.
    """
    wanted = await given_store.given_by(tx, owner_id, clock.now(), most)
    chains = await given_store.chains(tx, wanted)
    return [chains[one][0] for one in wanted]


async def may_act(tx: Transaction, owner_id: UUID, most: int) -> tuple[list[str], int]:
    """The machines that may act for the owner by what was given or passed on to them, now or
    later: `most` of them, and how many they are.
    """
    return await given_store.may_act(tx, owner_id, clock.now(), most)


async def below(tx: Transaction, tops: Collection[UUID], most: int) -> dict[UUID, list[Mandate]]:
    """What was passed on of each of these, and of that in turn: first what is not over, each after
    that which it is from. What was over before the last 30 days is left out, and what was taken
    back.
    """
    now = clock.now()
    found = await given_store.below(tx, tops, now, now - passing.LASTS, most)
    chains = await given_store.chains(tx, {one for _, one in found})
    under: dict[UUID, list[Mandate]] = {top: [] for top in tops}
    for top, one in found:
        under[top].append(chains[one][0])
    return under


async def given_to(tx: Transaction, owner_id: UUID, machine: str) -> list[Mandate]:
    """What this owner has given to the machine itself and still holds, the newest first."""
    found = [one for one in await given_by(tx, owner_id) if one.to == machine]
    return [one for one in found if one.parent is None and one.is_live(clock.now())]


async def givers_to(tx: Transaction, owner_id: UUID, machine: str) -> list[str]:
    """The owner's machines that passed something on to this one, and still could."""
    above = await given_store.above(tx, owner_id, machine)
    found = (await get_many(tx, above)).values()
    return sorted({one.to for one in found if one.to and one.is_live(clock.now())})


async def versions(tx: Transaction, mandate_id: UUID) -> list[tuple[int, datetime, str | None]]:
    """All that was granted under this id, the newest first: the version, when, and the desk's
    countersignature; None for what was granted before versions were signed.
    """
    return await store.versions(tx, mandate_id)


async def mandates_of(tx: Transaction, owners: Sequence[UUID]) -> list[Mandate | None]:
    """The standing mandate of each, as `mandate_of`, in order and by one statement."""
    found = await store.mandates_of(tx, set(owners))
    return [found.get(one) for one in owners]


async def mandate_of(tx: Transaction, owner_id: UUID) -> Mandate | None:
    """The newest version, also when it was revoked or has ended."""
    return await store.mandate_of(tx, owner_id)


async def spent_in_period(
    tx: Transaction, owner_id: UUID, at: datetime, mandate_id: UUID | None = None
) -> list[Money]:
    """What was reserved and spent unasked for the owner in the month of `at`, by currency: under
    the standing mandate, or under this one that was given.
    """
    owner = await parties.get_owner(tx, owner_id)
    if owner is None:
        return []
    giver = f"mandate:{mandate_id}" if mandate_id else f"owner:{owner_id}"
    scope = period_scope(giver, period_of(at, owner.zone))
    found = await money_store.budgets(tx, [scope])
    return [
        Money(spent, currency)
        for (_, currency), spent in sorted(found.items())
        if spent and currency != CASES
    ]
