"""Arranging work with providers: one after the other, until one of them accepts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk import fulfilment, parties
from thingdesk.fulfilment import ALREADY, JobOffer, JobState, Period, Slot, job_key
from thingdesk.fulfilment import effects as world
from thingdesk.journeys import telling
from thingdesk.journeys.context import Context, Intent, consider
from thingdesk.journeys.effects import Given, effect, undo
from thingdesk.journeys.model import Failed
from thingdesk.journeys.picking import OwnerPicks, Picked, pick
from thingdesk.journeys.providing import (
    DAYS,
    MOST_PROVIDERS,
    RESERVE,
    Dispatched,
    Found,
    Work,
    free_slots,
    intent_of,
    nearest,
)
from thingdesk.journeys.reserving import reserve_at
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

_MOST_SLOTS = 5
_SLOT_GONE = {"slot_taken", "slot_not_offered"}


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
        if job is not None:
            await _tell_new(journey, job, provider, picked)
            return job
        given = None
        parts = await _leave(journey, chosen)
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
            await _leave(journey, chosen)
            return False
    return True


async def dispatch(journey: Context, kind: str, skill: str | None, work: Work) -> Dispatched:
    """To the nearest who is free now; who has no place left meanwhile is passed over."""
    tried: list[UUID] = []
    while len(tried) < MOST_PROVIDERS:
        chosen = await nearest(journey, kind, skill, None, at_once=True, exclude=tuple(tried))
        try:
            job = await _offer(journey, chosen, work, None)
        except Failed as failed:
            if failed.code == ALREADY:
                continue  # somebody was sent in this moment: now it is asked for
            if failed.code != "provider_busy":
                raise
            job = None
        if job is not None:
            return job
        await _leave(journey, chosen)
        tried.append(chosen.id)
    raise Failed("no_provider", "No provider accepted the job.")


async def _offer_slot(
    journey: Context, provider: Found, work: Work, slot: Slot, given: Given | None
) -> Dispatched | None:
    """The job at `slot`, or when others were faster at the closest time that is free: for that an
    approval of the other does not hold.
    """
    job, gone = await _unless_gone(journey, provider, work, slot, given)
    for _ in range(_MOST_SLOTS - 1):
        if not gone:
            break
        # alone: nobody of this batch takes the slot between the look and the booking
        with journey.run.tx.alone():
            wanted = await _closest_slot(journey, provider, slot)
            job, gone = await _unless_gone(journey, provider, work, wanted)
    return job


async def _unless_gone(
    journey: Context, provider: Found, work: Work, slot: Slot, given: Given | None = None
) -> tuple[Dispatched | None, bool]:
    """The job, if they accept it, and whether others were faster."""
    try:
        return await _offer(journey, provider, work, slot, given), False
    except Failed as failed:
        if failed.code not in _SLOT_GONE:
            raise
    return None, True


async def _tell_new(journey: Context, job: Dispatched, provider: Found, picked: Picked) -> None:
    agreed = (job.start, job.provider.id) == (picked.slot.start, provider.id)
    if job.start is None or (agreed and picked.by_owner):
        return
    time = await telling.owner_time(journey, job.start)
    words = f"{job.provider.name} will see to {journey.subject} on {time}."
    await telling.tell_owner(
        journey, words, {"start": job.start.isoformat(), "provider": job.provider.name}
    )


async def _offer(
    journey: Context, provider: Found, work: Work, slot: Slot | None, given: Given | None = None
) -> Dispatched | None:
    """The job when the provider accepts it; None when they decline or do not answer."""
    again = await _is_second(journey, work) if slot is None else False

    async def perform(tx: Transaction, effect_id: UUID) -> dict[str, Any]:
        offer = await _job_offer(journey, provider, work, effect_id, slot)
        # from here on nothing is shared: none of the batch comes between the look and the offer
        if slot is not None:
            when = Period(slot.start, slot.end)
            await world.book(tx, effect_id, provider.id, when, journey.subject, journey.case_id)
        else:
            await world.hold_place(tx, provider.id)
            if journey.service.safety and not again:
                await world.only_one(tx, journey.subject, work.task)
        return {"job": str(await world.offer_job(tx, offer))}

    intent = intent_of(journey, provider, work, slot, again=again)
    result = await effect(journey, intent, perform, given)
    job_id = UUID(result["job"])
    answer = await journey.wait(job_key(job_id, JobState.ACCEPTED))
    if answer is None or answer.value["state"] != JobState.ACCEPTED:
        return None
    return Dispatched(job_id, provider, slot.start if slot else None)


async def _is_second(journey: Context, work: Work) -> bool:
    """Whether somebody is sent to the machine already, so that the owner is asked for one more.

    Who has no mandate gets help on the road all the same, at the organisation's cost: what a
    machine says may not take all tow trucks.
    """
    if not journey.service.safety:
        return False

    async def find() -> bool:
        return await fulfilment.is_under_way(journey.run.tx, journey.subject, work.task)

    second: bool = await journey.run.step(f"sent for {work.task}", find)
    return second


async def _job_offer(
    journey: Context, provider: Found, work: Work, effect_id: UUID, slot: Slot | None
) -> JobOffer:
    machine = await parties.get_machine(journey.run.tx, journey.subject)
    return JobOffer(
        effect_id=effect_id,
        run_id=journey.run.id,
        case_id=journey.case_id,
        machine=journey.subject,
        provider=provider.id,
        task=work.task,
        words=work.words,
        answer_by=clock.now() + work.answer_within,
        position=machine.position if machine else None,
        part=provider.part,
        appointment=effect_id if slot else None,
        amount=work.price,
        details={
            "machine": {"kind": machine.kind, "model": machine.model} if machine else {},
            "input": dict(journey.facts.input),
            "appointment": _times(slot) if slot else None,
        },
    )


def _times(slot: Slot) -> dict[str, str]:
    return {"start": slot.start.isoformat(), "end": slot.end.isoformat()}


async def _leave(journey: Context, provider: Found) -> list[Intent]:
    """Take back all that was arranged with a provider; the parts that were reserved there."""
    theirs = journey.undoable_at(provider.id)
    await undo(journey, theirs)
    return [one.intent for one in theirs if one.intent.name == RESERVE]


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
