"""The owner does not want a case any more."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import cases, journeys
from thingdesk.platform.errors import Recovery, refuse
from thingdesk.web.owner.house import Token, case_of, enter
from thingdesk.web.owner.told import tell
from thingdesk.web.pages import Open
from thingdesk.web.render import page

router = APIRouter(prefix="/owner/{token}/cases/{case_id}/withdraw")
_WORDS = "You did not want it any more."


@router.get("")
async def get_withdraw(pages: Open, token: Token, case_id: UUID) -> HTMLResponse:
    """What would be taken back. Looking at it takes nothing back."""
    async with pages.database.transaction() as tx:
        house = await enter(pages, tx, token)
        told = await tell(tx, await case_of(tx, house, case_id), house.owner.zone)
    return page("owner/withdraw.html", house=house, told=told)


@router.post("")
async def post_withdraw(pages: Open, token: Token, case_id: UUID) -> Response:
    """Ask the case's journeys to stop and to take back what they did. One that has ended stays."""
    async with pages.database.transaction() as tx:
        house = await enter(pages, tx, token)
        case = await case_of(tx, house, case_id, lock=True)
        if case.state is cases.State.ENDED:
            return RedirectResponse(f"{house.path}?said=ended", 303)
        if not await journeys.withdraw(tx, case_id, _WORDS):
            words = "This cannot be taken back by itself. A person has to do it."
            raise refuse("not_withdrawn", words, Recovery.CONTACT_US)
    return RedirectResponse(f"{house.path}?said=withdrawn", 303)
