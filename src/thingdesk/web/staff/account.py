"""The account of whoever is logged in: who they are, and their passkeys."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import parties
from thingdesk.parties import Staff
from thingdesk.web.pages import Open, Pages
from thingdesk.web.staff.form import Given, Reader, Sent, Tried
from thingdesk.web.staff.passkey import DESK, NOWHERE, here
from thingdesk.web.staff.session import Person, browser_of, source_of, token_of
from thingdesk.web.staff.show import show

router = APIRouter(prefix="/account")
_PASSWORD = 1000


@router.get("")
async def get_account(request: Request, pages: Open, person: Person, said: str = "") -> Response:
    return await _page(request, pages, person, said=said)


@router.post("/passkeys/begin")
async def post_begin(request: Request, pages: Open, person: Person, given: Sent) -> Response:
    """For the password, the browser may add a passkey within the next minutes."""
    here(pages)
    password, token = given.one("password")[:_PASSWORD], token_of(request, pages)
    source = source_of(request)
    async with pages.passwords, pages.database.transaction() as tx:
        browser = await browser_of(tx, request, pages)
        refusal = await parties.begin_passkey(tx, token, person, password, source, browser)
    if refusal:
        return await _page(request, pages, person, tried=Tried("begin", refusal=refusal))
    return RedirectResponse("/account#add", 303)


@router.post("/passkeys")
async def post_passkey(request: Request, pages: Open, person: Person, given: Sent) -> Response:
    """Add what the browser made."""
    place, token = here(pages), token_of(request, pages)
    name, answer = Reader(given).line("name"), given.one("answer")
    async with pages.database.transaction() as tx:
        refusal = await parties.add_passkey(tx, token, answer, name, place)
    if refusal:
        tried = Tried("add", Given({"name": [name]}), refusal)
        return await _page(request, pages, person, tried=tried)
    return RedirectResponse("/account?said=added", 303)


@router.post("/passkeys/{passkey_id}/remove")
async def post_remove(
    request: Request, pages: Open, person: Person, passkey_id: UUID, given: Sent
) -> Response:
    """Remove a passkey, for the password."""
    password, source = given.one("password")[:_PASSWORD], source_of(request)
    async with pages.passwords, pages.database.transaction() as tx:
        browser = await browser_of(tx, request, pages)
        refusal = await parties.remove_passkey(tx, person, passkey_id, password, source, browser)
    if refusal:
        tried = Tried(f"remove-{passkey_id}", refusal=refusal)
        return await _page(request, pages, person, tried=tried)
    return RedirectResponse("/account?said=removed", 303)


async def _page(
    request: Request, pages: Pages, person: Staff, *, said: str = "", tried: Tried | None = None
) -> HTMLResponse:
    token = token_of(request, pages)
    async with pages.database.transaction() as tx:
        passkeys = await parties.passkeys_of(tx, person.id)
        required = await parties.passkeys_required(tx)
        asked = await parties.passkey_asked(tx, token, pages.place, DESK) if pages.place else None
    return show(
        "account.html",
        person,
        "account",
        422 if tried else 200,
        passkeys=passkeys,
        required=required,
        options=asked[1] if asked else None,
        nowhere=None if pages.place else NOWHERE,
        said=said,
        tried=tried or Tried(),
    )
