"""The list of machines."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from thingdesk import parties
from thingdesk.parties import MachineFilter
from thingdesk.web.pages import Open
from thingdesk.web.staff.session import Person
from thingdesk.web.staff.show import show

router = APIRouter(prefix="/machines")
_PAGE = 40
Words = Annotated[str, Query(max_length=200)]


@router.get("")
async def get_machines(
    pages: Open, person: Person, words: Words = "", kind: Words = "", after: Words = ""
) -> HTMLResponse:
    """Machines by id, those that fit."""
    text, kind = words.replace("\0", "").strip(), kind.replace("\0", "").strip()
    wanted = MachineFilter(
        kind=kind or None, words=text or None, after=after.replace("\0", ""), most=_PAGE + 1
    )
    async with pages.database.transaction() as tx:
        found = await parties.find_machines(tx, wanted)
    given = {name: value for name, value in (("words", text), ("kind", kind)) if value}
    more = {**given, "after": found[_PAGE - 1].id} if len(found) > _PAGE else None
    return show(
        "machines.html",
        person,
        "machines",
        found=found[:_PAGE],
        words=words,
        kind=kind,
        filtered=bool(given),
        further=urlencode(more) if more else None,
        first=urlencode(given) if after else None,
    )
