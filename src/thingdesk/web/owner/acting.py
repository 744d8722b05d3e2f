"""Who may act for an owner: what they gave to machines, what was done under it, and stop."""

from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import mandates, notices, parties
from thingdesk.mandates import Mandate
from thingdesk.notices import Notice, Recipient
from thingdesk.platform import clock, formats
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse
from thingdesk.web.owner.ownerships import Ownerships, Token, enter
from thingdesk.web.owner.plain import Standing, standing
from thingdesk.web.owner.who_acts import MOST_DONE, acting
from thingdesk.web.pages import Open
from thingdesk.web.render import page

router = APIRouter(prefix="/owner/{token}/acting/{mandate_id}")
_REASON = "The owner said stop."
_TOLD = (
    "You said stop: all that {} was given is taken back, and all that it passed on. It can ask for"
    " nothing more under it."
)
_OWN_KEY = {
    True: "It is still one of your machines: by its own key it may ask for what your mandate says.",
    False: (
        "It is still one of your machines: by its own key it may ask for something, and nothing is"
        " done without asking you."
    ),
}
_AGAIN = "What {} may do for you is not stopped by this, and can be passed on to it again."


async def _given(tx: Transaction, owned: Ownerships, mandate_id: UUID) -> Mandate:
    found = await mandates.get(tx, mandate_id)
    if found is None or found.to is None or found.owner_id != owned.owner.id:
        raise refuse("mandate_gone", "You have given no such mandate.", Recovery.CONTACT_US)
    return found


async def left_of(tx: Transaction, owned: Ownerships, machine: str) -> tuple[str, ...]:
    """What a machine may do for the owner by other ways than what it was given itself: after a stop
    that is all that is left.
    """
    keyless = await parties.keyless(tx, [machine])
    passed_by = await mandates.givers_to(tx, owned.owner.id, machine)
    found = []
    if machine in owned.since and not keyless:
        standing_now = standing(await mandates.mandate_of(tx, owned.owner.id), clock.now())
        found.append(_OWN_KEY[standing_now is Standing.HOLDS])
    if passed_by:
        found.append(_AGAIN.format(formats.listed(passed_by)))
    return tuple(found)


@router.get("")
async def get_stop(pages: Open, token: Token, mandate_id: UUID) -> HTMLResponse:
    """What it may do, what was done under it, and the button. Looking at it stops nothing."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        given = await _given(tx, owned, mandate_id)
        (one,) = await acting(pages, tx, owned, [given])
        left = await left_of(tx, owned, given.to or "")
        kept = await mandates.versions(tx, mandate_id)
    return page("owner/acting.html", owned=owned, one=one, most=MOST_DONE, versions=kept, left=left)


@router.post("")
async def post_stop(pages: Open, token: Token, mandate_id: UUID) -> Response:
    """From the commit on all is taken back that the machine was given, and that it passed on."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        machine = (await _given(tx, owned, mandate_id)).to or ""
        if await mandates.stop(tx, owned.owner.id, machine, _REASON):
            words = " ".join([_TOLD.format(machine), *await left_of(tx, owned, machine)])
            notices.tell(tx, Notice(Recipient.owner(owned.owner.id), "mandate.revoked", words))
    return RedirectResponse(f"{owned.path}?said=not-acting&machine={quote(machine)}", 303)


@router.get("/signed")
async def get_signed(
    pages: Open, token: Token, mandate_id: UUID, version: int | None = None
) -> Response:
    """A version, by default the newest, countersigned by the desk: a compact JWS, to keep."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        given = await _given(tx, owned, mandate_id)
        signed = {number: one for number, _, one in await mandates.versions(tx, mandate_id)}
    wanted = given.version if version is None else version
    if not signed.get(wanted):
        raise refuse("mandate_gone", "You have given no such mandate.", Recovery.CONTACT_US)
    name = f"mandate-{given.to}-{wanted}.jws"
    return Response(
        signed[wanted],
        media_type="application/jose",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
