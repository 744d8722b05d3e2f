"""The owner does not want a person any more, whom their assistant asked for."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import contact
from thingdesk.contact import Hold
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused, refuse
from thingdesk.web.owner.ownerships import Ownerships, Token, enter
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import page

router = APIRouter(prefix="/owner/{token}/person/{hold_id}")
_REASON = "The owner does not want it any more."


@router.get("")
async def get_person(pages: Open, token: Token, hold_id: UUID) -> HTMLResponse:
    """What would be given up. Looking at it gives nothing up."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        hold = await _of(tx, owned, hold_id)
        words = await stands(pages, tx, owned, hold)
    return page("owner/person.html", owned=owned, hold=hold, words=words)


@router.post("")
async def post_person(pages: Open, token: Token, hold_id: UUID) -> Response:
    """Give it up. Once they talk to somebody there is nothing to give up."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        await _of(tx, owned, hold_id)
        try:
            await contact.stop(tx, owned.owner.id, hold_id, _REASON)
        except Refused:
            return RedirectResponse(f"{owned.path}?said=ended", 303)
    return RedirectResponse(f"{owned.path}?said=nobody", 303)


async def stands(pages: Pages, tx: Transaction, owned: Ownerships, hold: Hold) -> str:
    """How it stands, in words to the owner."""
    place = await contact.place(tx, hold, pages.flow.calls)
    return contact.owners_words(hold, place, owned.owner.zone)


async def _of(tx: Transaction, owned: Ownerships, hold_id: UUID) -> Hold:
    found = await contact.get(tx, hold_id)
    if found is None or found.owner_id != owned.owner.id:
        words = "Nobody asked for a person here."
        raise refuse("hold_unknown", words, Recovery.CONTACT_US)
    return found
