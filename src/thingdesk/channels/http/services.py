"""Each service of the catalog as an operation: its input is the body, its outcome the answer."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from thingdesk import catalog
from thingdesk.calling import answers_soon, naming
from thingdesk.catalog import Catalog, Service
from thingdesk.channels.http import bodies
from thingdesk.channels.http.doors import Calling, Doors, Open, counted
from thingdesk.channels.http.schemas import operation
from thingdesk.channels.http.shapes import MACHINE, Accepted, CaseShown
from thingdesk.dialogue import Asked
from thingdesk.platform.errors import FieldError, refuse

PREFIX = "/services"
_NAMES = (("data.input", ""), ("data.service", "path.name"), ("data.subject", "subject"))
_KEY = "Idempotency-Key"
# a string of RFC 9651, as the draft has it, or the same without its quotes
KEY = r'^("[!#-\[\]-~]{1,128}"|[!#-\[\]-~]{1,128})$'
Subject = Annotated[
    str | None, Query(pattern=MACHINE, description="The machine that it is for; else the caller.")
]
SubjectHeader = Annotated[
    str | None,
    Header(alias="Thingdesk-Subject", pattern=MACHINE, description="The same, as a header."),
]
Key = Annotated[
    str | None,
    Header(
        alias=_KEY,
        pattern=KEY,
        description="The same key with the same body is answered as at the first time.",
    ),
]
Hops = Annotated[
    str,
    Header(
        alias="Thingdesk-Hops",
        pattern="^[0-9]{1,3}$",
        description="Through how many hands the request went: `hops` of what it comes of.",
    ),
]
Call = Callable[..., Awaitable[Response]]


def make_router(offered: Catalog) -> APIRouter:
    """An operation for each service that is offered."""
    router = APIRouter(prefix=PREFIX)
    for one in offered:
        router.add_api_route(
            f"/{one.name}",
            _call(one),
            methods=["POST"],
            name=one.title,
            operation_id=one.name,
            status_code=200 if one.instant else 202,
            response_model=None,
            **operation(one),
        )
    router.add_api_route(
        "/{name}",
        _unknown,
        methods=["POST"],
        dependencies=[Depends(counted)],
        include_in_schema=False,
    )
    return router


def _call(service: Service) -> Call:
    async def call(
        doors: Open,
        caller: Calling,
        request: Request,
        subject: Subject = None,
        for_machine: SubjectHeader = None,
        key: Key = None,
        hops: Hops = "0",
    ) -> Response:
        given = await bodies.an_object(request)
        with naming(_NAMES, _KEY):
            catalog.check_strictly(service, given)
        wanted = _one(subject, for_machine)
        own_id = key.strip('"') if key else None
        return await _ask(
            doors, caller, service, given, subject=wanted, request_id=own_id, hops=int(hops)
        )

    return call


@answers_soon
async def _ask(
    doors: Doors,
    caller: Calling,
    service: Service,
    given: dict[str, Any],
    **about: Any,
) -> Response:
    with naming(_NAMES, _KEY):
        asked = await doors.dialogue.ask(caller, service.name, given, **about)
    return await _answer(doors, caller, asked)


async def _answer(doors: Doors, caller: Calling, asked: Asked) -> Response:
    if asked.case_id is None:
        return JSONResponse({"outcome": asked.outcome, "receipt": asked.receipt})
    case = await doors.dialogue.case(caller, asked.case_id)
    shown = Accepted(case=CaseShown.of(case), receipt=asked.receipt)
    where = {"Location": f"{doors.calls.base}/v1/cases/{case.id}"}
    return Response(shown.model_dump_json(), 202, where, "application/json")


async def _unknown(doors: Open, name: Annotated[str, Path(max_length=200)]) -> Response:
    """Refused, with what is offered."""
    with naming(_NAMES, _KEY):
        doors.offered.get(name)
    raise refuse("not_found", f"{name} is for POST only")


def _one(subject: str | None, header: str | None) -> str | None:
    if subject and header and subject != header:
        field = FieldError("subject", "is another one in the header", "name the machine once")
        raise refuse("two_subjects", "two subjects are named", fields=(field,))
    return subject or header
