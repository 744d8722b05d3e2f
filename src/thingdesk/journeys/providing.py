"""Getting work done by providers: find, reserve, book, dispatch, wait until it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk import fulfilment, parties
from thingdesk.fulfilment import JobOffer, JobState, Need, Period, job_key
from thingdesk.fulfilment import effects as world
from thingdesk.journeys.context import Context, Intent
from thingdesk.journeys.effects import effect, undo
from thingdesk.journeys.model import Failed
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.money import Money

_MOST_PROVIDERS = 5
_MOST_EXPLAINED = 8
_DAYS = 14


@dataclass(frozen=True, slots=True)
class Found:
    """A provider that can do it; `metres` is the distance in a straight line, None when the
    machine's position is not known.
    """

    id: UUID
    name: str
    kind: str
    skill: str | None
    part: str | None
    metres: float | None


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at a provider: `start` and `end`, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Reserved:
    """A part that is set aside for the case."""

    part: str
    provider: UUID


@dataclass(frozen=True, slots=True)
class Work:
    """What a provider is to do, and until when they may answer."""

    task: str
    words: str
    price: Money | None
    answer_within: timedelta


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A job that a provider has accepted. `start` is its time, None when they come at once."""

    id: UUID
    provider: Found
    start: datetime | None


async def nearest(
    journey: Context,
    kind: str,
    skill: str | None,
    part: str | None,
    *,
    at_once: bool = False,
    exclude: Sequence[UUID] = (),
) -> Found:
    async def find() -> dict[str, Any]:
        tx = journey.run.tx
        machine = await parties.get_machine(tx, journey.subject)
        position = machine.position if machine else None
        need = Need(kind, skill, part, position, clock.now() if at_once else None)
        ranked = await fulfilment.nearest(tx, need, exclude)
        best = ranked[0] if ranked and ranked[0].suitable else None
        return {
            "id": str(best.id) if best else None,
            "name": best.provider.name if best else None,
            "metres": best.distance if best else None,
            "why": [one.words for one in ranked[:_MOST_EXPLAINED]],
        }

    found = await journey.look(f"nearest {kind}", find)
    if found["id"] is None:
        wanted = ", ".join(filter(None, (kind.replace("_", " "), skill, part)))
        raise Failed("no_provider", f"No provider is free for this: {wanted}.")
    return Found(UUID(found["id"]), found["name"], kind, skill, part, found["metres"])


async def reserve_part(
    journey: Context, provider: Found, part: str, price: Money | None
) -> Reserved:
    async def perform(tx: Transaction, effect_id: UUID) -> dict[str, Any]:
        await world.reserve_part(tx, effect_id, provider.id, part, 1, case_id=journey.case_id)
        return {"part": part, "provider": str(provider.id)}

    cost = f" for {price}" if price else ""
    intent = Intent(
        "reserve_part",
        f"Reserve {part} at {provider.name}{cost}.",
        {"part": part, "provider": str(provider.id), "name": provider.name},
        amount=price,
        remedy="replace_part",
        provider=provider.id,
    )
    await effect(journey, intent, perform, world.release_part)
    return Reserved(part, provider.id)


async def book(journey: Context, provider: Found, slot: Slot, work: Work) -> Dispatched:
    """Passing on takes the parts along: they are released there and reserved at the next one."""
    tried: list[UUID] = []
    chosen, wanted = provider, slot
    while True:
        job = await _offer(journey, chosen, work, wanted)
        if job is not None:
            return job
        parts = await _leave(journey, chosen)
        tried.append(chosen.id)
        if len(tried) == _MOST_PROVIDERS:
            raise Failed("no_provider", "No provider accepted the job.")
        chosen = await nearest(
            journey, chosen.kind, chosen.skill, chosen.part, exclude=tuple(tried)
        )
        for one in parts:
            await reserve_part(journey, chosen, one.details["part"], one.amount)
        wanted = await _closest_slot(journey, chosen, slot)


async def dispatch(journey: Context, kind: str, skill: str | None, work: Work) -> Dispatched:
    tried: list[UUID] = []
    while len(tried) < _MOST_PROVIDERS:
        chosen = await nearest(journey, kind, skill, None, at_once=True, exclude=tuple(tried))
        job = await _offer(journey, chosen, work, None)
        if job is not None:
            return job
        await _leave(journey, chosen)
        tried.append(chosen.id)
    raise Failed("no_provider", "No provider accepted the job.")


async def free_slots(journey: Context, provider: Found) -> list[Slot]:
    """The free slots of the next 14 days, the earliest first. To be called where a Choice finds
    its alternatives: elsewhere the journey would not find the same when its code runs again.
    """
    now = clock.now()
    found = await fulfilment.slots(journey.run.tx, provider.id, now, _DAYS)
    return [Slot(one.start, one.end) for one in found]


async def arrival(journey: Context, job: Dispatched, within: timedelta) -> datetime | None:
    until = await journey.now() + within
    heard = await journey.wait(job_key(job.id, JobState.UNDER_WAY), until=until)
    if heard is None or not heard.value["arrival"]:
        return None
    return datetime.fromisoformat(heard.value["arrival"])


async def done(journey: Context, job: Dispatched, within: timedelta) -> dict[str, Any]:
    until = await journey.now() + within
    heard = await journey.wait(job_key(job.id, JobState.DONE), until=until)
    if heard is None:
        raise Failed("not_done", f"{job.provider.name} did not say in time that it is done.")
    evidence: dict[str, Any] = heard.value["evidence"] or {}
    return evidence


async def _offer(
    journey: Context, provider: Found, work: Work, slot: Slot | None
) -> Dispatched | None:
    """The job when the provider accepts it; None when they decline or do not answer."""
    name = "dispatch" if slot is None else "book"

    async def perform(tx: Transaction, effect_id: UUID) -> dict[str, Any]:
        if slot is not None:
            when = Period(slot.start, slot.end)
            await world.book(tx, effect_id, provider.id, when, journey.subject, journey.case_id)
        offer = await _job_offer(journey, provider, work, effect_id, booked=slot is not None)
        return {"job": str(await world.offer_job(tx, offer))}

    cost = f" for {work.price}" if work.price else ""
    when = f" on {slot.start:%Y-%m-%d %H:%M} UTC" if slot else ""
    intent = Intent(
        name,
        f"{work.task.capitalize()} by {provider.name}{when}{cost}.",
        {
            "provider": str(provider.id),
            "name": provider.name,
            "task": work.task,
            "start": slot.start.isoformat() if slot else None,
        },
        amount=work.price,
        remedy=work.task,
        provider=provider.id,
    )
    result = await effect(journey, intent, perform, _take_back)
    job_id = UUID(result["job"])
    answer = await journey.wait(job_key(job_id, JobState.ACCEPTED))
    if answer is None or answer.value["state"] != JobState.ACCEPTED:
        return None
    return Dispatched(job_id, provider, slot.start if slot else None)


async def _job_offer(
    journey: Context, provider: Found, work: Work, effect_id: UUID, *, booked: bool
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
        appointment=effect_id if booked else None,
        amount=work.price,
        details={
            "machine": {"kind": machine.kind, "model": machine.model} if machine else {},
            "input": dict(journey.facts.input),
        },
    )


async def _take_back(tx: Transaction, effect_id: UUID) -> None:
    await world.cancel_job(tx, effect_id, "the journey could not go on")
    await world.cancel_appointment(tx, effect_id)


async def _leave(journey: Context, provider: Found) -> list[Intent]:
    """Take back all that was arranged with a provider; the parts that were reserved there."""
    theirs = [one for one in journey.undoable if one.intent.provider == provider.id]
    await undo(journey, theirs)
    return [one.intent for one in theirs if one.intent.name == "reserve_part"]


async def _closest_slot(journey: Context, provider: Found, wanted: Slot) -> Slot:
    """The slot at the time that was chosen, or else the first after it, or the last before it."""

    async def find() -> list[str] | None:
        slots = await free_slots(journey, provider)
        later = [one for one in slots if one.start >= wanted.start]
        best = later[:1] or slots[-1:]
        return [best[0].start.isoformat(), best[0].end.isoformat()] if best else None

    found = await journey.look(f"slot at {provider.name}", find)
    if found is None:
        raise Failed("no_slot", f"{provider.name} has no free time in the next {_DAYS} days.")
    return Slot(*map(datetime.fromisoformat, found))
