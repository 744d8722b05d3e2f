"""One owner: their machines, mandate, cases and questions; changed, and forgotten for ever."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import cases, decisions, erasure, mandates, parties, timeline
from thingdesk.cases import Case, CaseFilter, State
from thingdesk.catalog import Catalog
from thingdesk.decisions import Decision
from thingdesk.mandates import Mandate
from thingdesk.parties import Machine, MachineFilter, Owner, Right, Staff
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Refused
from thingdesk.platform.money import Money
from thingdesk.web.owner.plain import Facts, Plain, Standing, facts, plain, standing
from thingdesk.web.pages import Open, Pages
from thingdesk.web.staff.form import Reader, Sent, Tried, not_right
from thingdesk.web.staff.owners import Registrar, read_owner
from thingdesk.web.staff.people import history
from thingdesk.web.staff.session import Allowed, Person
from thingdesk.web.staff.show import show
from thingdesk.web.words import Line

router = APIRouter(prefix="/owners/{owner_id}")
_MOST_CASES, _MOST_LINES, _MOST = 30, 30, 50


@dataclass(frozen=True, slots=True)
class Given:
    """What an owner gave to a machine, or `by` whom it was passed on, in the owner's words."""

    mandate: Mandate
    facts: Facts
    by: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What staff may know of an owner."""

    owner: Owner
    machines: tuple[Machine, ...]
    mandate: Mandate | None
    standing: Standing
    permits: Plain | None
    spent: tuple[Money, ...]
    open: tuple[Case, ...]
    ended: tuple[Case, ...]
    asked: tuple[Decision, ...]
    lines: tuple[Line, ...]
    acting: tuple[Given, ...]


@router.get("")
async def get_owner(pages: Open, person: Person, owner_id: UUID, said: str = "") -> HTMLResponse:
    return await _page(pages, person, owner_id, said=said)


@router.post("")
async def post_owner(pages: Open, person: Registrar, owner_id: UUID, given: Sent) -> Response:
    """Change name, address or zone."""
    try:
        new = read_owner(given, pages.flow.zone)
        async with pages.database.transaction() as tx:
            await parties.change_owner(tx, owner_id, new, person.id)
    except Refused as refused:
        return await _page(pages, person, owner_id, Tried("owner", given, refused.refusal))
    return RedirectResponse(f"/owners/{owner_id}?said=changed", 303)


@router.post("/links")
async def post_links(pages: Open, person: Registrar, owner_id: UUID) -> Response:
    """End all links that the owner got by mail until now."""
    async with pages.database.transaction() as tx:
        await parties.end_links(tx, owner_id, person.id)
    return RedirectResponse(f"/owners/{owner_id}?said=links", 303)


@router.post("/erase")
async def post_erase(
    pages: Open,
    person: Annotated[Staff, Depends(Allowed(Right.ERASE))],
    owner_id: UUID,
    given: Sent,
) -> Response:
    """Forget what is personal of the owner, for ever."""
    try:
        async with pages.database.transaction() as tx:
            owner = await parties.get_owner(tx, owner_id)
        if owner is None:
            raise parties.unknown_owner(owner_id)
        wanted = owner.email or owner.name
        if Reader(given).line("address", 254).lower() != wanted:
            field = FieldError("address", "is another one", f"type {wanted}")
            raise not_right([field])
        await erasure.erase_owner(pages.database, pages.flow, owner_id, person.id)
    except Refused as refused:
        return await _page(pages, person, owner_id, Tried("erase", given, refused.refusal))
    return RedirectResponse(f"/owners/{owner_id}?said=erased", 303)


async def _page(
    pages: Pages, person: Staff, owner_id: UUID, tried: Tried | None = None, said: str = ""
) -> HTMLResponse:
    async with pages.database.transaction() as tx:
        known = await _collect(tx, pages.flow.catalog, owner_id)
    if known is None:
        raise parties.unknown_owner(owner_id)
    status = 422 if tried else 200
    shown = tried or Tried()
    return show(
        "owner.html", person, "people", status, known=known, said=said, tried=shown, most=_MOST
    )


async def _collect(tx: Transaction, catalog: Catalog, owner_id: UUID) -> Known | None:
    owner = await parties.get_owner(tx, owner_id)
    if owner is None:
        return None
    now = clock.now()
    owned = await parties.find_machines(tx, MachineFilter(owner_id=owner_id, most=_MOST + 1))
    mandate = await mandates.mandate_of(tx, owner_id)
    found = await cases.search(tx, CaseFilter(owner_id=owner_id, most=_MOST_CASES))
    entries = await timeline.latest_of(tx, f"owner:{owner_id}", _MOST_LINES)
    return Known(
        owner,
        tuple(owned),
        mandate,
        standing(mandate, now),
        plain(mandate.terms, catalog, {one.id for one in owned}) if mandate else None,
        tuple(await mandates.spent_in_period(tx, owner_id, now)),
        tuple(one for one in found if one.state is not State.ENDED),
        tuple(one for one in found if one.state is State.ENDED),
        tuple(await decisions.open_for_owner(tx, owner_id, _MOST + 1)),
        await history(tx, entries),
        tuple(await given(tx, catalog, owner, {one.id for one in owned})),
    )


async def given(
    tx: Transaction, catalog: Catalog, owner: Owner, owned: Collection[str], to: str | None = None
) -> list[Given]:
    """What an owner has given to machines, or `to` one of them, and what these passed on, below
    what the owner gave: the newest of them.
    """
    now = clock.now()
    tops = await mandates.given_by(tx, owner.id, _MOST + 1)
    under = await mandates.below(tx, [one.id for one in tops], _MOST)
    found = [one for top in tops for one in (top, *under[top.id])]
    holders = {one.id: one.to for one in found}
    return [
        Given(
            one,
            facts(plain(one.terms, catalog, owned), "UTC", now),
            holders.get(one.parent) if one.parent else None,
        )
        for one in found
        if to in (None, one.to) and standing(one, now) is not Standing.ENDED
    ]
