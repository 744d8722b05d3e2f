"""The owner ends all links to their pages: those in every mail that they ever got."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import notices, parties
from thingdesk.notices import Notice, Recipient
from thingdesk.web.owner.ownerships import Token, enter
from thingdesk.web.pages import Open
from thingdesk.web.render import page

router = APIRouter(prefix="/owner/{token}/links")
_TOLD = (
    "All links to your pages that you got before this mail are ended. You did that on your page, or"
    " somebody who had one of them. Nothing else was changed."
)


@router.get("")
async def get_links(pages: Open, token: Token) -> HTMLResponse:
    """What it means to end them. Looking at it ends none."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
    return page("owner/links.html", owned=owned)


@router.post("")
async def post_links(pages: Open, token: Token) -> Response:
    """The link to this page ends, too; the mail about it has a new one, as each mail has."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        await parties.end_links(tx, owned.owner.id)
        notices.tell(tx, Notice(Recipient.owner(owned.owner.id), "owner.links_ended", _TOLD))
    return RedirectResponse("/owner?said=ended", 303)
