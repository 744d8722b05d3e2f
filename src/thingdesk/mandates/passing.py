"""Writing a version of a mandate; passing on what one machine was given to another."""

from dataclasses import replace
from uuid import UUID

from thingdesk import parties, timeline
from thingdesk.mandates import given_store, store
from thingdesk.mandates.details import as_details
from thingdesk.mandates.events import MandateGranted
from thingdesk.mandates.model import Mandate, Terms
from thingdesk.mandates.narrow import narrow
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse

TYPE = "thingdesk-mandate+jwt"
# who asks for narrower tokens all day asks for the same ones
_MOST_PASSED_ON = 100


async def pass_on(
    tx: Transaction, owner_id: UUID, parent: UUID, to: str | None, asked: Terms
) -> Mandate:
    """What `asked` leaves of the parent. The caller has the owner's turn. Raises Refused."""
    now = clock.now()
    above = (await given_store.chains(tx, [parent])).get(parent)
    if to is None or above is None or above[0].owner_id != owner_id:
        raise refuse("mandate_unknown", "There is no such mandate to narrow.")
    if not above[0].is_live(now):
        words = "The mandate that was to be narrowed is revoked, or over."
        raise refuse("mandate_revoked", words, Recovery.ASK_OWNER)
    terms = narrow(above[0].terms, asked)
    there = await given_store.passed_on(tx, parent, now)
    for mandate_id, machine, known in there:
        if (machine, known) == (to, terms):
            return (await given_store.chains(tx, [mandate_id]))[mandate_id][0]
    if len(there) >= _MOST_PASSED_ON:
        words = f"The mandate was passed on {_MOST_PASSED_ON} times; wait until one of them ends."
        raise refuse("mandate_passed_on_too_often", words, Recovery.RETRY)
    new = await given_store.add(tx, owner_id, to, parent, now)
    return await write(tx, Mandate(new, owner_id, 1, terms, now, to=to, parent=parent))


async def write(tx: Transaction, new: Mandate) -> Mandate:
    """Keep a version, countersigned."""
    signed = (await parties.desk_key(tx)).sign(_claims(new), TYPE)
    await store.add_version(tx, (new.id, new.version), new.terms, new.granted_at, signed)
    event = MandateGranted(new.id, new.version, new.to, new.parent)
    timeline.append(tx, f"owner:{new.owner_id}", event)
    return replace(new, signed=signed)


def _claims(new: Mandate) -> dict[str, object]:
    return {
        "iss": "thingdesk",
        "iat": int(new.granted_at.timestamp()),
        "mandate": str(new.id),
        "owner": str(new.owner_id),
        "to": new.to,
        "parent": str(new.parent) if new.parent else None,
        "version": new.version,
        "terms": as_details(new.terms),
        "at": new.granted_at.isoformat(),
    }
