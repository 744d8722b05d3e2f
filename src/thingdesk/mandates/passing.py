"""Writing a version of a mandate; passing on what one machine was given to another."""

from dataclasses import replace
from datetime import datetime, timedelta
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
LASTS = timedelta(days=30)
"""So long what is passed on is good at most: a case has ended by then."""
# who asks for narrower tokens all day asks for the same ones
_MOST_PASSED_ON = 100
_WITHIN = timedelta(days=1)


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
    for mandate_id, machine, _, known in there:
        if machine == to and _is_same(known, terms, now):
            return (await given_store.chains(tx, [mandate_id]))[mandate_id][0]
    lately = sorted(at for _, _, at, _ in there if at > now - _WITHIN)
    if len(lately) >= _MOST_PASSED_ON:
        words = (
            f"The mandate was passed on with {_MOST_PASSED_ON} different terms within a day;"
            f" the next ones may be others after {(lately[0] + _WITHIN).isoformat()}."
        )
        raise refuse("mandate_passed_on_too_often", words, Recovery.RETRY)
    terms = replace(terms, ends=min(terms.ends or now + LASTS, now + LASTS))
    new = await given_store.add(tx, owner_id, to, parent, now)
    return await write(tx, Mandate(new, owner_id, 1, terms, now, to=to, parent=parent))


def _is_same(known: Terms, terms: Terms, now: datetime) -> bool:
    """Whether it permits the same, and as long; where that is as long as may be, it is passed on
    anew once half of its time is over.
    """
    if terms.ends and terms.ends <= now + LASTS:
        return known == terms
    good = known.ends is not None and known.ends > now + LASTS / 2
    return good and replace(known, ends=None) == replace(terms, ends=None)


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
