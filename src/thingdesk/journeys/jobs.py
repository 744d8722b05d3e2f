"""Offering a provider a job, which they accept or not; and leaving them again."""

from enum import Enum
from typing import Any
from uuid import UUID

from thingdesk import fulfilment, parties
from thingdesk.fulfilment import ALREADY, JobOffer, JobState, Period, Slot, job_key
from thingdesk.fulfilment import effects as world
from thingdesk.journeys.context import Context, Given, Intent
from thingdesk.journeys.effects import effect, undo
from thingdesk.journeys.model import Failed
from thingdesk.journeys.providing import RESERVE, Dispatched, Found, Work, intent_of
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

_GONE_SLOT = {"slot_taken", "slot_not_offered"}
_GONE_NOW = {"provider_busy", ALREADY}


class No(Enum):
    """Why an offer came to nothing: the provider said no or nothing; others were faster, so that
    it was not even made; or somebody was sent to the machine in this moment.
    """

    DECLINED = "declined"
    GONE = "gone"
    ALREADY = "already"


async def offer(
    journey: Context, provider: Found, work: Work, slot: Slot | None, given: Given | None = None
) -> Dispatched | No:
    """The job when the provider accepts it, at `slot` or else now; or why there is none."""
    again = await _is_second(journey, work) if slot is None else False

    async def perform(tx: Transaction, effect_id: UUID) -> dict[str, Any]:
        made = await _job_offer(journey, provider, work, effect_id, slot)
        if slot is not None:
            when = Period(slot.start, slot.end)
            await world.book(tx, effect_id, provider.id, when, journey.subject, journey.case_id)
        else:
            # from here on nothing is shared: none of the batch comes between look and offer
            await world.hold_place(tx, provider.id)
            if journey.service.safety and not again:
                await world.only_one(tx, journey.subject, work.task)
        return {"job": str(await world.offer_job(tx, made))}

    intent = intent_of(journey, provider, work, slot, again=again)
    try:
        result = await effect(journey, intent, perform, given)
    except Failed as failed:
        if failed.code not in (_GONE_NOW if slot is None else _GONE_SLOT):
            raise
        return No.ALREADY if failed.code == ALREADY else No.GONE
    job_id = UUID(result["job"])
    answer = await journey.wait(job_key(job_id, JobState.ACCEPTED))
    if answer is None or answer.value["state"] != JobState.ACCEPTED:
        return No.DECLINED
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


async def leave(journey: Context, provider: Found) -> list[Intent]:
    """Take back all that was arranged with a provider; the parts that were reserved there."""
    theirs = journey.undoable_at(provider.id)
    await undo(journey, theirs, "somebody else is asked")
    return [one.intent for one in theirs if one.intent.name == RESERVE]
