"""Staff: who may do what, who is invited, and whose account is closed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import parties, timeline
from thingdesk.parties import RIGHTS, Right, Role, Staff
from thingdesk.platform.errors import FieldError, Refused
from thingdesk.web.pages import Open, Pages
from thingdesk.web.staff.form import Reader, Sent, Tried, not_right
from thingdesk.web.staff.passkey import here
from thingdesk.web.staff.people import history
from thingdesk.web.staff.session import Allowed, Person, token_of
from thingdesk.web.staff.show import show

router = APIRouter(prefix="/people")
Keeper = Annotated[Staff, Depends(Allowed(Right.PEOPLE))]
_MOST_LINES = 20
_DONE = (
    "staff.added", "staff.link_made", "staff.roles_set", "staff.set_up", "staff.disabled",
    "policy.set", "staff.passkeys_reset", "staff.passkeys_required", "staff.passkey_doubted",
    "staff.vouched_for",
)  # fmt: skip


@router.get("")
async def get_people(pages: Open, person: Person, said: str = "") -> HTMLResponse:
    return await _page(pages, person, said=said)


@router.post("")
async def post_staff(request: Request, pages: Open, person: Keeper, given: Sent) -> Response:
    """Invite somebody: the answer has the one-time link, and nothing else ever shows it."""
    try:
        reader = Reader(given)
        email, name = reader.line("email", 254, required=True), reader.line("name", required=True)
        roles = reader.choices("roles", Role)
        reader.check()
        async with pages.database.transaction() as tx:
            added = await parties.add_staff(tx, email, name, roles, person.id)
            token = await parties.set_up_link(tx, added.id, person.id)
    except Refused as refused:
        return await _page(pages, person, tried=Tried("invite", given, refused.refusal))
    return await _page(pages, person, link=(added, _address(request, pages, token)))


@router.post("/{staff_id}/link")
async def post_link(request: Request, pages: Open, person: Keeper, staff_id: UUID) -> Response:
    """A new one-time link, for who lost the first one or the password."""
    async with pages.database.transaction() as tx:
        token = await parties.set_up_link(tx, staff_id, person.id)
        found = await parties.get_staff(tx, staff_id)
    if found is None:
        raise parties.unknown_staff()
    return await _page(pages, person, link=(found, _address(request, pages, token)))


@router.post("/{staff_id}/roles")
async def post_roles(pages: Open, person: Keeper, staff_id: UUID, given: Sent) -> Response:
    """Give one of the staff other roles."""
    try:
        reader = Reader(given)
        roles = reader.choices("roles", Role)
        reader.check()
        async with pages.database.transaction() as tx:
            await parties.set_roles(tx, staff_id, roles, person.id)
    except Refused as refused:
        return await _page(pages, person, tried=Tried(f"roles-{staff_id}", given, refused.refusal))
    return RedirectResponse("/people?said=roles", 303)


@router.post("/{staff_id}/disable")
async def post_disable(pages: Open, person: Keeper, staff_id: UUID, given: Sent) -> Response:
    """Close an account; its sessions end at once."""
    try:
        async with pages.database.transaction() as tx:
            found = await parties.get_staff(tx, staff_id)
            if found is None:
                raise parties.unknown_staff()
            if Reader(given).line("address", 254).lower() != found.email:
                field = FieldError("address", "is another one", f"type {found.email}")
                raise not_right([field])
            await parties.disable_staff(tx, staff_id, person.id)
    except Refused as refused:
        tried = Tried(f"disable-{staff_id}", given, refused.refusal)
        return await _page(pages, person, tried=tried)
    return RedirectResponse("/people?said=disabled", 303)


@router.post("/{staff_id}/passkeys/reset")
async def post_reset(pages: Open, person: Keeper, staff_id: UUID) -> Response:
    """Remove the passkeys of who lost them."""
    async with pages.database.transaction() as tx:
        await parties.reset_passkeys(tx, staff_id, person.id)
    return RedirectResponse("/people?said=reset", 303)


@router.post("/passkeys")
async def post_required(request: Request, pages: Open, person: Keeper, given: Sent) -> Response:
    """Whether everybody has to have a passkey."""
    required = bool(given.one("required"))
    try:
        if required:
            here(pages)
        async with pages.database.transaction() as tx:
            token = token_of(request, pages)
            await parties.require_passkeys(tx, required, token, person.id)
    except Refused as refused:
        return await _page(pages, person, tried=Tried("passkeys", given, refused.refusal))
    return RedirectResponse(f"/people?said={'required' if required else 'not_required'}", 303)


def _address(request: Request, pages: Pages, token: str) -> str:
    base = pages.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/set-up/{token}"


async def _page(
    pages: Pages,
    person: Staff,
    *,
    said: str = "",
    tried: Tried | None = None,
    link: tuple[Staff, str] | None = None,
) -> HTMLResponse:
    async with pages.database.transaction() as tx:
        everybody = await parties.all_staff(tx)
        entries = await timeline.latest_of(tx, "desk", _MOST_LINES, _DONE)
        lines = await history(tx, entries)
        passkeys = await parties.passkey_counts(tx)
        required = await parties.passkeys_required(tx)
    return show(
        "people.html",
        person,
        "people",
        422 if tried else 200,
        everybody=everybody,
        passkeys=passkeys,
        required=required,
        roles=tuple(Role),
        given_by={role: [right.value for right in Right if role in RIGHTS[right]] for role in Role},
        lines=lines,
        said=said,
        link=link,
        tried=tried or Tried(),
    )
