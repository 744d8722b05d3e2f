"""Getting work done by providers: find, wait until it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from thingdesk import fulfilment, parties
from thingdesk.fulfilment import Candidate, JobState, Need, Slot, job_key
from thingdesk.fulfilment import effects as world
from thingdesk.journeys.context import Context, Intent, consider
from thingdesk.journeys.effects import settle
from thingdesk.journeys.model import Failed
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.money import Money

_MOST_EXPLAINED = 8
DAYS = 14
MOST_PROVIDERS = 5
"""How many are tried before a journey gives up."""
RESERVE = "reserve_part"


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


def intent_of(
    journey: Context, provider: Found, work: Work, slot: Slot | None, *, again: bool = False
) -> Intent:
    """What booking the slot, or sending them at once, would be."""
    cost = f" for {work.price}" if work.price else ""
    verb, to = ("book", "for") if slot else ("send", "to")
    return Intent(
        "book" if slot else "dispatch",
        f"May we {verb} {provider.name} {to} {journey.subject}{cost}?",
        {
            "provider": str(provider.id),
            "name": provider.name,
            "task": work.task,
            "words": work.words,
            "start": slot.start.isoformat() if slot else None,
        },
        amount=work.price,
        remedy=work.task,
        provider=provider.id,
        again=again,
    )


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
            "why": [one.words for one in ranked[:_MOST_EXPLAINED]] or await _like(tx, kind),
            "none": None if best else _none(need, ranked),
        }

    found = await consider(journey, f"nearest {kind}", find)
    if found["id"] is None:
        wanted = ", ".join(filter(None, (kind.replace("_", " "), skill, part)))
        why = f": {found['none']}" if found.get("none") else ""
        raise Failed("no_provider", f"No provider is free for this ({wanted}){why}.")
    return Found(UUID(found["id"]), found["name"], kind, skill, part, found["metres"])


def _none(need: Need, ranked: Sequence[Candidate]) -> str:
    return fulfilment.why_none(need, ranked) if ranked else f"no {need.kind} is registered"


async def _like(tx: Transaction, kind: str) -> list[str]:
    """For staff: a slip of the pen in a service or in a file of providers."""
    near = get_close_matches(kind, await parties.provider_kinds(tx), n=1)
    return [f"no {kind} is registered" + (f"; did you mean {near[0]}?" if near else "")]


async def free_slots(journey: Context, provider: Found) -> list[Slot]:
    """The free slots of the next 14 days, the earliest first. To be called where a Choice finds
    its alternatives: elsewhere the journey would not find the same when its code runs again.
    """
    return await fulfilment.slots(journey.run.tx, provider.id, clock.now(), DAYS)


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
    await _settle(journey, job)
    evidence: dict[str, Any] = heard.value["evidence"] or {}
    return evidence


async def _settle(journey: Context, job: Dispatched) -> None:
    """What is done stays done: it is paid, the parts are used, and nothing of it is taken back."""
    theirs = [one for one in journey.undoable if one.id == job.id]
    parts = [
        one
        for one in journey.undoable
        if one.intent.name == RESERVE and one.intent.provider == job.provider.id
    ]

    async def use() -> None:
        for one in parts:
            await world.use_part(journey.run.tx, one.id)

    if parts:
        await journey.run.step("use parts", use)
    await settle(journey, [*theirs, *parts])
