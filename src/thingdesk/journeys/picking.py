"""A time that the owner picks. Where the appointment needs an approval, picking is the approval:
of exactly this provider, time and price, and of no other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby, islice
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from thingdesk import decisions, mandates
from thingdesk.decisions import Cost, Option, Proposal, Question, To
from thingdesk.fulfilment import Slot
from thingdesk.journeys import telling
from thingdesk.journeys.asking import decision_of, owners_answer, put_question
from thingdesk.journeys.context import Context, Given
from thingdesk.journeys.effects import action_of
from thingdesk.journeys.model import Denied, Failed
from thingdesk.journeys.providing import DAYS, Found, Work, free_slots, intent_of
from thingdesk.mandates import Action, Answer, Approval, Payer, Verdict
from thingdesk.platform import clock, durations
from thingdesk.platform.errors import Recovery

_MOST = 12
_A_DAY = 2
_FROM, _TO = 7, 20


@dataclass(frozen=True, slots=True)
class OwnerPicks:
    """The owner picks one of a few free times of the next 14 days, by mail and on a page; promises
    stand still meanwhile.

    Without an answer `within`, or beyond the owner's attention budget, it is the earliest that is
    not over by then, where the owner's mandate permits it. Where it does not, picking a time is the
    approval of exactly this appointment, and without an answer it is not booked. `words` is the
    question.
    """

    within: timedelta = timedelta(hours=24)
    words: str | None = None

    def __post_init__(self) -> None:
        """Raises TypeError for a `within` that is no duration."""
        if wrong := durations.problem(within=self.within):
            raise TypeError(wrong)


@dataclass(frozen=True, slots=True)
class Picked:
    """A time, and the approval that goes with it, if there is one. `by_owner`: they know of it."""

    slot: Slot
    given: Given | None = None
    by_owner: bool = True


async def pick(journey: Context, provider: Found, asked: OwnerPicks, work: Work) -> Picked:
    """Raises Failed (`no_slot`), and Denied without an answer where one was needed."""
    if journey.foreseeing:
        raise TypeError("`then` books a Slot: with OwnerPicks the owner would be asked twice")
    decision_id, key = decision_of(journey)
    effect_id = uuid5(decision_id, "picked")

    async def put() -> dict[str, Any]:
        zone = await telling.zone(journey)
        slots = list(islice(_spread(await free_slots(journey, provider), zone), _MOST))
        if not slots:
            return {"asked": False, "slots": []}
        options, verdict = await _options(journey, provider, work, slots, effect_id)
        if journey.facts.owner_id is None or verdict.answer is Answer.DENY:
            # nobody to ask, or nothing that an answer could change: the effect says which
            return {"asked": False, "slots": [one.data for one in options]}
        deadline, after = _without_answer(slots, asked.within)
        question = Question(
            id=decision_id,
            case_id=journey.case_id,
            run_id=journey.run.id,
            key=key,
            to=To.OWNER,
            owner_id=journey.facts.owner_id,
            words=asked.words or f"When may {provider.name} see to {journey.subject}?",
            options=tuple(options),
            deadline=deadline,
            default=None if verdict.answer is Answer.ASK else options[after].id,
            safety=journey.service.safety,
            proposal=_proposal(journey, provider, work, verdict),
        )
        await put_question(journey, question)
        return {"asked": True, "slots": [one.data for one in options]}

    found = await journey.run.step("ask time", put)
    if not found["slots"]:
        raise Failed("no_slot", f"{provider.name} has no free time in the next {DAYS} days.")
    if not found["asked"]:
        return Picked(_slot(found["slots"][0]))
    return await _heard(journey, key, effect_id, decision_id)


def _without_answer(slots: Sequence[Slot], within: timedelta) -> tuple[datetime, int]:
    """When no answer comes any more, and the first of the times that begins no earlier."""
    deadline = min(clock.now() + within, slots[-1].start)
    return deadline, next(n for n, slot in enumerate(slots) if slot.start >= deadline)


async def _heard(journey: Context, key: str, effect_id: UUID, decision_id: UUID) -> Picked:
    heard = await owners_answer(journey, key, "asked time")
    if heard is None or heard.value["data"] is None:
        words = "The owner did not approve it."
        raise Denied("not_approved", words, Recovery.ASK_OWNER)
    slot, approves = _slot(heard.value["data"]), heard.value["approves"]
    given = Given(effect_id, Approval(decision_id, approves)) if approves else None
    return Picked(slot, given, heard.value["state"] == decisions.State.ANSWERED)


async def _options(
    journey: Context, provider: Found, work: Work, slots: Sequence[Slot], effect_id: UUID
) -> tuple[list[Option], Verdict]:
    """The times, each with the action that it approves if it has to be approved. But for the time
    these are the same, and so is the verdict.
    """
    first = await action_of(journey, intent_of(journey, provider, work, slots[0]), effect_id)

    def action(slot: Slot) -> Action:
        return replace(first, details=intent_of(journey, provider, work, slot).details)

    options = [_offered(n, one.start, one.end, provider.name) for n, one in enumerate(slots)]
    verdict = await mandates.foresee(journey.run.tx, first)
    if verdict.answer is Answer.ASK:
        options = [
            replace(option, approves=action(slot).approves(verdict.payer, verdict.under))
            for option, slot in zip(options, slots, strict=True)
        ]
    return options, verdict


# many owners are offered the same hours, and to write them down takes longer than to find them
@lru_cache(maxsize=10_000)
def _offered(n: int, start: datetime, end: datetime, place: str) -> Option:
    return Option(
        f"slot{n}",
        f"{start:%A %d %B, %H:%M} UTC at {place}",
        {"start": start.isoformat(), "end": end.isoformat(), "at": place},
    )


def _proposal(journey: Context, provider: Found, work: Work, verdict: Verdict) -> Proposal:
    """With what is reserved at the provider already: that is part of the price."""
    paid = [
        (one.intent.amount, one.payer, one.approved) for one in journey.undoable_at(provider.id)
    ]
    paid.append((work.price, verdict.payer, False))
    return Proposal(
        words=work.words,
        who=provider.name,
        costs=tuple(Cost(amount, Payer(payer), yes) for amount, payer, yes in paid if amount),
        why=mandates.to_owner(verdict.code, verdict.reason) if verdict.answer is Answer.ASK else "",
    )


def _slot(data: dict[str, Any]) -> Slot:
    return Slot(datetime.fromisoformat(data["start"]), datetime.fromisoformat(data["end"]))


def _spread(slots: Sequence[Slot], zone: str) -> Iterator[Slot]:
    """Not twelve hours of tomorrow: a few times on each of the owner's next days, by day where
    there are such.
    """
    for _, some in groupby(slots, lambda slot: _local(slot.start, zone)[0]):
        times = list(some)
        waking = [one for one in times if _FROM <= _local(one.start, zone)[1] < _TO] or times
        yield from waking[:: max(1, len(waking) // _A_DAY)][:_A_DAY]


@lru_cache(maxsize=10_000)
def _local(at: datetime, zone: str) -> tuple[int, int]:
    """The owner's day, and the hour of it."""
    there = at.astimezone(ZoneInfo(zone))
    return there.toordinal(), there.hour
