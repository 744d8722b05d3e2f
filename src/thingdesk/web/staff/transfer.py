"""Passing a machine on: to another owner, who may be registered on the way, or to nobody."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from thingdesk import parties
from thingdesk.flow import Flow
from thingdesk.parties import NewOwner, Right, Staff
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Refused, refuse
from thingdesk.web.pages import Open
from thingdesk.web.staff.form import Given, Reader, Sent, Tried, not_right
from thingdesk.web.staff.machine import MachineId, machine_page
from thingdesk.web.staff.session import Allowed

router = APIRouter(prefix="/machines/{machine}")


class To(StrEnum):
    """To whom a machine is passed on."""

    OWNER = "owner"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the form asks for; `name` only where the owner is to be registered."""

    to: To
    email: str
    name: str
    zone: str
    at: datetime | None
    seen: str


@router.post("/transfer")
async def post_transfer(
    pages: Open,
    person: Annotated[Staff, Depends(Allowed(Right.TRANSFER))],
    machine: MachineId,
    given: Sent,
) -> Response:
    """End the present ownership and begin the next."""
    try:
        wanted = _read(given, pages.flow.zone)
        async with pages.database.transaction() as tx:
            await _transfer(tx, pages.flow, machine, wanted, person.id)
    except Refused as refused:
        return await machine_page(pages, person, machine, Tried("transfer", given, refused.refusal))
    return RedirectResponse(f"/machines/{machine}?said=transferred", 303)


def _read(given: Given, zone: str) -> Wanted:
    reader = Reader(given)
    to = reader.choice("to", To, To.OWNER)
    wanted = Wanted(
        to,
        reader.line("email", 254, required=to is To.OWNER),
        reader.line("name"),
        reader.line("zone") or zone,
        reader.moment("at"),
        reader.line("seen"),
    )
    if wanted.at and wanted.at > clock.now():
        reader.wrong("at", "is a time to come", "a time that has come, or none for now")
    reader.ticked("sure", "tick it when you are sure")
    reader.check()
    return wanted


async def _transfer(tx: Transaction, flow: Flow, machine: str, wanted: Wanted, by: UUID) -> None:
    await parties.hold(tx, [machine])
    now = clock.now()
    present = await parties.ownership_of(tx, machine, now)
    # somebody else may have passed it on since the page was shown
    if wanted.seen != (str(present.owner_id) if present else ""):
        raise refuse("owner_moved", "Its owner has changed meanwhile. Look at it once more.")
    owner_id = None
    if wanted.to is To.OWNER:
        owner_id = await _owner(tx, wanted, by)
    await flow.transfer(tx, machine, owner_id, wanted.at or now, by)


async def _owner(tx: Transaction, wanted: Wanted, by: UUID) -> UUID:
    known = await parties.owner_by_email(tx, wanted.email)
    if known:
        return known.id
    if not wanted.name:
        field = FieldError("name", "is missing", "nobody has this address yet: say who it is")
        raise not_right([field])
    new = NewOwner(wanted.email, wanted.name, wanted.zone)
    return (await parties.add_owner(tx, new, by)).id
