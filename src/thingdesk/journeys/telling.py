"""Telling machine and owner."""

from typing import Any

from thingdesk import notices, parties
from thingdesk.journeys.context import Context
from thingdesk.notices import Notice, Recipient
from thingdesk.parties import Position


async def tell_owner(journey: Context, words: str, data: dict[str, Any]) -> None:
    owner = journey.facts.owner_id
    if owner is None:
        return

    async def act() -> str:
        notice = Notice(Recipient.owner(owner), "case.told", words, journey.case_id, data)
        return str(notices.tell(journey.run.tx, notice))

    await journey.run.step("tell owner", act)


async def tell_machine(journey: Context, kind: str, words: str, data: dict[str, Any]) -> None:
    async def act() -> str:
        to = Recipient.machine(journey.subject)
        return str(notices.tell(journey.run.tx, Notice(to, kind, words, journey.case_id, data)))

    await journey.run.step(f"tell machine {kind}", act)


async def position(journey: Context) -> Position | None:
    async def find() -> list[float] | None:
        machine = await parties.get_machine(journey.run.tx, journey.subject)
        at = machine.position if machine else None
        return [at.lat, at.lon] if at else None

    found = await journey.run.step("position", find)
    return Position(*found) if found else None
