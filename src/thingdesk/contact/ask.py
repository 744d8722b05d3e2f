from dataclasses import replace
from datetime import timedelta

from thingdesk import cases
from thingdesk.contact import errors, store
from thingdesk.contact.calendar import CallBacks
from thingdesk.contact.events import HoldAsked
from thingdesk.contact.model import Hold, Place, State, Wanted
from thingdesk.contact.see import expected, place, told
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append

MOST_OPEN, MOST_A_DAY = 3, 20
"""Holds of one owner."""
_DAY = timedelta(days=1)


async def ask(tx: Transaction, wanted: Wanted, calls: CallBacks) -> Place:
    """A place in the queue. Asked for again in the same matter it is the same place, and the way
    to reach the owner is the newest; whoever was missed waits again, behind all others.

    Raises Refused: `case_unknown`, `too_many_holds`.
    """
    safety = await _is_for_safety(tx, wanted)
    await store.take_turns(tx)
    found = await store.lock_open(tx, wanted.owner_id, wanted.topic)
    if found is None:
        return await place(tx, await _begin(tx, wanted, safety=safety), calls)
    new = replace(
        found,
        reach=wanted.reach,
        language=wanted.language,
        # what a machine of the owner's wants by its own key goes on without anybody's mandate
        mandate_id=found.mandate_id and wanted.mandate_id,
    )
    if found.state is State.MISSED:
        new = await _queue(tx, new.queued(clock.now()), again=True)
    await store.save(tx, new)
    return await place(tx, new, calls)


async def _is_for_safety(tx: Transaction, wanted: Wanted) -> bool:
    if wanted.case_id is None:
        return False
    case = await cases.get(tx, wanted.case_id)
    if case is None or case.owner_id != wanted.owner_id:
        raise errors.unknown_case()
    return case.safety


async def _begin(tx: Transaction, wanted: Wanted, *, safety: bool) -> Hold:
    now = clock.now()
    open_now, asked = await store.counts(tx, wanted.owner_id, now - _DAY)
    if open_now >= MOST_OPEN or asked >= MOST_A_DAY:
        raise errors.too_many(open_now, MOST_A_DAY)
    new = Hold(
        ids.new(),
        wanted.machine,
        wanted.subject,
        wanted.owner_id,
        wanted.case_id,
        wanted.topic,
        wanted.about,
        wanted.language,
        wanted.reach,
        safety,
        State.WAITING,
        asked_at=now,
        queued_at=now,
        since=now,
        mandate_id=wanted.mandate_id,
    )
    new = await _queue(tx, new, again=False)
    await store.insert(tx, new)
    return new


async def _queue(tx: Transaction, hold: Hold, *, again: bool) -> Hold:
    append(tx, hold.stream, HoldAsked(hold.id, hold.machine, hold.subject, hold.safety, again))
    return told(hold, *await expected(tx, hold))
