"""The owner says stop: from the commit on nothing is done in their name without asking."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import mandates, notices
from thingdesk.notices import Notice, Recipient
from thingdesk.web.owner.home import MOST_OPEN, mandate_in_words, open_cases
from thingdesk.web.owner.ownerships import Token, enter
from thingdesk.web.pages import Open
from thingdesk.web.render import page

router = APIRouter(prefix="/owner/{token}/stop")
_MOST_NAMED = 10
_REASON = "The owner said stop."
_TOLD = (
    "You said stop: nothing more is done in your name without asking you. What was under way before"
    " is on your page."
)


@router.get("")
async def get_stop(pages: Open, token: Token) -> HTMLResponse:
    """What a stop does, and what it does not undo. Looking at it stops nothing."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        _, standing, _ = await mandate_in_words(pages, tx, owned)
        told = await open_cases(tx, owned, MOST_OPEN + 1)
        acting, number = await mandates.may_act(tx, owned.owner.id, _MOST_NAMED)
    return page(
        "owner/stop.html",
        owned=owned,
        standing=standing,
        told=told,
        most=MOST_OPEN,
        acting=acting,
        more=number - len(acting),
    )


@router.post("")
async def post_stop(pages: Open, token: Token) -> Response:
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        if await mandates.revoke(tx, owned.owner.id, _REASON):
            to = Recipient.owner(owned.owner.id)
            notices.tell(tx, Notice(to, "mandate.revoked", _TOLD))
    return RedirectResponse(f"{owned.path}?said=stopped", 303)
