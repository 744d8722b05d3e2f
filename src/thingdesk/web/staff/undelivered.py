"""What addresses of machines do not take: why, for how long, and send again what was given up."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import hooks
from thingdesk.platform import moments
from thingdesk.platform.errors import refuse
from thingdesk.web.pages import Open
from thingdesk.web.staff.session import Person
from thingdesk.web.staff.show import show

router = APIRouter(prefix="/undelivered")
_PAGE = 40


@router.get("")
async def get_undelivered(
    pages: Open, person: Person, after: Annotated[str, Query(max_length=100)] = ""
) -> HTMLResponse:
    """Where something fails, the longest first; and what was given up, the newest first."""
    async with pages.database.transaction() as tx:
        found = await hooks.given_up(tx, _place(after), _PAGE + 1)
        failing = [] if after else await hooks.failing(tx, _PAGE + 1)
    last = found[_PAGE - 1] if len(found) > _PAGE else None
    further = f"{last.settled_at.isoformat()}_{last.id}" if last and last.settled_at else None
    return show(
        "undelivered.html",
        person,
        "machines",
        failing=failing,
        most=_PAGE,
        found=found[:_PAGE],
        further=urlencode({"after": further}) if further else None,
        first="" if after else None,
    )


@router.post("/{delivery_id}/again")
async def post_again(pages: Open, person: Person, delivery_id: UUID) -> Response:
    """Try it for days more."""
    async with pages.database.transaction() as tx:
        await hooks.send_again(tx, delivery_id, person.id)
    return RedirectResponse("/undelivered", 303)


def _place(after: str) -> tuple[datetime, UUID] | None:
    if not after:
        return None
    at, _, last = after.partition("_")
    try:
        return moments.read(at), UUID(last)
    except ValueError:
        raise refuse("unfit_request", "There is no such page.") from None
