from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from thingdesk import parties, timeline
from thingdesk.mandates import money_store, store
from thingdesk.mandates.budget import period_scope
from thingdesk.mandates.events import MandateGranted, MandateRevoked
from thingdesk.mandates.model import Mandate, Terms, period_of
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, invalid, refuse
from thingdesk.platform.money import Money


async def grant(
    tx: Transaction, owner_id: UUID, terms: Terms, *, seen: str | None = None
) -> Mandate:
    """A new version of the owner's mandate, in place of the one before; versions never change.

    What was spent in the period stays spent. With `seen`, the `standing` of the mandate that is to
    be replaced (empty for none), only that one is: so of two who grant at once one is refused, and
    who did not know of a stop cannot undo it. Raises Refused.
    """
    fields = list(_problems(terms))
    if fields:
        raise invalid("the mandate cannot be granted", fields)
    if await parties.get_owner(tx, owner_id) is None:
        raise parties.unknown_owner(owner_id)
    now = clock.now()
    await store.take_turns(tx, owner_id)
    granted = await store.grant(tx, owner_id, terms, now, seen)
    if granted is None:
        raise refuse("mandate_changed", "The mandate was changed or stopped meanwhile.")
    mandate_id, version = granted
    timeline.append(tx, f"owner:{owner_id}", MandateGranted(mandate_id, version))
    return Mandate(mandate_id, owner_id, version, terms, now)


async def revoke(tx: Transaction, owner_id: UUID, reason: str) -> bool:
    """Take the owner's mandate back: from this commit on every effect is asked for.

    Whether there was one: repeating it, or revoking where there is none, changes nothing.
    """
    await store.take_turns(tx, owner_id)
    revoked = await store.revoke(tx, owner_id, clock.now(), reason)
    if revoked:
        timeline.append(tx, f"owner:{owner_id}", MandateRevoked(*revoked, reason))
    return revoked is not None


async def mandate_of(tx: Transaction, owner_id: UUID) -> Mandate | None:
    """The newest version, also when it was revoked or has ended."""
    return await store.mandate_of(tx, owner_id)


async def spent_in_period(tx: Transaction, owner_id: UUID, at: datetime) -> list[Money]:
    """What was reserved and spent unasked for the owner in the month of `at`, by currency."""
    owner = await parties.get_owner(tx, owner_id)
    if owner is None:
        return []
    scope = period_scope(str(owner_id), period_of(at, owner.zone))
    found = await money_store.budgets(tx, [scope])
    return [Money(spent, currency) for (_, currency), spent in sorted(found.items()) if spent]


def _problems(terms: Terms) -> Iterator[FieldError]:
    if not terms.services:
        yield FieldError("services", "is empty", "name services, or * for all")
    for name in ("per_case", "per_period"):
        amount: Money | None = getattr(terms, name)
        if amount and amount.minor < 0:
            yield FieldError(name, "is negative", "0 or more")
    case, period = terms.per_case, terms.per_period
    if case and period and case.currency != period.currency:
        yield FieldError("per_period", "is in another currency than per_case", "use one currency")
    for name in ("begins", "ends"):
        moment: datetime | None = getattr(terms, name)
        if moment and moment.tzinfo is None:
            yield FieldError(name, "has no zone", "a time with its zone")
    if terms.begins and terms.ends and terms.ends <= terms.begins:
        yield FieldError("ends", "is not after begins", "a later time")
