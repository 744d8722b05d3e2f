"""Specifications: the services of the catalog that make a case."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from thingdesk.catalog import Service
from thingdesk.channels.tmf621 import given, select
from thingdesk.channels.tmf621.described import NEVER, REF, REFUSED, SECURED, json
from thingdesk.channels.tmf621.doors import Calling, Fields, Listing, Open, OpenDoors
from thingdesk.channels.tmf621.tickets import specification
from thingdesk.platform import formats
from thingdesk.platform.errors import Refused, refuse

router = APIRouter(
    prefix="/troubleTicketSpecification",
    tags=["troubleTicketSpecification"],
    responses=REFUSED,
)
_NAME = "TroubleTicketSpecification"
_SORTS = ("name", "id")
_FILTERS = frozenset(("id", "name", "description", "version", "lifecycleStatus"))
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": f"{REF}{_NAME}_FVO"}}},
}


@router.get(
    "",
    response_model=None,
    responses={200: {"description": "Specifications.", **json(_NAME, many=True)}},
    openapi_extra=SECURED,
)
async def list_specifications(doors: Open, caller: Calling, listing: Listing) -> Response:
    """What the caller can make tickets of."""
    wanted = select.wanted(listing, _SORTS, _FILTERS)
    made = [specification(one, doors.base) for one in _with_cases(doors, caller)]
    fit = [one for one in made if wanted.fits(one)]
    if listing.named.get("sort"):
        fit.sort(key=lambda one: str(one[listing.named["sort"]]))
    shown = wanted.shown(fit[wanted.skip : wanted.skip + wanted.most])
    counts = {"X-Total-Count": str(len(fit)), "X-Result-Count": str(len(shown))}
    return JSONResponse(shown, headers=counts)


@router.get(
    "/{id}",
    response_model=None,
    responses={200: {"description": "It.", **json(_NAME)}},
    openapi_extra=SECURED,
)
async def retrieve_specification(
    doors: Open,
    caller: Calling,
    id: str,  # noqa: A002 - as TMF621 names it
    fields: Fields = None,
) -> Response:
    """One specification."""
    made = specification(offered(doors, caller, id), doors.base)
    return JSONResponse(select.fields_of(made, fields))


@router.post("", **NEVER, openapi_extra={**SECURED, "requestBody": _BODY})
async def create_specification(_: Calling, request: Request) -> Response:
    """Refused: services come from packs."""
    await given.as_a(given.NewSpecification, request)
    raise _kept()


@router.patch("/{id}", **NEVER, openapi_extra={**SECURED, "requestBody": _BODY})
async def patch_specification(doors: Open, caller: Calling, id: str, request: Request) -> Response:  # noqa: A002 - as TMF621 names it
    """Refused in the same way."""
    offered(doors, caller, id)
    await given.changes(request)
    raise _kept()


@router.delete("/{id}", **NEVER, openapi_extra=SECURED)
async def delete_specification(doors: Open, caller: Calling, id: str) -> Response:  # noqa: A002 - as TMF621 names it
    """Refused in the same way."""
    offered(doors, caller, id)
    raise _kept()


def offered(doors: OpenDoors, caller: Calling, name: str) -> Service:
    """The service of this name that makes a case. Raises Refused."""
    found = {one.name: one for one in _with_cases(doors, caller)}
    if name not in found:
        there = ", ".join(sorted(found))
        words = f"there is no specification {formats.quoted(name[:80])}; there are: {there}"
        raise refuse("unknown_service", words)
    return found[name]


def _with_cases(doors: OpenDoors, caller: Calling) -> list[Service]:
    return [one for one in doors.dialogue.offers(caller) if not one.instant]


def _kept() -> Refused:
    words = "specifications are the services of the catalog, and change with its packs alone"
    return refuse("not_supported", words)
