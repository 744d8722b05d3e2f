"""Who waits for a person: the queue, who is with staff, and whom to call back."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import cases, contact, parties
from thingdesk.cases import Case
from thingdesk.contact import Board, Hold
from thingdesk.parties import Machine, Owner, Staff
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal, Refused, refuse
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import fragment
from thingdesk.web.staff.form import Reader, Sent, Tried
from thingdesk.web.staff.people import staff_names
from thingdesk.web.staff.session import Person
from thingdesk.web.staff.show import show
from thingdesk.web.words import Names

router = APIRouter(prefix="/waiting")
PARTS = ("queue", "talks", "backs")
_MOST = 50
_FORM = "end"


@dataclass(frozen=True, slots=True)
class Around:
    """The board, and who and what its holds are about."""

    board: Board
    owners: Mapping[UUID, Owner]
    cases: Mapping[UUID, Case]
    names: Names


@dataclass(frozen=True, slots=True)
class File:
    """All that is known of one who wants a person."""

    hold: Hold
    owner: Owner | None
    case: Case | None
    machine: Machine | None
    names: Names


@router.get("")
async def get_waiting(pages: Open, person: Person, said: str = "") -> HTMLResponse:
    return await _list(pages, person, said=said)


@router.post("/next")
async def post_next(pages: Open, person: Person) -> Response:
    """Be ready for whoever waits next."""
    return await _take(pages, person, None)


@router.get("/{hold_id}")
async def get_hold(pages: Open, person: Person, hold_id: UUID) -> HTMLResponse:
    return await _page(pages, person, hold_id)


@router.post("/{hold_id}/take")
async def post_take(pages: Open, person: Person, hold_id: UUID) -> Response:
    """Be ready for this one, out of turn or to call back."""
    return await _take(pages, person, hold_id)


@router.post("/{hold_id}/talk")
async def post_talk(pages: Open, person: Person, hold_id: UUID) -> Response:
    """The owner is there."""
    try:
        async with pages.database.transaction() as tx:
            await contact.they_talk(tx, person.id, hold_id)
    except Refused as refused:
        return await _page(pages, person, hold_id, refusal=refused.refusal)
    return RedirectResponse(f"/waiting/{hold_id}", 303)


@router.post("/{hold_id}/miss")
async def post_miss(pages: Open, person: Person, hold_id: UUID) -> Response:
    """Nobody was there."""
    try:
        async with pages.database.transaction() as tx:
            await contact.miss(tx, person.id, hold_id, pages.flow.calls)
    except Refused as refused:
        return await _page(pages, person, hold_id, refusal=refused.refusal)
    return RedirectResponse("/waiting?said=missed", 303)


@router.post("/{hold_id}/end")
async def post_end(pages: Open, person: Person, hold_id: UUID, given: Sent) -> Response:
    """It is over, and this came of it."""
    words = Reader(given).text("words", contact.MOST_WORDS)
    try:
        async with pages.database.transaction() as tx:
            await contact.end(tx, person.id, hold_id, words)
    except Refused as refused:
        tried = Tried(_FORM, given, refused.refusal)
        return await _page(pages, person, hold_id, refusal=refused.refusal, tried=tried)
    return RedirectResponse("/waiting?said=ended", 303)


async def render(tx: Transaction) -> dict[str, str]:
    """The parts of the list as they are now."""
    around = await _around(tx)
    return {name: fragment(f"staff/waiting/{name}.html", around=around) for name in PARTS}


async def _take(pages: Pages, person: Staff, hold_id: UUID | None) -> Response:
    try:
        async with pages.database.transaction() as tx:
            taken = await contact.take(tx, person.id, pages.flow.calls, hold_id)
    except Refused as refused:
        return await _list(pages, person, refusal=refused.refusal)
    return RedirectResponse(f"/waiting/{taken.id}", 303)


async def _list(
    pages: Pages, person: Staff, *, said: str = "", refusal: Refusal | None = None
) -> HTMLResponse:
    async with pages.database.transaction() as tx:
        around = await _around(tx)
        mine = await contact.with_staff(tx, person.id)
    values = {"around": around, "mine": mine, "said": said, "refusal": refusal}
    return show("waiting.html", person, "waiting", 409 if refusal else 200, **values)


async def _page(
    pages: Pages,
    person: Staff,
    hold_id: UUID,
    *,
    refusal: Refusal | None = None,
    tried: Tried | None = None,
) -> HTMLResponse:
    async with pages.database.transaction() as tx:
        file = await _file(tx, hold_id)
        around = await _around(tx)
    status = 200 if refusal is None else 422 if refusal.fields else 409
    values = {"file": file, "around": around, "refusal": refusal, "tried": tried or Tried()}
    return show("hold.html", person, "waiting", status, most=contact.MOST_WORDS, **values)


async def _around(tx: Transaction) -> Around:
    board = await contact.board(tx, _MOST)
    all_of_them = (*board.waiting, *board.talks, *board.booked)
    owners = await parties.get_owners(tx, sorted({one.owner_id for one in all_of_them}))
    about = await cases.get_many(tx, [one.case_id for one in all_of_them if one.case_id])
    return Around(
        board, owners, about, await staff_names(tx, {one.staff_id for one in board.talks})
    )


async def _file(tx: Transaction, hold_id: UUID) -> File:
    found = await contact.get(tx, hold_id)
    if found is None:
        raise refuse("hold_unknown", "There is no such place in the queue.", Recovery.CONTACT_US)
    return File(
        found,
        await parties.get_owner(tx, found.owner_id),
        await cases.get(tx, found.case_id) if found.case_id else None,
        await parties.get_machine(tx, found.subject),
        await staff_names(tx, [found.staff_id]),
    )
