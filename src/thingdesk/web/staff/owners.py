"""Owners: found, and registered."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import parties
from thingdesk.parties import NewOwner, Right, Staff
from thingdesk.platform.errors import FieldError, Refused
from thingdesk.web.pages import Open, Pages
from thingdesk.web.staff.form import Given, Reader, Sent, Tried, not_right
from thingdesk.web.staff.session import Allowed, Person
from thingdesk.web.staff.show import show

router = APIRouter(prefix="/owners")
Registrar = Annotated[Staff, Depends(Allowed(Right.TRANSFER))]
_PAGE = 40
_MOST_MACHINES = 3


@router.get("")
async def get_owners(
    pages: Open,
    person: Person,
    words: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=300)] = "",
) -> HTMLResponse:
    """Owners whose name or address has these words, by name, and what acts for them."""
    return await _page(pages, person, words.replace("\0", "").strip(), after.replace("\0", ""))


@router.post("")
async def post_owner(pages: Open, person: Registrar, given: Sent) -> Response:
    """Make somebody known for whom machines may act."""
    try:
        new = read_owner(given, pages.flow.zone)
        async with pages.database.transaction() as tx:
            if await parties.owner_by_email(tx, new.email):
                field = FieldError("email", "is known", "find this owner by it")
                raise not_right([field])
            added = await parties.add_owner(tx, new, person.id)
    except Refused as refused:
        return await _page(pages, person, "", "", Tried("owner", given, refused.refusal))
    return RedirectResponse(f"/owners/{added.id}?said=registered", 303)


def read_owner(given: Given, zone: str) -> NewOwner:
    """What the form says; `zone` is for those who name none. Raises Refused."""
    reader = Reader(given)
    new = NewOwner(
        reader.line("email", 254, required=True),
        reader.line("name", required=True),
        reader.line("zone", 64) or zone,
    )
    reader.check()
    return new


def _cursor(text: str) -> tuple[str, UUID]:
    """Behind whom the page goes on; before all for what cannot be read."""
    one, _, name = text.partition("~")
    try:
        return name, UUID(one)
    except ValueError:
        return parties.BEFORE_ALL


async def _page(
    pages: Pages, person: Staff, words: str, after: str, tried: Tried | None = None
) -> HTMLResponse:
    async with pages.database.transaction() as tx:
        found = await parties.find_owners(
            tx, words or None, _cursor(after), _PAGE + 1, _MOST_MACHINES + 1
        )
    given = {"words": words} if words else {}
    last = found[_PAGE - 1][0] if len(found) > _PAGE else None
    more = {**given, "after": f"{last.id}~{last.name}"} if last else None
    return show(
        "owners.html",
        person,
        "people",
        422 if tried else 200,
        found=found[:_PAGE],
        most_machines=_MOST_MACHINES,
        words=words,
        further=urlencode(more) if more else None,
        first=urlencode(given) if after else None,
        zone=pages.flow.zone,
        tried=tried or Tried(),
    )
