"""What law, warranty or contract gives a machine: said, and ended."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from thingdesk import mandates, parties
from thingdesk.mandates import Entitlement, EntitlementKind, Payer
from thingdesk.parties import Right, Staff
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Refused, refuse
from thingdesk.web.pages import Open, Pages
from thingdesk.web.staff.form import Given, Reader, Sent, Tried, not_right
from thingdesk.web.staff.machine import MachineId, machine_page
from thingdesk.web.staff.session import Allowed

router = APIRouter(prefix="/machines/{machine}/entitlements")
Entitler = Annotated[Staff, Depends(Allowed(Right.ENTITLE))]


@router.post("")
async def post_entitlement(
    pages: Open, person: Entitler, machine: MachineId, given: Sent
) -> Response:
    """Somebody else than the owner pays for this from now on."""
    try:
        new, alone = _read(pages, machine, given)
        async with pages.database.transaction() as tx:
            await _add(tx, new, alone=alone, by=person.id)
    except Refused as refused:
        tried = Tried("entitlement", given, refused.refusal)
        return await machine_page(pages, person, machine, tried)
    return RedirectResponse(f"/machines/{machine}?said=entitled#entitlements", 303)


@router.post("/{entitlement}/end")
async def post_end(
    pages: Open, person: Entitler, machine: MachineId, entitlement: UUID, given: Sent
) -> Response:
    """It pays for nothing from then on."""
    try:
        reader = Reader(given)
        at = reader.moment("at") or clock.now()
        reader.check()
        async with pages.database.transaction() as tx:
            if entitlement not in {one.id for one in await mandates.entitlements_of(tx, machine)}:
                raise refuse("entitlement_unknown", "This machine has no such entitlement.")
            await mandates.end_entitlement(tx, entitlement, at, person.id)
    except Refused as refused:
        tried = Tried(f"end-{entitlement}", given, refused.refusal)
        return await machine_page(pages, person, machine, tried)
    return RedirectResponse(f"/machines/{machine}?said=entitlement_ended#entitlements", 303)


def _read(pages: Pages, machine: str, given: Given) -> tuple[Entitlement, bool]:
    reader = Reader(given)
    services = reader.names("services")
    effects = reader.names("effects") or mandates.EVERYTHING
    catalog = list(pages.flow.catalog)
    check_names(reader, "services", services, [one.name for one in catalog])
    check_names(reader, "effects", effects, [name for one in catalog for name in one.effects])
    new = Entitlement(
        ids.new(),
        reader.choice("kind", EntitlementKind, EntitlementKind.WARRANTY),
        machine,
        reader.line("reference", 64, required=True),
        reader.choice("payer", Payer, Payer.ORGANISATION),
        services,
        effects,
        reader.names("remedies") or mandates.EVERYTHING,
        reader.money("per_effect"),
        None,
        reader.moment("begins"),
        reader.moment("ends"),
    )
    reader.check()
    return new, bool(given.one("alone"))


def check_names(reader: Reader, name: str, patterns: Sequence[str], known: Iterable[str]) -> None:
    """Whether every pattern means something that the catalog has: a slip of the pen does not."""
    there = set(known)
    unknown = [one for one in patterns if not any(fnmatchcase(name, one) for name in there)]
    if unknown:
        mend = f"nothing is called {', '.join(unknown)}; the page of services has them all"
        reader.wrong(name, "names what is not there", mend)


async def _add(tx: Transaction, new: Entitlement, *, alone: bool, by: UUID) -> None:
    if alone:
        period = await parties.ownership_of(tx, new.machine, clock.now())
        if period is None:
            field = FieldError("alone", "is of nobody", "the machine has no owner: leave it out")
            raise not_right([field])
        new = replace(new, owner_id=period.owner_id)
    if not await mandates.add_entitlement(tx, new, by):
        field = FieldError("reference", "is known", "this kind has it already: use another one")
        raise refuse("entitlement_known", "There is this entitlement already.", fields=(field,))
