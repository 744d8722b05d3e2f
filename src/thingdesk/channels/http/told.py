"""Addresses that are told what happens to the caller's cases."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from thingdesk import hooks
from thingdesk.calling import answers_soon, hook_of
from thingdesk.channels.http import bodies
from thingdesk.channels.http.doors import Calling, Doors, Open
from thingdesk.channels.http.schemas import CALLED, HOOK_LINKS, SECURED, SENT, refusals
from thingdesk.channels.http.shapes import REF, HookAsked, HookMade, HookShown, HooksShown
from thingdesk.hooks import Hook

router = APIRouter(prefix="/hooks", tags=["hooks"], responses=refusals(*CALLED))
FORM = "thingdesk"
_ENDED = "its machine ended it"
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": f"{REF}HookAsked"}}},
}
_MADE = {
    "links": HOOK_LINKS,
    "headers": {
        "Location": {"required": True, "schema": {"type": "string", "format": "uri"}},
    },
}


@router.post(
    "",
    status_code=201,
    response_model=HookMade,
    responses={201: _MADE, **refusals(*SENT, 415)},
    openapi_extra={**SECURED, "requestBody": _BODY},
)
async def post_hook(doors: Open, caller: Calling, request: Request) -> Response:
    """Tell this address what happens. It has to take a signed test message first, which is
    verified by the secret that the caller gives, or by nobody.
    """
    asked = await bodies.as_a(HookAsked, request)
    made = await _register(doors, caller, asked)
    shown = HookMade.of(made, secret=made.secret)
    where = {"Location": f"{doors.calls.base}/v1/hooks/{made.id}"}
    return Response(shown.model_dump_json(), 201, where, "application/json")


@router.get("", openapi_extra=SECURED)
async def get_hooks(doors: Open, caller: Calling) -> HooksShown:
    """The addresses that are told what happens."""
    return HooksShown(hooks=[HookShown.of(one) for one in await _all(doors, caller)])


@router.get("/{hook_id}", openapi_extra=SECURED)
async def get_hook(doors: Open, caller: Calling, hook_id: UUID) -> HookShown:
    """One of them."""
    return HookShown.of(await _get(doors, caller, hook_id))


@router.delete("/{hook_id}", status_code=204, response_model=None, openapi_extra=SECURED)
async def delete_hook(doors: Open, caller: Calling, hook_id: UUID) -> Response:
    """Tell it nothing any more."""
    await _end(doors, caller, hook_id)
    return Response(None, 204)


@answers_soon
async def _register(doors: Doors, caller: Calling, asked: HookAsked) -> Hook:
    kinds = None if asked.kinds is None else frozenset(asked.kinds)
    new = hook_of(caller, FORM, asked.url, kinds=kinds, case_id=asked.case, secret=asked.secret)
    return await doors.register(caller, new)


@answers_soon
async def _all(doors: Doors, caller: Calling) -> list[Hook]:
    async with doors.database.transaction() as tx:
        return await hooks.of_machine(tx, caller.machine, caller.owner_id, FORM)


@answers_soon
async def _get(doors: Doors, caller: Calling, hook_id: UUID) -> Hook:
    async with doors.database.transaction() as tx:
        return await hooks.get(tx, caller.machine, caller.owner_id, FORM, hook_id)


@answers_soon
async def _end(doors: Doors, caller: Calling, hook_id: UUID) -> None:
    async with doors.database.transaction() as tx:
        found = await hooks.get(tx, caller.machine, caller.owner_id, FORM, hook_id)
        await hooks.end(tx, found, _ENDED)
