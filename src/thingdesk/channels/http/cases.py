"""The caller's cases: how they stand, what happened, and that one is wanted no more."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response

from thingdesk.calling import answers_soon
from thingdesk.cases import State
from thingdesk.channels.http import bodies
from thingdesk.channels.http.doors import Calling, Doors, Open
from thingdesk.channels.http.schemas import CALLED, SECURED, SENT, refusals
from thingdesk.channels.http.shapes import MACHINE, CaseShown, CasesShown, Withdrawal
from thingdesk.dialogue import CasePage, CaseView

router = APIRouter(prefix="/cases", tags=["cases"], responses=refusals(*CALLED))
_MOST = 100
_ETAG = {"headers": {"ETag": {"required": True, "schema": {"type": "string"}}}}
_NOT_MODIFIED = {"description": "It is as it was.", **_ETAG}
_BODY = {
    "required": False,
    "content": {"application/json": {"schema": Withdrawal.model_json_schema()}},
}


@router.get("", response_model=CasesShown, openapi_extra=SECURED)
async def get_cases(
    doors: Open,
    caller: Calling,
    state: State | None = None,
    subject: Annotated[str | None, Query(pattern=MACHINE)] = None,
    cursor: Annotated[str | None, Query(max_length=200, description="`next` of a page.")] = None,
    most: Annotated[int, Query(ge=1, le=_MOST)] = 50,
) -> Response:
    """A page of the caller's cases, the newest first."""
    page = await _page(doors, caller, after=cursor, most=most, state=state, subject=subject)
    return _json(CasesShown.of(page).model_dump_json())


@router.get(
    "/{case_id}",
    response_model=CaseShown,
    responses={200: _ETAG, 304: _NOT_MODIFIED},
    openapi_extra=SECURED,
)
async def get_case(
    doors: Open,
    caller: Calling,
    case_id: UUID,
    known: Annotated[str | None, Header(alias="If-None-Match", max_length=1000)] = None,
) -> Response:
    """A case of the machine, or one that it may see, in the ownership that there is now."""
    case = await _case(doors, caller, case_id)
    # whoever keeps it asks again each time, and is told in a few bytes that it is as it was
    headers = {"ETag": f'"{case.version}"', "Cache-Control": "private, no-cache"}
    if _is_known(known, headers["ETag"]):
        return Response(None, 304, headers)
    return _json(CaseShown.of(case).model_dump_json(), headers)


@router.post(
    "/{case_id}/withdraw",
    response_model=CaseShown,
    responses=refusals(*SENT, 415),
    openapi_extra={**SECURED, "requestBody": _BODY},
)
async def withdraw(doors: Open, caller: Calling, case_id: UUID, request: Request) -> Response:
    """It is not wanted any more; what was done for it and can be is taken back. The same again is
    answered in the same way.
    """
    said = await bodies.as_a(Withdrawal, request, missing=b"{}")
    return _json(CaseShown.of(await _withdraw(doors, caller, case_id, said)).model_dump_json())


@answers_soon
async def _page(doors: Doors, caller: Calling, **wanted: Any) -> CasePage:
    return await doors.dialogue.cases(caller, **wanted)


@answers_soon
async def _case(doors: Doors, caller: Calling, case_id: UUID) -> CaseView:
    return await doors.dialogue.case(caller, case_id)


@answers_soon
async def _withdraw(doors: Doors, caller: Calling, case_id: UUID, said: Withdrawal) -> CaseView:
    return await doors.dialogue.withdraw(caller, case_id, said.words)


def _json(content: str, headers: dict[str, str] | None = None) -> Response:
    return Response(content, 200, headers, "application/json")


def _is_known(header: str | None, tag: str) -> bool:
    # weak or strong, the comparison is the weak one: RFC 9110, 13.1.2
    known = [one.strip().removeprefix("W/") for one in (header or "").split(",")]
    return tag in known or known == ["*"]
