"""Listeners of events."""

from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from thingdesk import hooks
from thingdesk.calling import answers_soon, hook_of
from thingdesk.channels.tmf621 import given
from thingdesk.channels.tmf621.characteristics import Made
from thingdesk.channels.tmf621.described import REF, REFUSED, SECURED, json
from thingdesk.channels.tmf621.doors import Calling, Open, OpenDoors
from thingdesk.channels.tmf621.notes import EVENTS, FORM
from thingdesk.hooks import Hook
from thingdesk.platform.errors import Recovery, refuse

router = APIRouter(prefix="/hub", tags=["events"], responses=REFUSED)
_ENDED = "its machine ended it"
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": f"{REF}Hub_FVO"}}},
}


@router.post(
    "",
    status_code=201,
    response_model=None,
    responses={201: {"description": "The listener.", **json("Hub")}},
    openapi_extra={**SECURED, "requestBody": _BODY},
)
async def create_hub(doors: Open, caller: Calling, request: Request) -> Response:
    """Register a listener, which has to take a signed test message first. The secret signs what is
    sent to it, and is shown this once.
    """
    asked = await given.as_a(given.NewHub, request)
    made = await _register(doors, caller, asked)
    shown = {**_hub(made), "secret": made.secret}
    if asked.query:
        shown["query"] = asked.query
    return JSONResponse(shown, 201, {"Location": f"{doors.base}/hub/{made.id}"})


@router.get(
    "/{id}",
    response_model=None,
    responses={200: {"description": "The listener.", **json("Hub")}},
    openapi_extra=SECURED,
)
async def get_hub(doors: Open, caller: Calling, id: str) -> Response:  # noqa: A002 - as TMF621 names it
    """One listener."""
    return JSONResponse(_hub(await _get(doors, caller, id)))


@router.delete("/{id}", status_code=204, response_model=None, openapi_extra=SECURED)
async def delete_hub(doors: Open, caller: Calling, id: str) -> Response:  # noqa: A002 - as TMF621 names it
    """Tell it nothing any more."""
    await _end(doors, caller, id)
    return Response(None, 204)


@answers_soon
async def _register(doors: OpenDoors, caller: Calling, asked: given.NewHub) -> Hook:
    new = hook_of(caller, FORM, asked.callback, kinds=_kinds(asked.query), secret=asked.secret)
    return await doors.register(caller, new)


@answers_soon
async def _get(doors: OpenDoors, caller: Calling, given_id: str) -> Hook:
    async with doors.database.transaction() as tx:
        return await hooks.get(tx, caller.machine, caller.owner_id, FORM, _id(given_id))


@answers_soon
async def _end(doors: OpenDoors, caller: Calling, given_id: str) -> None:
    async with doors.database.transaction() as tx:
        found = await hooks.get(tx, caller.machine, caller.owner_id, FORM, _id(given_id))
        await hooks.end(tx, found, _ENDED)


def _id(given_id: str) -> UUID:
    try:
        return UUID(given_id)
    except ValueError:
        raise refuse("hook_unknown", "there is no such listener", Recovery.CONTACT_US) from None


def _kinds(query: str | None) -> frozenset[str] | None:
    """The events that a query names; TMF630 writes their first letter small, the events' large."""
    if not query:
        return None
    known = {one.casefold(): one for one in EVENTS}
    named = [it for name, one in parse_qsl(query) if name == "eventType" for it in one.split(",")]
    found = [known.get(one.strip().casefold()) for one in named]
    if not found or None in found:
        words = f"this query is not understood: write eventType= and some of {sorted(EVENTS)}"
        raise refuse("not_supported", words)
    return frozenset(one for one in found if one)


def _hub(one: Hook) -> Made:
    made = {"@type": "Hub", "id": str(one.id), "callback": one.asked.url}
    if one.asked.kinds is not None:
        made["query"] = f"eventType={','.join(sorted(one.asked.kinds))}"
    return made
