"""A problem that was refused a moment ago, and is reported again.

Nothing would come of it but the same words once more, to the machine and to its owner. Who goes on
asking hears so for longer each time, and from some time on that the two of us get no further: a
machine that repeats itself for ever costs no more than a line a day.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from thingdesk import mandates, parties
from thingdesk.cases import store
from thingdesk.cases.model import Case, Opening, Outcome, State
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

WINDOW = timedelta(minutes=5)
"""For how long a report is answered with the refusal before it, doubled with each in a row."""
LONGEST = timedelta(days=1)
STALEMATE = 5
"""So many refusals of the same in a row, and staff are told."""

_Key = tuple[str, str]


async def still_refused(
    tx: Transaction, groups: Mapping[_Key, Sequence[Opening]], last: Mapping[_Key, Case]
) -> dict[_Key, int]:
    """The problems of which a refusal says all there is to say, and the how manieth in a row it is.

    A finding and what is for safety are always taken, and so is what may be permitted by now: since
    the case was opened its owner has had another mandate, its subject another entitlement or owner,
    or the organisation another policy.
    """
    now = clock.now()
    recent = [key for key, group in groups.items() if key in last and _fits(group, last[key], now)]
    if not recent:
        return {}
    in_a_row = await store.refused_in_a_row(tx, [last[key] for key in recent])
    recent = [key for key in recent if now < _until(last[key], in_a_row[last[key].id])]
    of = [(last[key].owner_id, last[key].subject) for key in recent]
    changed = await mandates.changed_at(tx, of)
    owned = await parties.ownerships_of(tx, [(subject, now) for _, subject in of])
    return {
        key: in_a_row[last[key].id]
        for key, at, period in zip(recent, changed, owned, strict=True)
        if max(filter(None, (at, period.begins if period else None)), default=last[key].opened_at)
        <= last[key].opened_at
    }


def as_outcome(case: Case, in_a_row: int) -> dict[str, Any]:
    """How the case ended, for the receipt, and from when on the same is taken again."""
    again = _until(case, in_a_row).isoformat()
    told: dict[str, Any] = {"outcome": case.outcome, "words": case.outcome_words, "again": again}
    if in_a_row >= STALEMATE:
        told["stalemate"] = in_a_row
    return {**(case.outcome_data or {}), **told}


async def is_stalemate(tx: Transaction, case: Case) -> bool:
    """Whether this refusal is the one in a row with which staff are to be told."""
    if case.origin != "report" or case.safety:
        return False
    return (await store.refused_in_a_row(tx, [case]))[case.id] == STALEMATE


def _until(case: Case, in_a_row: int) -> datetime:
    ended = case.ended_at or case.opened_at
    doubled: int = 1 << min(in_a_row - 1, 16)
    return ended + min(WINDOW * doubled, LONGEST)


def _fits(group: Sequence[Opening], case: Case, now: datetime) -> bool:
    return (
        case.state is State.ENDED
        and case.outcome is Outcome.REFUSED
        and case.ended_at is not None
        and now < case.ended_at + LONGEST
        and all(
            one.origin == "report" and not one.safety and one.owner_id == case.owner_id
            for one in group
        )
    )
