"""Tickets: made, listed, looked at, and withdrawn."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response

from thingdesk.calling import answers_soon, naming
from thingdesk.catalog import check_strictly
from thingdesk.channels.tmf621 import given, select
from thingdesk.channels.tmf621.characteristics import Made
from thingdesk.channels.tmf621.described import NEVER, REF, REFUSED, SECURED, json
from thingdesk.channels.tmf621.doors import Calling, Fields, Listing, Open, OpenDoors
from thingdesk.channels.tmf621.select import Wanted
from thingdesk.channels.tmf621.specifications import offered
from thingdesk.channels.tmf621.tickets import STATUSES, status, ticket
from thingdesk.dialogue import CaseView
from thingdesk.platform import formats
from thingdesk.platform.errors import Recovery, refuse

router = APIRouter(prefix="/troubleTicket", tags=["troubleTicket"], responses=REFUSED)
_SORTS = ("-creationDate",)
_FILTERS = frozenset(
    (
        "id",
        "name",
        "description",
        "severity",
        "priority",
        "status",
        "ticketType",
        "externalIdentifier.id",
        "externalIdentifier.owner",
        "externalIdentifier.externalIdentifierType",
        "relatedEntity.role",
        "relatedEntity.entity.id",
        "troubleTicketSpecification.id",
        "troubleTicketSpecification.name",
    )
)
_LOOKED_AT = 1000
_PAGE = 100
_CANCELLED = "cancelled"
_LONGEST = 500
_MOST_NAMED = 5
_ONWARD = {
    "Thingdesk-Hops": {
        "description": "What to say as the same header where the ticket is passed on.",
        "schema": {"type": "integer"},
    }
}
_EACH = {
    "Thingdesk-Hops": {
        "description": "The same of each ticket, in their order. Without tickets there is none.",
        "schema": {"type": "array", "items": {"type": "integer"}},
    }
}
_ONE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The ticket.", "headers": _ONWARD, **json("TroubleTicket")}
}
_REASON = "statusChangeReason"
_NAMES = (
    ("data.input", "troubleTicketCharacteristic"),
    ("data.service", "troubleTicketSpecification.id"),
    ("data.subject", "relatedEntity.entity.id"),
)
_KEY = "Idempotency-Key or externalIdentifier.id"
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern='^"?[!#-\\[\\]-~]{1,128}"?$')]

Hops = Annotated[
    str,
    Header(
        alias="Thingdesk-Hops",
        pattern="^[0-9]{1,3}$",
        description="Through how many hands the request went: what a ticket's header says.",
    ),
]


def _takes(name: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": REF + name}}}
    return {**SECURED, "requestBody": {"required": True, "content": content}}


@router.get(
    "",
    response_model=None,
    responses={
        200: {"description": "Tickets.", "headers": _EACH, **json("TroubleTicket", many=True)}
    },
    openapi_extra=SECURED,
)
async def list_tickets(doors: Open, caller: Calling, listing: Listing) -> Response:
    """The caller's tickets, the newest first."""
    wanted = select.wanted(listing, _SORTS, _FILTERS, {"status": STATUSES})
    found, total = await _list(doors, caller, wanted)
    headers = {"X-Result-Count": str(len(found))}
    if found:
        headers["Thingdesk-Hops"] = ",".join(str(case.onward) for case, _ in found)
    if total is not None:
        headers["X-Total-Count"] = str(total)
    return JSONResponse(wanted.shown(made for _, made in found), headers=headers)


@router.post(
    "",
    status_code=201,
    response_model=None,
    responses={
        201: {
            "description": "The ticket.",
            "headers": {
                "Location": {"required": True, "schema": {"type": "string", "format": "uri"}},
                **_ONWARD,
                "Thingdesk-Receipt": {
                    "description": "The desk's signed word that it is stored, a compact JWS.",
                    "required": True,
                    "schema": {"type": "string"},
                },
            },
            **json("TroubleTicket"),
        }
    },
    openapi_extra=_takes("TroubleTicket_FVO"),
)
async def create_ticket(
    doors: Open,
    caller: Calling,
    request: Request,
    fields: Fields = None,
    key: Key = None,
    hops: Hops = "0",
) -> Response:
    """Ask for the service that the specification is, else the type of the ticket."""
    asked = await given.as_a(given.NewTicket, request)
    service = offered(doors, caller, asked.service)
    with naming(_NAMES, _KEY):
        check_strictly(service, asked.input)
    external = next((one.id for one in asked.externals if one.id), None)
    case, receipt = await _ask(doors, caller, asked, key.strip('"') if key else external, int(hops))
    made = ticket(case, doors.base)
    headers = {"Location": made["href"], "Thingdesk-Receipt": receipt, **_onward(case)}
    return JSONResponse(select.fields_of(made, fields), 201, headers)


@router.get("/{id}", response_model=None, responses=_ONE, openapi_extra=SECURED)
async def retrieve_ticket(doors: Open, caller: Calling, id: str, fields: Fields = None) -> Response:  # noqa: A002 - as TMF621 names it
    """One ticket."""
    case = await _case(doors, caller, id)
    made = ticket(case, doors.base)
    return JSONResponse(select.fields_of(made, fields), headers=_onward(case))


@router.patch(
    "/{id}",
    response_model=None,
    responses=_ONE,
    openapi_extra=_takes("TroubleTicket_MVO"),
)
async def patch_ticket(
    doors: Open,
    caller: Calling,
    id: str,  # noqa: A002 - as TMF621 names it
    request: Request,
    fields: Fields = None,
) -> Response:
    """Withdraw it: its status `cancelled` is all that can be asked for."""
    case = await _case(doors, caller, id)
    changes = await given.changes(request)
    reason = changes.pop(_REASON, None)
    wanted = changes.pop("status", status(case))
    if not isinstance(reason, str | None) or len(reason or "") > _LONGEST:
        raise refuse("unfit_request", f"{_REASON} is a text of {_LONGEST} characters at most")
    if changes or wanted not in (status(case), _CANCELLED):
        named = ", ".join(map(formats.field, sorted(changes)[:_MOST_NAMED])) or "this status"
        words = f"{named} is not for callers to set: a ticket may be cancelled"
        raise refuse("not_supported", words)
    if wanted == _CANCELLED:
        case = await _withdraw(doors, caller, case.id, reason or "")
    made = ticket(case, doors.base)
    return JSONResponse(select.fields_of(made, fields), headers=_onward(case))


@router.delete("/{id}", **NEVER, openapi_extra=SECURED)
async def delete_ticket(doors: Open, caller: Calling, id: str) -> Response:  # noqa: A002 - as TMF621 names it
    """Refused: what happened is kept. A ticket that is wanted no more is cancelled by PATCH."""
    await _case(doors, caller, id)
    words = "tickets are kept: one that is wanted no more is cancelled by PATCH of its status"
    raise refuse("not_supported", words)


def _onward(case: CaseView) -> dict[str, str]:
    """What whoever passes the ticket on says."""
    return {"Thingdesk-Hops": str(case.onward)}


@answers_soon
async def _ask(
    doors: OpenDoors, caller: Calling, asked: given.NewTicket, key: str | None, hops: int
) -> tuple[CaseView, str]:
    with naming(_NAMES, _KEY):
        came = await doors.dialogue.ask(
            caller,
            asked.service,
            asked.input,
            subject=asked.subject,
            request_id=key,
            said=asked.said,
            hops=hops,
        )
    if came.case_id is None:
        raise refuse("not_supported", "this is answered at once, and leaves no ticket")
    return await doors.dialogue.case(caller, came.case_id), came.receipt


@answers_soon
async def _case(doors: OpenDoors, caller: Calling, given_id: str) -> CaseView:
    try:
        case_id = UUID(given_id)
    except ValueError:
        raise refuse("case_unknown", "there is no such ticket", Recovery.CONTACT_US) from None
    return await doors.dialogue.case(caller, case_id)


@answers_soon
async def _withdraw(doors: OpenDoors, caller: Calling, case_id: UUID, words: str) -> CaseView:
    return await doors.dialogue.withdraw(caller, case_id, words)


@answers_soon
async def _list(
    doors: OpenDoors, caller: Calling, wanted: Wanted
) -> tuple[list[tuple[CaseView, Made]], int | None]:
    """The page, and how many fit in all, where the end of them was seen."""
    fit: list[tuple[CaseView, Made]] = []
    further, looked_at = None, 0
    while looked_at < _LOOKED_AT and len(fit) < wanted.skip + wanted.most + 1:
        page = await doors.dialogue.cases(caller, after=further, most=_PAGE)
        fit += [(one, made) for one in page.cases if wanted.fits(made := ticket(one, doors.base))]
        further, looked_at = page.further, looked_at + len(page.cases)
        if further is None:
            break
    shown = fit[wanted.skip : wanted.skip + wanted.most]
    return shown, len(fit) if further is None else None
