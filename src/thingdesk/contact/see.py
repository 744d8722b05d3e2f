from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk import parties
from thingdesk.contact import errors, store
from thingdesk.contact.calendar import CallBacks
from thingdesk.contact.expect import expected_wait, there_by
from thingdesk.contact.model import Hold, Place, State
from thingdesk.contact.words import place_words
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

SERVING = timedelta(hours=1)
"""Who has taken nobody for so long does not serve the queue now."""
_BOOKABLE = (State.WAITING, State.READY, State.MISSED, State.BOOKED)


async def see(tx: Transaction, owner_id: UUID | None, hold_id: UUID, calls: CallBacks) -> Place:
    """How a hold of this owner stands. Raises Refused `hold_unknown`, for any other, too."""
    return await place(tx, owned(await store.get(tx, hold_id), owner_id), calls)


async def lock(tx: Transaction, owner_id: UUID | None, hold_id: UUID) -> Hold:
    """The same hold, to be changed."""
    await store.take_turns(tx)
    return owned(await store.lock(tx, hold_id), owner_id)


def owned(hold: Hold | None, owner_id: UUID | None) -> Hold:
    """Raises Refused where it is not of this owner, as if there were none."""
    if hold is None or owner_id is None or hold.owner_id != owner_id:
        raise errors.unknown()
    return hold


async def place(tx: Transaction, hold: Hold, calls: CallBacks) -> Place:
    """How it stands."""
    if hold.over:
        return Place(hold.id, hold.state, hold.words or "No person is wanted any more.")
    number, wait = await expected(tx, hold)
    times = await free_times(tx, hold, calls) if hold.state in _BOOKABLE else ()
    owner = await parties.get_owner(tx, hold.owner_id)
    zone = owner.zone if owner else "UTC"
    waits = hold.state is State.WAITING
    return Place(
        hold.id,
        hold.state,
        place_words(hold, number, wait, times, zone),
        number if waits else None,
        wait if waits else None,
        hold.comes_until,
        hold.call_back_at if hold.state is State.BOOKED else None,
        times,
    )


async def expected(tx: Transaction, hold: Hold) -> tuple[int, timedelta | None]:
    """Which place it has in the queue, and how long it will take from now."""
    number = 1 + await store.ahead(tx, hold)
    return number, expected_wait(number, await store.line(tx, clock.now(), SERVING))


async def free_times(tx: Transaction, hold: Hold, calls: CallBacks) -> tuple[datetime, ...]:
    """The next times at which somebody is free to call back."""
    return calls.offered(clock.now(), await promised(tx, hold, calls))


async def promised(tx: Transaction, hold: Hold, calls: CallBacks) -> Mapping[datetime, int]:
    """How often each time to come is given to others."""
    now = clock.now()
    return await store.promised(tx, now, calls.last(now), hold.id)


def told(hold: Hold, number: int, wait: timedelta | None) -> Hold:
    """What its machine is told now is kept, so that it is told of what changes."""
    now = clock.now()
    return replace(hold, told_place=number, told_by=there_by(wait, now), told_at=now)
