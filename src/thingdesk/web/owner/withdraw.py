"""The owner does not want a case any more."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import journeys
from thingdesk.web.owner.ownerships import Token, case_of, enter
from thingdesk.web.owner.told import tell
from thingdesk.web.pages import Open
from thingdesk.web.render import page

router = APIRouter(prefix="/owner/{token}/cases/{case_id}/withdraw")
_WORDS = "You did not want it any more."
_TOLD = "the owner does not want it any more"


@router.get("")
async def get_withdraw(pages: Open, token: Token, case_id: UUID) -> HTMLResponse:
    """What would be taken back. Looking at it takes nothing back."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        told = await tell(tx, await case_of(tx, owned, case_id), owned.owner.zone)
    return page("owner/withdraw.html", owned=owned, told=told)


@router.post("")
async def post_withdraw(pages: Open, token: Token, case_id: UUID) -> Response:
    """Ask the case's journeys to stop and to take back what they did. One that has ended stays."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        await case_of(tx, owned, case_id)
        withdrawn = await journeys.withdraw(tx, case_id, _WORDS, _TOLD)
    return RedirectResponse(f"{owned.path}?said={'withdrawn' if withdrawn else 'ended'}", 303)
