"""Writing a version of a mandate; passing on what one machine was given to another."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from thingdesk import parties, timeline
from thingdesk.mandates import given_store, store
from thingdesk.mandates.details import as_details
from thingdesk.mandates.events import MandateGranted
from thingdesk.mandates.model import Mandate, Terms
from thingdesk.mandates.narrow import narrow
from thingdesk.mandates.sound import check_terms
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused, refuse

TYPE = "thingdesk-mandate+jwt"
LASTS = timedelta(days=30)
"""So long what is passed on is good at most: a case has ended by then."""
# who asks for narrower tokens all day asks for the same ones
_MOST_PASSED_ON = 100
_WITHIN = timedelta(days=1)


class Narrower(NamedTuple):
    """What a machine is to have of a mandate that is good at this moment."""

    parent: Mandate
    to: str
    asked: Terms


async def passed_on(tx: Transaction, wanted: Sequence[Narrower]) -> list[Mandate | Refused | None]:
    """Of each what was passed on already with these terms, in order; None where `grant` is to pass
    it on; or why it cannot be. Nobody's turn is taken for it: what is taken back at this moment is
    so of the parent, and of all below it.
    """
    now = clock.now()
    terms = [_terms(one) for one in wanted]
    fit = [
        given_store.Passing(one.parent.id, one.to, of, _until(of, now))
        for one, of in zip(wanted, terms, strict=True)
        if not isinstance(of, Refused)
    ]
    there = iter(await given_store.the_same(tx, fit, now, LASTS))
    return [one if isinstance(one, Refused) else next(there) for one in terms]


def _terms(one: Narrower) -> Terms | Refused:
    try:
        check_terms(one.asked)
        return narrow(one.parent.terms, one.asked)
    except Refused as refused:
        return refused


def _until(terms: Terms, now: datetime) -> datetime | None:
    """When what is passed on ends; None for what may last as long as can be: that is passed on anew
    once half of its time is over.
    """
    return terms.ends if terms.ends and terms.ends <= now + LASTS else None


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
    (there,) = await passed_on(tx, [Narrower(above[0], to, asked)])
    if isinstance(there, Refused):
        raise there
    if there:
        return there
    lately = await given_store.passed_on(tx, parent, now, now - _WITHIN)
    if len(lately) >= _MOST_PASSED_ON:
        words = (
            f"The mandate was passed on with {_MOST_PASSED_ON} different terms within a day;"
            f" the next ones may be others after {(lately[0] + _WITHIN).isoformat()}."
        )
        raise refuse("mandate_passed_on_too_often", words, Recovery.RETRY)
    terms = narrow(above[0].terms, asked)
    terms = replace(terms, ends=min(terms.ends or now + LASTS, now + LASTS))
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
