"""Keys of a machine: added, and revoked for ever."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from thingdesk import parties
from thingdesk.parties import Right, Staff
from thingdesk.platform.errors import FieldError, Recovery, Refusal, Refused, refuse
from thingdesk.web.pages import Open
from thingdesk.web.staff.form import Reader, Sent, Tried
from thingdesk.web.staff.machine import MachineId, machine_page
from thingdesk.web.staff.session import Allowed

router = APIRouter(prefix="/machines/{machine}")
Keeper = Annotated[Staff, Depends(Allowed(Right.KEYS))]
_LONGEST = 2000


@router.post("/keys")
async def post_key(pages: Open, person: Keeper, machine: MachineId, given: Sent) -> Response:
    """Let the machine sign with one more key."""
    try:
        reader = Reader(given)
        key = reader.text("key", _LONGEST)
        if not key:
            reader.wrong("key", "is missing", "paste the machine's public key")
        reader.check()
        async with pages.database.transaction() as tx:
            await parties.add_key(tx, machine, key, person.id)
    except Refused as refused:
        tried = Tried("key", given, _at("key", refused))
        return await machine_page(pages, person, machine, tried)
    return RedirectResponse(f"/machines/{machine}?said=key_added", 303)


@router.post("/revoke")
async def post_revoke(pages: Open, person: Keeper, machine: MachineId, given: Sent) -> Response:
    """End a key for ever. What it signs is refused from then on."""
    reader = Reader(given)
    kid = reader.line("kid")
    try:
        reason = reader.line("reason", 300, required=True)
        reader.check()
        async with pages.database.transaction() as tx:
            if kid not in {one.kid for one in await parties.keys_of(tx, machine)}:
                raise refuse("key_unknown", "This machine has no such key.", Recovery.FIX_INPUT)
            await parties.revoke_key(tx, kid, reason, person.id)
    except Refused as refused:
        tried = Tried(f"revoke-{kid[:12]}", given, refused.refusal)
        return await machine_page(pages, person, machine, tried)
    return RedirectResponse(f"/machines/{machine}?said=revoked", 303)


def _at(name: str, refused: Refused) -> Refusal:
    """The refusal, said beside the field that it is about."""
    known = refused.refusal
    if known.fields:
        return known
    return replace(known, fields=(FieldError(name, "cannot be used", known.reason),))
