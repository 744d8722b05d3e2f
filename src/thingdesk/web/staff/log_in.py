from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import parties
from thingdesk.parties import By, HalfWay, LoggedIn
from thingdesk.platform.errors import Recovery, Refusal, Refused
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import page
from thingdesk.web.safe import local
from thingdesk.web.staff.session import (
    Person,
    begin,
    browser_of,
    end,
    go_half_way,
    source_of,
    token_of,
)

router = APIRouter()
Next = Annotated[str, Query(max_length=500)]
Then = Annotated[str, Form(max_length=500)]
Password = Annotated[str, Form(max_length=1000)]
_DIFFERENT = Refusal(
    "not_the_same", "the two are not the same: write it once more, twice", Recovery.FIX_INPUT
)
Whom = Annotated[str, Query(max_length=254)]


@router.get("/log-in")
async def get_log_in(
    pages: Open,
    next: Next = "",  # noqa: A002 - the name in the address
    email: Whom = "",
    ready: bool = False,
    late: bool = False,
    left: bool = False,
) -> HTMLResponse:
    return log_in_page(pages, email=email, next=next, ready=ready, late=late, left=left)


@router.post("/log-in")
async def post_log_in(
    request: Request,
    pages: Open,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Password = "",
    next: Then = "",  # noqa: A002 - the name in the address
) -> Response:
    """A session, or a passkey is asked for, or why there is neither. Guessing is slowed down by
    account and by where it comes from; a browser that is known is counted by itself.
    """
    async with pages.passwords, pages.database.transaction() as tx:
        browser = await browser_of(tx, request, pages)
        answer = await parties.log_in(tx, email, password, source_of(request), browser)
    if isinstance(answer, LoggedIn):
        there = RedirectResponse(local(next), 303)
        begin(there, pages, answer)
        return there
    if isinstance(answer, HalfWay):
        there = RedirectResponse(f"/log-in/passkey?{urlencode({'next': next})}", 303)
        go_half_way(there, pages, answer)
        return there
    status = 429 if answer.recovery is Recovery.RETRY else 422
    return log_in_page(pages, status, email=email, next=next, refusal=answer)


def log_in_page(
    pages: Pages,
    status: int = 200,
    *,
    next: str,  # noqa: A002 - the name in the address
    email: str = "",
    refusal: Refusal | None = None,
    **said: bool,
) -> HTMLResponse:
    """The log-in: `said` is what has just happened."""
    elsewhere = pages.issuer.about.name if pages.issuer else None
    shown = {"email": email, "next": next, "refusal": refusal, "elsewhere": elsewhere}
    return page("staff/log_in.html", status, **shown, said={one for one in said if said[one]})


@router.post("/log-out")
async def post_log_out(request: Request, pages: Open, _: Person) -> Response:
    async with pages.database.transaction() as tx:
        by = await parties.log_out(tx, token_of(request, pages))
    there = RedirectResponse("/log-in?left=1" if by is By.ISSUER else "/log-in", 303)
    end(there, pages)
    return there


@router.get("/set-up/{token}")
async def get_set_up(pages: Open, token: Annotated[str, Path(max_length=200)]) -> HTMLResponse:
    """Where somebody sets the first password; looking at it does not use the link up."""
    async with pages.database.transaction() as tx:
        person = await parties.read_set_up_link(tx, token)
    return page("staff/set_up.html", email=person.email, refusal=None)


@router.post("/set-up/{token}")
async def post_set_up(
    pages: Open,
    token: Annotated[str, Path(max_length=200)],
    password: Password = "",
    again: Password = "",
) -> Response:
    async with pages.database.transaction() as tx:
        person = await parties.read_set_up_link(tx, token)
    if again != password:
        return page("staff/set_up.html", 422, email=person.email, refusal=_DIFFERENT)
    try:
        async with pages.passwords, pages.database.transaction() as tx:
            await parties.set_up(tx, token, password)
    except Refused as refused:
        return page("staff/set_up.html", 422, email=person.email, refusal=refused.refusal)
    return RedirectResponse(f"/log-in?{urlencode({'ready': 1, 'email': person.email})}", 303)
