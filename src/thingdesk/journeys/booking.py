"""A time with a provider: one after the other, until one of them accepts."""

from datetime import datetime
from uuid import UUID

from thingdesk.fulfilment import Slot
from thingdesk.journeys import telling
from thingdesk.journeys.context import Context, Given, Intent, consider
from thingdesk.journeys.jobs import No, leave, offer
from thingdesk.journeys.model import Failed
from thingdesk.journeys.picking import OwnerPicks, Picked, pick
from thingdesk.journeys.providing import (
    DAYS,
    MOST_PROVIDERS,
    Dispatched,
    Found,
    Work,
    free_slots,
    nearest,
)
from thingdesk.journeys.reserving import reserve_at

_MOST_SLOTS = 5


async def book(
    journey: Context, provider: Found, when: Slot | OwnerPicks, work: Work
) -> Dispatched:
    """Passing on takes the parts along: they are released there and reserved at the next one.

    The owner is told when the time or the provider is another than they know of.
    """
    picked = Picked(when) if isinstance(when, Slot) else await pick(journey, provider, when, work)
    slot, given = picked.slot, picked.given
    tried: list[UUID] = []
    chosen, wanted = provider, slot
    while True:
        job = await _offer_slot(journey, chosen, work, wanted, given)
        if isinstance(job, Dispatched):
            await _tell_new(journey, job, provider, picked)
            return job
        given = None
        parts = await leave(journey, chosen)
        chosen = await _next(journey, chosen, parts, tried)
        wanted = await _closest_slot(journey, chosen, slot)


async def _next(journey: Context, left: Found, parts: list[Intent], tried: list[UUID]) -> Found:
    """The nearest who was not tried yet, and still has all the parts, which are reserved there."""
    tried.append(left.id)
    while len(tried) < MOST_PROVIDERS:
        chosen = await nearest(journey, left.kind, left.skill, left.part, exclude=tuple(tried))
        if await _reserve_all(journey, chosen, parts):
            return chosen
        tried.append(chosen.id)
    raise Failed("no_provider", "No provider accepted the job.")


async def _reserve_all(journey: Context, chosen: Found, parts: list[Intent]) -> bool:
    for one in parts:
        if not await reserve_at(journey, chosen, one.details["part"], one.amount):
            await leave(journey, chosen)
            return False
    return True


async def _offer_slot(
    journey: Context, provider: Found, work: Work, slot: Slot, given: Given | None
) -> Dispatched | No:
    """The job at `slot`, or when others were faster at the closest time that is free: for that an
    approval of the other does not hold.
    """
    job = await offer(journey, provider, work, slot, given)
    for _ in range(_MOST_SLOTS - 1):
        if job is not No.GONE:
            break
        # alone: nobody of this batch takes the slot between the look and the booking
        with journey.run.tx.alone():
            wanted = await _closest_slot(journey, provider, slot)
            job = await offer(journey, provider, work, wanted)
    return job


async def _tell_new(journey: Context, job: Dispatched, provider: Found, picked: Picked) -> None:
    agreed = (job.start, job.provider.id) == (picked.slot.start, provider.id)
    if job.start is None or (agreed and picked.by_owner):
        return
    time = await telling.owner_time(journey, job.start)
    words = f"{job.provider.name} will see to {journey.subject} on {time}."
    await telling.tell_owner(
        journey, words, {"start": job.start.isoformat(), "provider": job.provider.name}
    )


async def _closest_slot(journey: Context, provider: Found, wanted: Slot) -> Slot:
    """The slot at the time that was chosen, or else the first after it, or the last before it."""

    async def find() -> list[str] | None:
        slots = await free_slots(journey, provider)
        later = [one for one in slots if one.start >= wanted.start]
        best = later[:1] or slots[-1:]
        return [best[0].start.isoformat(), best[0].end.isoformat()] if best else None

    found = await consider(journey, f"slot at {provider.name}", find)
    if found is None:
        raise Failed("no_slot", f"{provider.name} has no free time in the next {DAYS} days.")
    start, end = map(datetime.fromisoformat, found)
    return Slot(start, end)
