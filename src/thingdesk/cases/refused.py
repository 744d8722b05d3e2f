"""A problem that was refused a moment ago, and is reported again.

Nothing would come of it but the same words once more, to the machine and to its owner.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from thingdesk import mandates, parties
from thingdesk.cases.model import Case, Opening, Outcome, State
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

WINDOW = timedelta(minutes=5)
"""For how long a report is answered with the refusal before it."""

_Key = tuple[str, str]


async def still_refused(
    tx: Transaction, groups: Mapping[_Key, Sequence[Opening]], last: Mapping[_Key, Case]
) -> set[_Key]:
    """The problems of which a refusal says all there is to say.

    A finding and what is for safety are always taken, and so is what may be permitted by now: since
    the case was opened its owner has had another mandate, its subject another entitlement or owner,
    or the organisation another policy.
    """
    now = clock.now()
    recent = [key for key, group in groups.items() if key in last and _fits(group, last[key], now)]
    if not recent:
        return set()
    of = [(last[key].owner_id, last[key].subject) for key in recent]
    changed = await mandates.changed_at(tx, of)
    owned = await parties.ownerships_of(tx, [(subject, now) for _, subject in of])
    return {
        key
        for key, at, period in zip(recent, changed, owned, strict=True)
        if max(filter(None, (at, period.begins if period else None)), default=last[key].opened_at)
        <= last[key].opened_at
    }


def as_outcome(case: Case) -> dict[str, Any] | None:
    """How the case ended, for the receipt, and from when on the same is taken again."""
    if case.ended_at is None:
        return None
    again = (case.ended_at + WINDOW).isoformat()
    told = {"outcome": case.outcome, "words": case.outcome_words, "again": again}
    return {**(case.outcome_data or {}), **told}


def _fits(group: Sequence[Opening], case: Case, now: datetime) -> bool:
    return (
        case.state is State.ENDED
        and case.outcome is Outcome.REFUSED
        and case.ended_at is not None
        and now < case.ended_at + WINDOW
        and all(
            one.origin == "report" and not one.safety and one.owner_id == case.owner_id
            for one in group
        )
    )
