"""The second step of the log-in: a passkey, after the password."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import parties
from thingdesk.parties import LONGEST_ANSWER, LoggedIn, Place, Wanted
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal, refuse
from thingdesk.platform.formats import line
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import page
from thingdesk.web.safe import local
from thingdesk.web.staff.log_in import Next, Then
from thingdesk.web.staff.session import begin, browser_of, half_way_of, source_of

router = APIRouter(prefix="/log-in/passkey")
DESK = "thingdesk"
"""How the desk is called where a device lists what its passkeys are for."""
NOWHERE = (
    "Passkeys work where the desk is reached by a name and HTTPS, or at localhost. On your own"
    " computer open it as http://localhost:8080, and set THINGDESK_PUBLIC_URL to that; elsewhere"
    " whoever runs it sets THINGDESK_PUBLIC_URL to its name."
)


@router.get("")
async def get_passkey(
    request: Request,
    pages: Open,
    next: Next = "",  # noqa: A002 - the name in the address
) -> Response:
    """What the browser is asked for; to the log-in where nobody gave a password just now."""
    place = here(pages)
    async with pages.database.transaction() as tx:
        shown = await _page(tx, half_way_of(request, pages), place, next)
    return shown or _from_the_start(next)


@router.post("")
async def post_passkey(
    request: Request,
    pages: Open,
    answer: Annotated[str, Form(max_length=LONGEST_ANSWER)] = "",
    name: Annotated[str, Form(max_length=1000)] = "",
    next: Then = "",  # noqa: A002 - the name in the address
) -> Response:
    """A session, for the answer of a passkey; or why there is none, and another try."""
    place, token = here(pages), half_way_of(request, pages)
    async with pages.database.transaction() as tx:
        asked = await parties.passkey_asked(tx, token, place, DESK)
        if asked is None:
            return _from_the_start(next)
        if asked[0].wanted is Wanted.FIRST:
            given = await parties.add_first_passkey(tx, token, answer, line(name), place)
        else:
            browser = await browser_of(tx, request, pages)
            source = source_of(request)
            given = await parties.show_passkey(tx, token, answer, place, source, browser)
        if isinstance(given, Refusal):
            shown = await _page(tx, token, place, next, given)
            return shown or _from_the_start(next)
    return _welcome(pages, given, next)


def here(pages: Pages) -> Place:
    """Where passkeys are good. Raises Refused where they are not."""
    if pages.place is None:
        raise refuse("no_passkeys_here", NOWHERE, Recovery.CONTACT_US)
    return pages.place


async def _page(
    tx: Transaction, token: str, place: Place, then: str, refusal: Refusal | None = None
) -> HTMLResponse | None:
    asked = await parties.passkey_asked(tx, token, place, DESK) if token else None
    if asked is None:
        return None
    challenge, options = asked
    status = 200 if refusal is None else 429 if refusal.recovery is Recovery.RETRY else 422
    first = challenge.wanted is Wanted.FIRST
    return page(
        "staff/passkey.html",
        status,
        who=challenge.staff,
        first=first,
        options=options,
        next=then,
        refusal=refusal,
    )


def _welcome(pages: Pages, session: LoggedIn, then: str) -> Response:
    there = RedirectResponse(local(then), 303)
    begin(there, pages, session)
    return there


def _from_the_start(then: str) -> RedirectResponse:
    return RedirectResponse(f"/log-in?{urlencode({'next': then, 'late': 1})}", 303)
