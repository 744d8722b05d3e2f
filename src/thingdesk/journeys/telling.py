"""Telling machine and owner."""

from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk import notices, parties
from thingdesk.cases import Opened, Opening
from thingdesk.journeys.context import Context
from thingdesk.notices import Notice, Recipient
from thingdesk.parties import Position
from thingdesk.platform import formats
from thingdesk.platform.database import Transaction


def tell_subject(tx: Transaction, opening: Opening, opened: Opened) -> None:
    """A machine hears of a case that it did not ask for; one that asked has it in its receipt."""
    if opening.origin == "report" and opening.reporter == opening.subject:
        return
    again = "again, as the problem is back" if opened.reopened else "for you"
    words = f"A case was opened {again}: {opening.title}."
    told = {"service": opening.service, "input": opening.input, "reporter": opening.reporter}
    to = Recipient.machine(opening.subject)
    notices.tell(tx, Notice(to, "case.opened", words, opened.case_id, told))


async def tell_staff(tx: Transaction, kind: str, words: str, case_id: UUID | None) -> None:
    """Tell everybody of staff."""
    for one in await parties.all_staff(tx):
        notices.tell(tx, Notice(Recipient.staff(one.id), kind, words, case_id))


async def zone(journey: Context) -> str:
    """The owner's time zone; UTC without an owner."""
    owner_id = journey.facts.owner_id
    owner = await parties.get_owner(journey.run.tx, owner_id) if owner_id else None
    return owner.zone if owner else "UTC"


async def owner_time(journey: Context, at: datetime) -> str:
    async def find() -> str:
        return await zone(journey)

    theirs = await journey.run.step("owner zone", find)
    return f"{formats.moment(at, theirs)} ({theirs})"


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
