"""An owner logs in: their address, and the code that is mailed to it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import notices, parties
from thingdesk.calling import sender_of
from thingdesk.notices import Notice, Page, Recipient
from thingdesk.parties import OWNER_CODE, OWNER_PAGE, OwnerLoggedIn
from thingdesk.platform import clock, ids
from thingdesk.platform.errors import Recovery, Refusal
from thingdesk.web.contact import contact
from thingdesk.web.owner.ownerships import VISIT
from thingdesk.web.owner.session import ENTER, begin, browser_of, end, know, present, token_of
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import page
from thingdesk.web.safe import local

router = APIRouter()
Next = Annotated[str, Form(max_length=500)]
Email = Annotated[str, Form(max_length=320)]
_TOLD = (
    "The code with which you log in at the service desk of your machines. It is good for ten"
    " minutes, once.\n\nType it only on our own page, and give it to nobody, nor to an assistant of"
    " yours: whoever has it can let others act for you. If you did not ask for it, do nothing."
)


@router.get(ENTER)
async def get_enter(
    request: Request,
    pages: Open,
    next: Annotated[str, Query(max_length=500)] = "",  # noqa: A002 - the name in the address
) -> Response:
    """The form; who is logged in goes on at once."""
    if here := await present(request, pages):
        return RedirectResponse(local(next) if next else own_page(pages, here.owner.id), 303)
    return _form(pages, next)


@router.post(ENTER)
async def post_enter(
    request: Request,
    pages: Open,
    later: BackgroundTasks,
    email: Email = "",
    next: Next = "",  # noqa: A002 - the name in the address
) -> HTMLResponse:
    """The same answer, as fast, whether or not anybody has this address."""
    source = sender_of(request)
    browser = browser_of(request, pages) or ids.secret()
    later.add_task(_send, pages, email, source, browser)
    shown = _form(pages, next, email)
    know(shown, pages, browser)
    return shown


@router.post(f"{ENTER}/code")
async def post_code(
    request: Request,
    pages: Open,
    email: Email = "",
    code: Annotated[str, Form(max_length=64)] = "",
    next: Next = "",  # noqa: A002 - the name in the address
) -> Response:
    """A session, or why there is none."""
    source = sender_of(request)
    async with pages.database.transaction() as tx:
        browser = browser_of(request, pages) or ids.secret()
        answer = await parties.owner_log_in(tx, pages.key, email, code, source, browser)
    if isinstance(answer, OwnerLoggedIn):
        there = local(next) if next else own_page(pages, answer.owner.id)
        gone_on = RedirectResponse(there, 303)
        begin(gone_on, pages, answer)
        return gone_on
    status = 429 if answer.recovery is Recovery.RETRY else 422
    return _form(pages, next, email, answer, status)


@router.post("/leave")
async def post_leave(request: Request, pages: Open) -> Response:
    async with pages.database.transaction() as tx:
        await parties.owner_log_out(tx, token_of(request, pages))
    gone = RedirectResponse(ENTER, 303)
    end(gone, pages)
    return gone


def _form(
    pages: Pages,
    wanted: str,
    email: str | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HTMLResponse:
    return page(
        "owner/enter.html",
        status,
        next=wanted,
        email=email,
        refusal=refusal,
        contact=contact(pages.contact),
    )


def own_page(pages: Pages, owner_id: UUID) -> str:
    """The owner's page, by a link for this visit."""
    until = clock.now() + VISIT
    return f"/{OWNER_PAGE}/{parties.sign_link(pages.key, OWNER_PAGE, owner_id, until)}"


async def _send(pages: Pages, email: str, source: str, browser: str) -> None:
    async with pages.database.transaction() as tx:
        code = await parties.ask_code(tx, email, source, browser)
        if code is None:
            return
        shown = Page(OWNER_CODE, code.id, code.expires)
        to = Recipient.owner(code.owner_id)
        notices.tell(tx, Notice(to, "owner.code", _TOLD, page=shown, until=code.expires))
