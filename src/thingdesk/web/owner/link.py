"""Where an owner asks for the link to their page: it goes to their own address alone."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form
from fastapi.responses import HTMLResponse

from thingdesk import notices, parties
from thingdesk.notices import Notice, Page, Recipient
from thingdesk.parties import OWNER_LINK_LASTS, OWNER_PAGE
from thingdesk.platform import clock
from thingdesk.web.contact import contact
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import page

router = APIRouter(prefix="/owner")
_TOLD = (
    "Here is the page with what was done in your name, and how to stop it. You or somebody else"
    " has asked for this link; nothing was changed by that."
)


@router.get("")
async def get_ask_link(pages: Open, said: str = "") -> HTMLResponse:
    return page("owner/link.html", asked=False, said=said, contact=contact(pages.contact))


@router.post("")
async def post_ask_link(
    pages: Open, later: BackgroundTasks, email: Annotated[str, Form(max_length=320)] = ""
) -> HTMLResponse:
    """The same answer, as fast, whether or not anybody has this address."""
    later.add_task(_send, pages, email.replace("\0", ""))
    return page("owner/link.html", asked=True, contact=contact(pages.contact))


async def _send(pages: Pages, email: str) -> None:
    async with pages.database.transaction() as tx:
        owner = await parties.asks_for_link(tx, email)
        if owner is None:
            return
        own = Page(OWNER_PAGE, owner.id, clock.now() + OWNER_LINK_LASTS)
        notices.tell(tx, Notice(Recipient.owner(owner.id), "owner.link", _TOLD, page=own))
